"""The model of the loader, compared with the loaders of other machines, under emulation."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import real_loaders


@pytest.mark.parametrize("machine", ["aarch64", "riscv64", "s390x"])
def test_wheels_made_up_at_random(tmp_path: Path, machine: str) -> None:
    loader = real_loaders.LOADERS[f"glibc-{machine}"]
    real_loaders.check(loader, tmp_path, real_loaders.how_many(60))
