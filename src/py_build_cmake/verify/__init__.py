"""Proof that what was built fits the wheel's tag."""
