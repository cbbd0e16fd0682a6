"""A package below without one."""
