"""The programs that a build used, or others in the place of those that are gone.

A front end that isolates builds removes their environment afterwards. Then CMake has to configure
again, with the programs that are there.
"""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .state import BuildFailed, Command, State

if TYPE_CHECKING:
    from collections.abc import Mapping


def missing_tools(state: State) -> dict[str, str]:
    """Return the programs and directories that are gone, with what takes their place.

    :raises BuildFailed: there is nothing else.
    """
    substitutes = {}
    for name, path in state.tools.items():
        if not path or Path(path).exists():
            continue
        found = _this_python(state) if name == "python" else _find(name)
        if found is None:
            lines = [f"{path}, which built it, is gone, and there is no other {name}"]
            raise BuildFailed("\n    ".join([*lines, *state.advice]))
        substitutes[path] = found
    for directory in state.temporary:
        if not Path(directory).exists():
            substitutes[directory] = sys.prefix
    return substitutes


def with_substitutes(state: State, substitutes: Mapping[str, str]) -> State:
    """Return the state with other paths, which also the files that CMake reads are given."""
    for name in state.preloads:
        path = Path(name)
        if path.exists():
            text = path.read_bytes().decode(errors="surrogateescape")
            path.write_bytes(_replace(text, substitutes).encode(errors="surrogateescape"))
    contents = json.loads(_replace(json.dumps(asdict(state)), substitutes, quoted=True))
    contents["temporary"] = [path for path in state.temporary if path not in substitutes]
    commands = [Command(**command) for command in contents.pop("commands")]
    return State(commands=commands, **contents)


def _replace(text: str, substitutes: Mapping[str, str], *, quoted: bool = False) -> str:
    for old, new in substitutes.items():
        pair: tuple[Any, Any] = (old, new)
        if quoted:
            pair = (json.dumps(old)[1:-1], json.dumps(new)[1:-1])
        text = text.replace(*pair)
    return text


def _this_python(state: State) -> str | None:
    version = "{}.{}".format(*sys.version_info)
    return sys.executable if version == state.python_version else None


def _find(name: str) -> str | None:
    """Find a program on ``PATH``, or beside the interpreter."""
    beside = str(Path(sys.executable).parent)
    return shutil.which(name) or shutil.which(name, path=beside)
