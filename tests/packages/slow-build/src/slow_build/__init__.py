"""A package whose build can be interrupted."""
