"""The model of Windows' loader, compared with wine's.

Wine and MinGW are large: for runs with ``PY_BUILD_CMAKE_TEST_WINE=1``.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support import wine
from support.real_loaders import how_many

pytestmark = pytest.mark.skipif(
    os.environ.get("PY_BUILD_CMAKE_TEST_WINE") != "1" or not wine.is_here(),
    reason="PY_BUILD_CMAKE_TEST_WINE is not 1, or wine or MinGW is not there",
)


def test_wheels_made_up_at_random(tmp_path: Path) -> None:
    count = how_many(200)
    differing, loaded = wine.disagreements(tmp_path, count, seed=count)
    assert not differing, "\n\n".join(differing[:5])
    assert count / 5 < loaded < count * 4 / 5
