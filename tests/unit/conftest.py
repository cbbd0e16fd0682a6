"""Unit tests: no CMake, no compiler, and a process only where starting one is what is tested."""

from __future__ import annotations

import sys
from pathlib import Path

from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))

# Slow machines are no defect.
settings.register_profile("unit", deadline=None)
settings.load_profile("unit")
