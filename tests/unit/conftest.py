"""Unit tests: no CMake, no compiler, and a process only where starting one is what is tested."""

from __future__ import annotations

from hypothesis import settings

# Slow machines are no defect.
settings.register_profile("unit", deadline=None)
settings.load_profile("unit")
