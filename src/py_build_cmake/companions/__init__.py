"""Projects that make a wheel of their own from a main project: stubs, and components."""
