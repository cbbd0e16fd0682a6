"""Built in an environment that others made."""
