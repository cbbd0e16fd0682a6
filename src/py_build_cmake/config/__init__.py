"""The configuration: its schema, how its layers combine, and how it is loaded."""
