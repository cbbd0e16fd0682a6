"""Commands of the documentation that build for another machine, run from an empty folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
from support import locked
from support.builds import find_links
from support.examples import follow
from support.hosts import SCRIPT, Host
from support.pages import ASKED, CROSS, Run


@pytest.mark.parametrize("one", CROSS, ids=lambda one: one.page)
def test_commands(one: Run, aarch64: Host, build_env: Mapping[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    shutil.copy(SCRIPT, folder)
    # Unpacked before: it takes its time.
    (folder / aarch64.triplet).symlink_to(aarch64.sysroot)
    follow(one, folder, build_env)


@pytest.mark.skipif(
    os.environ.get("PY_BUILD_CMAKE_TEST_PAGES") != "1",
    reason="PY_BUILD_CMAKE_TEST_PAGES=1 asks for it",
)
@pytest.mark.parametrize("one", ASKED, ids=lambda one: one.page)
def test_commands_that_take_their_time(one: Run, wheelhouse: Path, tmp_path: Path) -> None:
    follow(one, tmp_path, find_links(wheelhouse, locked.provide("zig")))
