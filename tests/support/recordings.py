"""Recorded environments, as they would be in a directory of this machine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from py_build_cmake.platforms.build_machine import BuildMachine
from py_build_cmake.platforms.environments.detected import Detected
from py_build_cmake.platforms.environments.registry import detect_cross
from py_build_cmake.platforms.mac_target import mac_platform_tag, mac_target
from support.machines import LINUX_CP311, WINDOWS_CP311

RECORDED = Path(__file__).with_name("recorded")
ENVIRONMENTS = RECORDED / "environments"


def recorded(name: str, directory: Path) -> dict[str, str]:
    """Return the variables of a recording; the files that they name are in ``directory``."""
    data = json.loads((ENVIRONMENTS / f"{name}.json").read_text("utf-8"))
    environ = {}
    for key, value in data["environment"].items():
        text = value.replace("@DIR@", str(directory)).replace("@SITE@", str(directory / "site"))
        if key.startswith("@FILE@"):
            touch(directory / key[len("@FILE@") :], text)
        else:
            environ[key] = text
    if file := environ.get("CMAKE_TOOLCHAIN_FILE"):
        touch(Path(file))
    return environ


def touch(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def linux(environ: Mapping[str, str], **changes: Any) -> BuildMachine:
    return replace(LINUX_CP311, environ={"PATH": "/nowhere", **environ}, **changes)


def mac(environ: Mapping[str, str], architecture: str = "x86_64") -> BuildMachine:
    """Describe a Python of python.org on a Mac."""
    target = mac_target(
        environ, configured="10.13", system_version="14.5", architecture=architecture
    )
    return linux(
        environ,
        os="mac",
        architecture=architecture,
        mac=target,
        platform_tag=mac_platform_tag(target),
        soabi="cpython-311-darwin",
    )


def windows(environ: Mapping[str, str]) -> BuildMachine:
    return replace(WINDOWS_CP311, environ=environ)


def found(machine: BuildMachine) -> Detected:
    detection = detect_cross(machine)
    assert detection.found is not None, detection.reasons
    return detection.found


def reason(machine: BuildMachine, name: str) -> str:
    detection = detect_cross(machine)
    assert detection.found is None
    return dict(detection.reasons)[name]
