"""What the project is made of: its module, its metadata, and its files."""
