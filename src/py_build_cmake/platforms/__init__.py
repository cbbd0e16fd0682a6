"""The build system and the host system: which machine and which Python."""
