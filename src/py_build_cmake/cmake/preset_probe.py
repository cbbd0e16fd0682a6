"""What a configure preset sets, found out without configuring.

CMake itself reads it, with all that it inherits and includes: ``cmake --preset P -N`` prints its
variables (cmake(1), "View mode"), from version 4.0 on with ``--log-level=VERBOSE`` only.
"""

from __future__ import annotations

import re
from dataclasses import field
from typing import TYPE_CHECKING

from ..errors import Error
from ..records import dataclass
from .toolchain_probe import ask

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ..config.schema import CMakeConfig

_HEADING = re.compile(r"^Preset (CMake|environment) variables:$", re.MULTILINE)
_VARIABLE = re.compile(r'^  ([^\s=:"]+)((?::\w+)?)="(.*?)"$', re.MULTILINE | re.DOTALL)
_TOOLCHAIN_FILE = "CMAKE_TOOLCHAIN_FILE"


@dataclass(frozen=True)
class Preset:
    """The variables of a preset: those of CMake, with their types, and the environment's."""

    variables: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def definitions(self) -> list[str]:
        """What stands behind ``-D`` to set the variables of CMake."""
        return [f"{name}{kind}={value}" for name, (kind, value) in self.variables.items()]

    @property
    def toolchain_file(self) -> str:
        """The toolchain file that the preset names, empty if it names none."""
        return self.variables.get(_TOOLCHAIN_FILE, ("", ""))[1]


def probe_preset(cmake: Path, config: CMakeConfig, environ: Mapping[str, str]) -> Preset:
    """Return what the preset of a configuration sets; nothing if it has none.

    :raises Error: CMake does not know the preset, or cannot read the file.
    """
    if config.preset is None:
        return Preset()
    command = [
        *(str(cmake), "-S", str(config.source_path), "--preset", config.preset),
        *("-N", "--log-level=VERBOSE"),
    ]
    done = ask(command, config.source_path, environ)
    if done.returncode != 0:
        raise Error(
            f"CMake cannot read the preset {config.preset!r}:\n" + done.stdout.strip(),
            where="`cmake.preset`",
        )
    return _with_absolute_path(_parse(done.stdout), config.source_path)


def _parse(said: str) -> Preset:
    """Read the two lists that CMake prints, each below its heading."""
    _, *parts = _HEADING.split(said)
    lists = dict(zip(parts[::2], parts[1::2]))
    found = {kind: _VARIABLE.findall(text) for kind, text in lists.items()}
    return Preset(
        {name: (kind, value) for name, kind, value in found.get("CMake", ())},
        {name: value for name, _, value in found.get("environment", ())},
    )


def _with_absolute_path(preset: Preset, source: Path) -> Preset:
    """Resolve the toolchain file as CMake does, for a build in which there is none yet."""
    if not preset.toolchain_file:
        return preset
    kind, value = preset.variables[_TOOLCHAIN_FILE]
    absolute = {_TOOLCHAIN_FILE: (kind, (source / value).as_posix())}
    return Preset({**preset.variables, **absolute}, preset.environ)
