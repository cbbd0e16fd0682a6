"""Many wheels at once: a matrix of targets, each built in a process of its own."""
