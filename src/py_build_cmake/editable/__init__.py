"""Editable wheels: paths and links in the place of files, and rebuilding at import."""
