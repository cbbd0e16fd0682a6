"""The reference of the command line program, from its commands."""

from __future__ import annotations

from inspect import cleandoc
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

_INTRODUCTION = """\
# The command line program

`pip install 'py-build-cmake[cli]'` installs the program `py-build-cmake`, which is also
`python -m py_build_cmake.cli`. Builds do not need it: `pip` and `build` call the
[hooks](../tutorials/first-wheel.md).

Options that say where the project is and how it is configured stand before the command. Those of
configuration may also stand behind it; later ones prevail.

## Exit status

* 0: It worked.
* 1: A mistake in the project or its configuration, a command of CMake that failed, or a check that
  did not pass: a wheel that does not fit its tag, something missing that every build needs. Also
  if the output cannot be written: where nobody reads the other end of a pipe any more
  (`py-build-cmake config show | head`), nothing is said about it.
* 2: Wrong options or arguments, or the extra `cli` is not installed.
* 130: Interrupted with Ctrl-C. The commands that ran are stopped.

## Colours

Only on a terminal. `NO_COLOR=1` turns them off. `FORCE_COLOR=1` or `CLICOLOR_FORCE=1` turns them
on everywhere, for example in logs that can show them.

## Completion

The shell completes commands and options once its start-up file has one of these lines:

```sh
eval "$(_PY_BUILD_CMAKE_COMPLETE=bash_source py-build-cmake)"    # ~/.bashrc
eval "$(_PY_BUILD_CMAKE_COMPLETE=zsh_source py-build-cmake)"     # ~/.zshrc
_PY_BUILD_CMAKE_COMPLETE=fish_source py-build-cmake | source     # ~/.config/fish/config.fish
```
"""


def manual_page(program: click.Command) -> str:
    """Write the reference in Markdown."""
    sections = [_INTRODUCTION, "## Options before the command\n\n" + _table(_options(program))]
    for path, command in _commands(program, "py-build-cmake"):
        sections.append("\n".join(_section(path, command)))
    return "\n".join(sections)


def _commands(group: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    """Yield the commands that do something, with the words that name them."""
    for name, command in sorted(getattr(group, "commands", {}).items()):
        below = f"{path} {name}"
        if isinstance(command, click.Group):
            yield from _commands(command, below)
        else:
            yield below, command


def _section(path: str, command: click.Command) -> Iterator[str]:
    yield f"## `{path}`\n"
    arguments = [p for p in command.params if isinstance(p, click.Argument)]
    words = " ".join(
        ["[OPTIONS]", *(p.metavar or f"[{(p.name or '').upper()}]" for p in arguments)]
    )
    yield f"```text\n{path} {words}\n```\n"
    yield cleandoc(command.help or "").replace("\b\n", "").strip() + "\n"
    if options := _options(command):
        yield _table(options)
    lines = (command.epilog or "").splitlines()
    if examples := [line.strip() for line in lines if line.strip().startswith("py-build-cmake")]:
        yield "\n".join(["```sh", *examples, "```\n"])


def _options(command: click.Command) -> list[tuple[str, str]]:
    rows = []
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            names = ", ".join(parameter.opts)
            value = "" if parameter.is_flag else f" {_value(parameter)}"
            text = (parameter.help or "") + (" Repeatable." if parameter.multiple else "")
            rows.append((names + value, text))
    return rows


def _value(option: click.Option) -> str:
    if option.metavar:
        return option.metavar
    if isinstance(option.type, click.Choice):
        return "|".join(map(str, option.type.choices))
    return option.type.name.upper()


def _table(rows: list[tuple[str, str]]) -> str:
    lines = ["| option | |", "|---|---|"]
    for name, text in rows:
        cells = (name.replace("|", "\\|"), text.replace("|", "\\|"))
        lines.append(f"| `{cells[0]}` | {cells[1]} |")
    return "\n".join(lines) + "\n"
