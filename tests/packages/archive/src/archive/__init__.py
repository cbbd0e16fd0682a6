"""Files of all sorts."""
