"""The reference of the configuration, in Markdown, from the schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..config.companions import COMPANION, COMPONENT, STUBS
from ..config.schema import NOT_WITH_CONAN, OS_NAMES, ROOT, WHEN, Section

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..config.schema import Option

_INTRODUCTION = """\
# Configuration

All tables stand below `[tool.py-build-cmake]` in `pyproject.toml`. Local files
(`py-build-cmake.local.toml`, `-C local=FILE`) have the same tables at their top level, and cross
files (`py-build-cmake.cross.toml`, `-C cross=FILE`) those of `cross`.
[How to configure](../how-to/configure.md) says which source overrides which, how overrides are
written, and what conditions do.

`py-build-cmake config format` prints this page, and `py-build-cmake config show` the configuration
of a project.
"""

_TYPES = """\
## Types

| type | over an earlier value | operators of overrides |
|---|---|---|
| string | replaces it | `=`, `=!`, `+=` and `=+` (text behind and before), `-=` (removes text) |
| | | `+=(path)` and `=+(path)`: as `+=` and `=+`, with the separator of `PATH` |
| boolean, integer, choice, path | replaces it | `=`, `=!` |
| list | replaces it | `=`, `=!`, `+=` and `=+` (elements behind and before), `-=` |
| list, added | is added behind it | the same; `=` replaces |
| table of CMake options | every option for itself | for each option: those of lists |
| table of environment variables | every variable for itself | for each variable: those of strings |

`=!` clears: the option takes its default value, whatever other tables or earlier sources say.

The table form of a list says what is done to the earlier one: `{ append = ["x"] }`,
`{ prepend = ["x"] }`, `{ remove = ["x"] }`, several of these, or `{ value = ["x"] }`. `+`, `-` and
`=` are other names for `append`, `remove` and `value`. Where a list may be a string, the string is
its only element.

A CMake option is a string, a boolean, an integer, a list of these, or a table as for lists, in
which `type` may be `STRING`, `BOOL`, `PATH` or `FILEPATH`. Booleans make a `BOOL`. Lists become
CMake lists; a semicolon in a string is escaped. A type that contradicts an earlier one is an error,
unless `strict = false` stands beside it.

Relative paths begin at the project directory or, where that is said, at the directory of the file
that names them.
"""

_SYSTEMS = """\
The tables `editable`, `sdist`, `cmake`, `conan` and `wheel` may also stand below the name of an
operating system. What is said there holds for that *host system* only, over the tables without a
name: `[tool.py-build-cmake.linux.cmake]`. A `cmake` table there, and none without a name, makes a
project that uses CMake on that system only.
"""

_TABLES_OF_WHEN = "The tables `editable`, `sdist`, `cmake`, `conan` and `wheel`, `match`, and:"

_INDICES = """\
There may be several configurations, under numbers: `[tool.py-build-cmake.cmake.0]`,
`[tool.py-build-cmake.cmake.1]`. What stands in `cmake` itself holds for all of them. They are built
and installed one after the other, in the order of the numbers, into the same wheel.
"""

_ARRAY = """\
Each file has a table `[[tool.py-build-cmake.generate]]`. Overrides and other files name it by its
number, which begins at 0: `-C generate.0.location=build`. What can stand in templates is in
[Files from templates](../how-to/generate.md).
"""

_COMPANIONS = """\
## Projects beside a main project

Projects with the backends `py_build_cmake.build_stubs` and `py_build_cmake.build_component` make a
wheel of their own from a main project; see [stubs](../how-to/stubs.md) and
[components](../how-to/components.md). Below `[tool.py-build-cmake]` they have `main_project`, the
table `sdist` for their own files, and one of `stubs` and `component`. All other tables stand in the
pyproject.toml of the main project.
"""

_COMPONENT_INDICES = """\
Numbers stand for the configurations of the main project: `[tool.py-build-cmake.component.1]` says
what is installed of `[tool.py-build-cmake.cmake.1]`. Without a number, it is configuration 0.
"""


def reference_page() -> str:
    """Write the page."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield _INTRODUCTION
    yield _TYPES
    for name, section in ROOT.sections.items():
        if name in OS_NAMES:
            continue
        if name == "cross":
            yield f"## {', '.join(f'`{os_name}`' for os_name in OS_NAMES)}\n\n{_SYSTEMS}"
        yield from _table(f"`[[{name}]]`" if section.is_array else f"`{name}`", section)
        if section.is_array:
            yield _ARRAY
        elif section.is_indexed:
            yield _INDICES.replace("cmake", name)
    yield from _table("`[[when]]`", Section(WHEN.options, doc=f"{WHEN.doc}\n\n{_TABLES_OF_WHEN}"))
    yield from _table("`match`", WHEN.sections["match"], "###")
    yield _COMPANIONS
    yield from _table("`main_project`", Section(COMPANION.options, doc=COMPANION.doc), "###")
    yield from _table("`stubs`", STUBS.sections["stubs"], "###")
    yield from _table("`component`", COMPONENT.sections["component"], "###")
    yield _COMPONENT_INDICES


def _table(title: str, section: Section, mark: str = "##") -> Iterator[str]:
    yield f"{mark} {title}\n\n{section.doc}\n"
    if [*section.sections] == ["cmake"]:
        without = ", ".join(f"`{name}`" for name in NOT_WITH_CONAN)
        yield f"The table `cmake`, with the options of [`cmake`](#cmake) but {without}; and:\n"
    elif section.sections:
        names = ", ".join(f"`{name}`" for name in section.sections)
        yield f"The tables {names}, over those without `cross`, and:\n"
    yield "| option | type | default | meaning |\n|---|---|---|---|"
    for name, option in section.options.items():
        cells = (f"`{name}`", option.kind.allowed, _default(option), option.doc)
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
    yield ""


def _default(option: Option) -> str:
    if option.default_doc:
        return option.default_doc
    if option.default_from:
        return f"`{option.default_from}`"
    if option.default_environ:
        return f"environment variable `{option.default_environ}`"
    default = option.default
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, tuple):
        return f"`[{', '.join(_quoted(element) for element in default)}]`"
    return "" if default is None else f"`{_quoted(default)}`"


def _quoted(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)
