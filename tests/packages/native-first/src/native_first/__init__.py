"""A package whose cross build takes files from a native one."""
