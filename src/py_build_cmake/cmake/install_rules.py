"""Where CMake's install rules would put files, read from the scripts that CMake generated.

A rule with an absolute destination leaves the staging directory: its files would be missing in the
wheel, and would be written into the system instead. The scripts show this before anything is
installed. Rules that run code of the project cannot be seen; the install manifest shows what they
registered.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

_SCRIPT = "cmake_install.cmake"
_SOURCE = re.compile(r"# Install script for directory: (.*)")
# Older CMake (3.22, not 3.25) puts the name between two x.
_COMPONENT = re.compile(
    r'if\((?:CMAKE_INSTALL_COMPONENT|(?P<old>"x\$\{CMAKE_INSTALL_COMPONENT\}x")) STREQUAL'
    r' "(?(old)x)(?P<name>[^"]*?)(?(old)x)"(?P<always> OR NOT CMAKE_INSTALL_COMPONENT)?'
)
_CONFIGURATION = re.compile(r'^\s*(?:else)?if\(.*CMAKE_INSTALL_CONFIG_NAME\}?"? MATCHES "([^"]*)"')
_ABSOLUTE = re.compile(r"list\(APPEND CMAKE_ABSOLUTE_DESTINATION_FILES")
_INCLUDE = re.compile(r'include\("([^"]*/cmake_install\.cmake)"\)')
_STRING = re.compile(r'"([^"]*)"')


@dataclass(frozen=True)
class AbsoluteRule:
    """An install rule with an absolute destination.

    ``source`` is the directory whose CMakeLists.txt has the rule. ``excluded`` says that it
    runs only when its component is asked for, ``configurations`` is the regular expression of
    the configurations that it is limited to.
    """

    source: Path
    destination: Path
    component: str
    excluded: bool
    configurations: str = ""

    def runs_for(self, component: str, configuration: str | None) -> bool:
        """Whether the rule runs when a component (empty: all) of a configuration is installed.

        None stands for an unknown configuration, for which every rule may run.
        """
        if configuration and not re.search(self.configurations, configuration):
            return False
        return self.component == component if component else not self.excluded


def absolute_rules(build_dir: Path) -> tuple[AbsoluteRule, ...]:
    """Return the install rules of a configured build directory with absolute destinations."""
    return tuple(_rules(build_dir))


def _rules(build_dir: Path) -> Iterator[AbsoluteRule]:
    script = build_dir / _SCRIPT
    if not script.exists():
        return
    text = os.fsdecode(script.read_bytes())
    source = _SOURCE.search(text)
    directory = Path(source[1].strip()) if source else build_dir
    component: re.Match[str] | None = None
    configurations = ""
    lines = iter(text.splitlines())
    for line in lines:
        if found := _COMPONENT.search(line):
            component, configurations = found, ""
        if found := _CONFIGURATION.search(line):
            configurations = found[1]
        if _ABSOLUTE.search(line):
            # The list stands behind the keyword, on this line or the next.
            listed = _STRING.search(line) or _STRING.search(next(lines, ""))
            for destination in listed[1].split(";") if listed else ():
                yield AbsoluteRule(
                    directory,
                    Path(destination),
                    component["name"] if component else "",
                    excluded=bool(component and not component["always"]),
                    configurations=configurations,
                )
        for included in _INCLUDE.findall(line):
            yield from _rules(Path(included).parent)


def components(build_dir: Path) -> set[str]:
    """Return the components that the install rules of a configured build directory belong to."""
    found: set[str] = set()
    scripts = [build_dir / _SCRIPT]
    while scripts:
        script = scripts.pop()
        if script.exists():
            text = os.fsdecode(script.read_bytes())
            found |= {match["name"] for match in _COMPONENT.finditer(text)}
            scripts += map(Path, _INCLUDE.findall(text))
    return found


def installed_files(build_dir: Path) -> list[Path]:
    """Return what the last installation wrote, as CMake's manifest lists it."""
    manifests = sorted(build_dir.glob("install_manifest*.txt"))
    return [
        Path(line)
        for manifest in manifests
        for line in os.fsdecode(manifest.read_bytes()).splitlines()
        if line
    ]
