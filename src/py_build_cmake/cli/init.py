"""``py-build-cmake init``: a new project from a template."""

from __future__ import annotations

import keyword
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..base.errors import Error, Problem, ProjectError
from ..base.records import dataclass
from ..project.tracked import require_checkout
from .options import example

if TYPE_CHECKING:
    from .options import ProgramOptions

_TEMPLATES = Path(__file__).parent / "templates"
_COMMON = "common"


@dataclass(frozen=True)
class Template:
    """What a template is, and patterns of the files that only a native build of it can make."""

    about: str
    made_natively: tuple[str, ...] = ()


TEMPLATES = {
    "c": Template("an extension module in C, without dependencies"),
    "pybind11": Template("an extension module in C++, bound with pybind11"),
    "nanobind": Template(
        "an extension module in C++, bound with nanobind, with generated stubs",
        ("**/*.pyi", "**/py.typed"),
    ),
}
_FROM_NATIVE_BUILD = """\
# Built for this machine first, which can make the stubs: once, for all targets.
copy_from_native_build = [{}]
"""
# What the project may have already; it stays.
_KEPT = frozenset({".gitignore", "README.md"})
# Imported by the build or the tests of the templates.
_TAKEN = frozenset({"nanobind", "pip", "py_build_cmake", "pybind11", "pytest", "tests"})
_NAME = re.compile(r"[a-z0-9]|[a-z0-9][a-z0-9._-]*[a-z0-9]", re.IGNORECASE)


# What the table `sdist` says, for each of its modes.
SDIST_TABLES = {
    "git": 'mode = "git" # what git tracks',
    "explicit": 'include = ["CMakeLists.txt", "CMakePresets.json", "src/_core.*", "tests",'
    ' "wheels.toml"]',
}


def render(template: str, name: str, sdist_mode: str = "explicit") -> dict[str, str]:
    """Return the files of a new project, by their places in it.

    ``sdist_mode`` is a value of `sdist.mode`.

    :raises ProjectError: nothing can have this name.
    """
    module = re.sub(r"[-_.]+", "_", name).lower()
    _check(name, module)
    patterns = ", ".join(f'"{pattern}"' for pattern in TEMPLATES[template].made_natively)
    words = {
        "@NAME@": name,
        "@MODULE@": module,
        "@FROM_NATIVE_BUILD@": _FROM_NATIVE_BUILD.format(patterns) if patterns else "",
        "@SDIST@": SDIST_TABLES[sdist_mode],
    }
    files = {}
    for folder in (_TEMPLATES / _COMMON, _TEMPLATES / template):
        for path in sorted(folder.rglob("*.in")):
            place = path.relative_to(folder).as_posix()[: -len(".in")].replace("MODULE", module)
            text = path.read_text("utf-8")
            for word, value in words.items():
                text = text.replace(word, value)
            # Names that start with a dot are often left out when files are copied.
            files[re.sub(r"(^|/)dot_", r"\1.", place)] = text
    return files


def _check(name: str, module: str) -> None:
    hint = "give another --name"
    if not _NAME.fullmatch(name):
        message = f"{name!r} cannot be the name of a package"
        hint = "give a --name of letters, digits, `-`, `_` and `.`, such as my-package"
    elif not module.isidentifier() or keyword.iskeyword(module):
        message = f"{module!r}, as it would be imported, is not a name in Python"
    elif module in _TAKEN or module in getattr(sys, "stdlib_module_names", ()):
        message = f"{module!r} is the name of a module that is imported already"
    else:
        return
    raise ProjectError(message, where="the name of the project", hint=hint)


@click.command(
    short_help="Write a new project.",
    epilog=example(
        "py-build-cmake init hello",
        "py-build-cmake init --template nanobind --name my-package my-folder",
    ),
)
@click.argument("directory", default=".", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "-t",
    "--template",
    type=click.Choice(list(TEMPLATES)),
    default="c",
    help="; ".join(f"{name}: {each.about}" for name, each in TEMPLATES.items())
    + ". c unless given.",
)
@click.option(
    "--name", metavar="NAME", help="Name of the package; that of the folder if not given."
)
@click.option(
    "--sdist-mode",
    type=click.Choice(list(SDIST_TABLES)),
    help="`sdist.mode`: the source distribution has what git tracks, or what the configuration"
    " lists. git in a checkout of git, explicit elsewhere, unless given.",
)
@click.pass_obj
def init(
    common: ProgramOptions,
    /,
    *,
    directory: Path,
    template: str,
    name: str | None,
    sdist_mode: str | None,
) -> None:
    """Write a new project into DIRECTORY, which is made if need be.

    It has an extension module, tests, presets for development, a configuration of cibuildwheel
    and uv, and a matrix of the wheels that one Linux machine makes for other machines and systems.
    It builds at once. Files that are there are never overwritten.
    """
    target = (common.directory / directory).resolve()
    mode = _sdist_mode(target, sdist_mode)
    written = _write(target, render(template, name or target.name, mode), dry=common.dry)
    for place in written:
        click.echo(f"{'would write' if common.dry else 'wrote'} {target / place}")
    click.echo("\nNow try:")
    for command in (
        f"cd {directory}",
        *(("git add .",) if mode == "git" else ()),
        "pip install '.[test]'",
        "pytest",
        "pip wheel --no-deps .",
        "py-build-cmake wheels --matrix wheels.toml --list",
    ):
        click.echo(f"  {command}")


def _sdist_mode(target: Path, wanted: str | None) -> str:
    """Return how the files of the new project's source distribution are found.

    :raises ProjectError: by git is ``wanted``, and there is no checkout.
    """
    if wanted == "explicit":
        return wanted
    existing = next(path for path in (target, *target.parents) if path.is_dir())
    try:
        require_checkout(existing)
    except ProjectError:
        if wanted:
            raise
        return "explicit"
    return "git"


def _write(target: Path, files: dict[str, str], *, dry: bool) -> list[str]:
    """Write files that are not there; return their places.

    :raises Error: a file is there that has to be another one.
    """
    there = [place for place in files if (target / place).exists()]
    problems = [
        Problem("is there already", str(target / place), "choose another DIRECTORY, or remove it")
        for place in there
        if place not in _KEPT
    ]
    if problems:
        raise Error.from_problems(problems)
    written = [place for place in files if place not in there]
    for place in () if dry else written:
        path = target / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(files[place].encode())
    return written
