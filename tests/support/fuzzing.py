"""Random configurations, most of them wrong: whatever is written, the user gets a message.

``python -m support.fuzzing COUNT [SEED]``, with ``src`` and ``tests`` in ``PYTHONPATH``, tries as
many and prints the tracebacks of those that end in one. A seed is one configuration, always the
same.
"""

from __future__ import annotations

import random
import sys
import tempfile
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from py_build_cmake.archive.dist_info import write_dist_info
from py_build_cmake.base.console import Console
from py_build_cmake.base.errors import known_error
from py_build_cmake.building.session import Session
from py_build_cmake.building.wheel import plan_wheel
from py_build_cmake.cmake.runner import DryRunner
from py_build_cmake.config.schema import ROOT, WHEN, Section
from py_build_cmake.config.settings import parse_config_settings
from py_build_cmake.project.sdist_files import sdist_notes, sdist_warnings, select_sdist
from support.config_strategies import toml
from support.machines import LINUX_CP311

_WORDS = (
    *("m", "auto", "abi3", "none", "Ninja", "Release", "linux_aarch64", "cp311", "312", "build"),
    *("", ".", "..", "/", "*", "**", "!x", "[z-a]", "a/b", "../x", "README.md", "LICENSE", "src"),
    *("1.0", "1!2.0rc1+x", "v1", "not a version", ">=3.9", ">=x", "MIT", "MIT OR", "a-b", "a_b"),
    *("***", "m:main", "m.x:y [z]", "text/markdown", "https://me:word@host", "a@b", "a, b", "ä€"),
    *("\0", "a\nb", "a\rb: c", "\f", "\x85", "\u2028", "\\", '"', "${HOME}", "$", "${", "1" * 5000),
    *("x" * 300, "{build_config}", "zig", "gnu", "true", "0", "-1", "pkg>=1", "pkg @ x", ";", "<"),
    *("3." + "9" * 5000, ">=3." + "9" * 5000, "cp3" + "1" * 5000, "manylinux_2_" + "9" * 5000),
    *("macosx_" + "9" * 5000 + "_0_arm64", "==3.*", "cp313t", "macosx_11_0_arm64", "win_amd64"),
    *("linux", "windows", "CMAKE_X:BOOL", "A_TOKEN", "x86_64", "manylinux_2_28_x86_64", "guess"),
)
_NUMBERS = (0, 1, -1, 32, 312, 2**31, 2**63 - 1, -(2**63), 2**64, 10**18, 0.5, 1e300, -0.0)
_PROJECT = (
    *("name", "version", "description", "readme", "requires-python", "license", "license-files"),
    *("authors", "maintainers", "keywords", "classifiers", "urls", "scripts", "gui-scripts"),
    *("entry-points", "dependencies", "optional-dependencies", "dynamic", "licence", "nonsense"),
)
_INNER = (
    *("file", "text", "content-type", "name", "email", "=", "+", "-", "append", "prepend", "type"),
    *("strict", "x", "x.y", "console_scripts", "A_TOKEN", "0", "1"),
)


