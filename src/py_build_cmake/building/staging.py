"""The staging directory: what is copied into it besides CMake's files, and what is checked. The
lock of the build directory lets only one build at a time use both.
"""

from __future__ import annotations

import filecmp
import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.errors import Problem, WheelError
from ..base.places import Place
from ..cmake.install_rules import installed_files
from ..editable.runtime.lock import hold_lock
from ..project.files import check_files, compile_patterns, tree_files
from ..verify.contents import check_machine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from ..base.console import Console
    from ..project.plan import BuildPlan


@contextmanager
def exclusive(path: Path, console: Console) -> Iterator[None]:
    """Hold the lock file ``path`` while the context lasts; wait for it if another process does.

    The operating system releases it when the last process that has the file open ends. Commands
    inherit it: if this process is killed, the next build waits until they have ended. If the file
    system has no locks, there is only a warning.
    """
    with hold_lock(path, console.info, console.warning, at_once=True) as descriptor:
        os.set_inheritable(descriptor, True)
        yield


def empty_directory(directory: Path) -> None:
    """Make an empty directory; existing contents are removed."""
    if directory.exists():
        shutil.rmtree(directory)
    directory.mkdir(parents=True)


def copy_files(files: Mapping[str, Path], directory: Path) -> None:
    """Copy files, given by their places below ``directory``, with their modes. Their modification
    times are set back, so that CMake replaces them.

    :raises ProjectError: one of them is no file, or a link that leads nowhere.
    """
    for place, path in check_files(files).items():
        target = directory / place
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
        make_old([target])


def make_old(paths: Iterable[Path]) -> None:
    """Set back the times of staged files, so that CMake replaces them by files of the same names.
    CMake does not replace a file whose time is equal, to the second, to that of the new file. All
    files of an unpacked source distribution have one time, and two configurations may be linked in
    the same second. Times in the native install directory are unchanged, because the cross build
    depends on those files.
    """
    for path in paths:
        if path.is_file():
            os.utime(path, (1, 1))


def copy_from_native_build(
    native_dir: Path, staging: Path, patterns: Sequence[str], platforms: Sequence[str]
) -> None:
    """Copy what the patterns match in the native install directory to the same places in staging.

    :raises WheelError: a pattern matches nothing, a match is compiled for a machine other than
        that of the ``platforms``, or another file is at its place already.
    """
    installed = tree_files(native_dir)
    key = "`cross.copy_from_native_build`"
    problems = [
        Problem(
            f"the pattern {pattern!r} matches nothing in the native install directory",
            key,
            f"there is: {', '.join(sorted(installed)) or 'nothing'}",
        )
        for pattern in patterns
        if not pattern.startswith("!")
        and not any(compile_patterns([pattern]).match_files(installed))
    ]
    spec = compile_patterns(patterns)
    matches = {place: path for place, path in installed.items() if spec.match_file(place)}
    for place, path in matches.items():
        if problem := check_machine(path, place, platforms):
            problems.append(
                Problem(
                    f"{place}, which the patterns match, {problem.message}",
                    key,
                    "narrow the patterns; programs for the build machine cannot be in this wheel",
                )
            )
        elif (staging / place).exists() and not _same_file(staging / place, path):
            problems.append(
                Problem(
                    f"{place} is already in the wheel, and differs: {path} would replace"
                    f" {staging / place}",
                    key,
                    "narrow the patterns, or install the file in one of the two builds only",
                )
            )
    if problems:
        raise WheelError.from_problems(problems)
    copy_files(matches, staging)


def check_something_installed(plan: BuildPlan, before: Mapping[str, Path]) -> None:
    """Check that CMake put files into the wheel.

    ``before`` is what was in the staging directory before CMake installed.

    :raises WheelError: it did not.
    """
    main = plan.main_pass
    if main is None:
        return
    if tree_files(main.install_prefix).keys() - before.keys():
        return
    if any(installed_files(configuration.build_dir) for configuration in main.configurations):
        return
    raise WheelError(
        "CMake installed nothing into the wheel",
        where=Place("pyproject.toml", "tool.py-build-cmake.cmake"),
        hint="add install() rules to CMakeLists.txt, check `install_components`, or remove the"
        " `cmake` table from a project that needs no CMake",
    )


def _same_file(a: Path, b: Path) -> bool:
    return a.is_file() and b.is_file() and filecmp.cmp(a, b, shallow=False)
