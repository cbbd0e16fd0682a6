"""The build machine and the host system: which machine and which Python."""