class Fuzzer:
    """Writes random files of a project; each seed gives one set."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def files(self) -> dict[str, str]:
        """Return the texts of the configuration files by their names."""
        pick = self.random
        contents: dict[str, Any] = {"project": self.project()}
        contents["tool"] = {"py-build-cmake": self.table(ROOT)}
        if pick.random() < 0.1:
            contents["tool"]["py-build-cmake"]["when"] = [self.table(WHEN), self.value()]
        if pick.random() < 0.05:
            contents[pick.choice(_WORDS)] = self.value()
        files = {"pyproject.toml": "\n".join(f"{toml(k)} = {toml(v)}" for k, v in contents.items())}
        for name, section in (("local", ROOT), ("cross", ROOT.sections["cross"])):
            if pick.random() < 0.1:
                table = self.table(section).items()
                text = "\n".join(f"{toml(key)} = {toml(value)}" for key, value in table)
                files[f"py-build-cmake.{name}.toml"] = text
        if pick.random() < 0.03:
            # What no writer of TOML makes: numbers that are too long, depth, cut files.
            text = files["pyproject.toml"]
            files["pyproject.toml"] = pick.choice(
                (
                    f"{text}\nx = {'9' * 5000}",
                    f"{text}\n[{'.'.join('a' * pick.choice((50, 500, 5000)))}]",
                    f"{text}\nx = {'[' * 2000}",
                    text[: pick.randrange(len(text))],
                )
            )
        return files

    def settings(self) -> dict[str, Any]:
        """Return config settings."""
        pick = self.random
        if pick.random() > 0.2:
            return {}
        path = ".".join(self.path(ROOT))
        operator = pick.choice(("=", "+=", "=+", "-=", "=!", "+=(path)"))
        return {"o": f"{path}{operator}{toml(self.value())}", pick.choice(_WORDS): self.value()}

    def environ(self) -> dict[str, str]:
        """Return the environment."""
        names = (
            *("PY_BUILD_CMAKE_CONFIG_SETTINGS", "PY_BUILD_CMAKE_CROSS", "SOURCE_DATE_EPOCH", "PWD"),
            *("GITHUB_RUN_ATTEMPT", "CMAKE_GENERATOR", "_PYTHON_HOST_PLATFORM", "ARCHFLAGS"),
            *("MACOSX_DEPLOYMENT_TARGET", "CMAKE_ARGS", "VIRTUAL_ENV", "CONDA_BUILD"),
        )
        few = self.random.sample(names, self.random.choice((0, 0, 0, 1)))
        words = (self.random.choice(_WORDS).replace("\0", "") for _ in few)
        return {"PATH": "/usr/bin:/bin", **dict(zip(few, words))}

    def project(self) -> dict[str, Any]:
        """Return the ``[project]`` table."""
        pick = self.random
        table: dict[str, Any] = {"name": "m", "version": "1.0"}
        if pick.random() < 0.2:
            table = {"name": "m", "dynamic": ["version", "description"]}
        for key in pick.sample(_PROJECT, pick.choice((0, 0, 1, 1, 2, 4))):
            table[key] = self.value()
        return table

    def table(self, section: Section, depth: int = 3) -> dict[str, Any]:
        """Return a table with names of a section, and sometimes others."""
        pick = self.random
        table: dict[str, Any] = {}
        most = min(pick.choice((0, 0, 0, 1, 2)), len(section.options))
        for name in pick.sample([*section.options, "nonsense"], most):
            if name != "nonsense" or pick.random() < 0.05:
                table[name] = self.value()
        for name in pick.sample([*section.sections], min(2, len(section.sections)) if depth else 0):
            if pick.random() < 0.6:
                table[name] = self.table(section.sections[name], depth - 1)
        if section.is_indexed and pick.random() < 0.2:
            table[pick.choice(("0", "1", "01", "-3"))] = self.table(section.entry, 0)
        return table

    def path(self, section: Section) -> Iterator[str]:
        """Yield the parts of the path of an option."""
        while section.sections and (not section.options or self.random.random() < 0.5):
            name = self.random.choice([*section.sections])
            yield name
            section = section.sections[name]
        yield self.random.choice([*section.options, "nonsense"])

    def value(self, depth: int = 3) -> Any:
        """Return a value of TOML."""
        pick = self.random
        kind = pick.random()
        if kind < 0.45 or not depth:
            return pick.choice(_WORDS)
        if kind < 0.6:
            return pick.choice((*_NUMBERS, True, False))
        if kind < 0.8:
            return [self.value(depth - 1) for _ in range(pick.randrange(3))]
        names = (*_INNER, *_WORDS)
        return {pick.choice(names): self.value(depth - 1) for _ in range(pick.randrange(3))}


def make_project(directory: Path) -> None:
    """Write what the configurations are about."""
    for name, text in {
        "m/__init__.py": '"""Does a lot."""\n__version__ = "1.2"\n',
        "CMakeLists.txt": "project(m)\nadd_subdirectory(src)\ninstall(FILES x DESTINATION m)\n",
        "src/CMakeLists.txt": "",
        "README.md": "# Read me\n",
        "LICENSE": "Do what you want.\n",
    }.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def try_configuration(directory: Path, seed: int) -> bool:
    """Plan the wheel and the source distribution of one configuration; return whether it is right.

    :raises Exception: it ends in something else than a message for the user.
    """
    fuzzer = Fuzzer(seed)
    files = fuzzer.files()
    for kind in ("pyproject", "py-build-cmake.local", "py-build-cmake.cross"):
        (directory / f"{kind}.toml").unlink(missing_ok=True)
    for name, text in files.items():
        (directory / name).write_text(text, "utf-8")
    environ = fuzzer.environ()
    machine = replace(LINUX_CP311, environ=environ)
    console = Console()
    try:
        settings = parse_config_settings(fuzzer.settings(), environ)
        session = Session(directory, settings, machine, console, DryRunner(console))
        plan = plan_wheel(session)
        selected = select_sdist(plan)
        sdist_warnings(plan, selected)
        sdist_notes(plan, selected)
        with tempfile.TemporaryDirectory() as temporary:
            write_dist_info(Path(temporary), plan.metadata, plan.tag, plan.wheel.build_tag)
    except Exception as e:
        error = known_error(e)
        if error is None:
            raise
        str(error).encode("utf-8", "backslashreplace")
        return False
    return True


def main() -> None:
    """Try configurations, and print the tracebacks of those that end in one."""
    count = int(sys.argv[1])
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    right, failures = 0, 0
    with tempfile.TemporaryDirectory() as temporary:
        make_project(Path(temporary))
        for seed in range(first, first + count):
            try:
                right += try_configuration(Path(temporary), seed)
            except Exception:
                failures += 1
                print(f"seed {seed}:\n{traceback.format_exc()}", flush=True)
    print(f"{count} configurations, {right} of them right, {failures} tracebacks")


if __name__ == "__main__":
    main()
