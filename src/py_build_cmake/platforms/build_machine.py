"""The build machine: the machine and the Python that run the backend.

This is the only module that reads :mod:`sys`, :mod:`sysconfig`, :mod:`platform` and
:data:`os.environ`. All other modules get these facts as values. The number of processors that the
build may use is the smaller of the affinity of the process and the quota of its cgroup.

Sources: sched_setaffinity(2), the kernel's documentation of control groups (versions 1 and 2).
"""

from __future__ import annotations

import os
import re
from dataclasses import field, replace
from functools import cached_property
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.records import dataclass
from .pythons import (
    abi_tag_of,
    implementation_tag,
    parse_abi,
    parse_soabi,
    platform_of_soabi,
    soabi_of_suffix,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .mac_target import MacTarget


ROOT = Path("/")


def usable_cpus(root: Path = ROOT) -> int:
    """Return the number of processors that this process can keep busy, at least 1.

    ``root`` is the directory of the file system in which ``proc`` and ``sys`` are.
    """
    return max(1, min((_affinity(), *map(ceil, _quotas(root)))))


def _affinity() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except (AttributeError, OSError):
        # Not on macOS and Windows.
        return os.cpu_count() or 1


def _quotas(root: Path) -> Iterator[float]:
    """Yield the quotas, in processors, of the cgroup of this process and of those around it."""
    for line in _read(root / "proc" / "self" / "cgroup").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        for directory in _directories(root / "sys" / "fs" / "cgroup", controllers.split(","), path):
            words = _read(directory / "cpu.max").split() or [
                *_read(directory / "cpu.cfs_quota_us").split(),
                *_read(directory / "cpu.cfs_period_us").split(),
            ]
            try:
                quota, period = map(int, words)
            except ValueError:
                # There are no such files, or the quota is "max" (unlimited).
                continue
            if quota > 0 and period > 0:
                yield quota / period


def _directories(mount: Path, controllers: list[str], path: str) -> Iterator[Path]:
    """Yield the directories of a cgroup and of those around it.

    In a container, the path may belong to another name space; the mount point is the cgroup then.
    """
    if controllers == [""]:
        top = mount
    elif "cpu" in controllers:
        top = mount / "cpu"
    else:
        return
    parts = [part for part in path.split("/") if part]
    for length in range(len(parts), -1, -1):
        yield top.joinpath(*parts[:length])


def _read(path: Path) -> str:
    try:
        return path.read_text("ascii")
    except (OSError, ValueError):
        return ""


_OS_NAMES = {
    **{"Linux": "linux", "Windows": "windows", "Darwin": "mac", "Android": "android"},
    **{"iOS": "ios", "iPadOS": "ios"},
}
# The variables that make sysconfig describe another system than this one.
_SPEAKS_FOR_ANOTHER = ("_PYTHON_SYSCONFIGDATA_NAME", "_PYTHON_HOST_PLATFORM", "PYODIDE")
_HOST_VARIABLES = ("CC", "CXX", "LDLIBRARY", "LIBDIR", "PYTHONFRAMEWORKPREFIX", "installed_base")
_TAGS_OF_32_BIT = {"linux_x86_64": "linux_i686", "linux_aarch64": "linux_armv8l"}


@dataclass(frozen=True)
class BuildMachine:
    """The machine and the Python that run the backend.

    ``os`` is the name of the OS table (``linux``, ``windows``, ``mac``, …) or, on systems that have
    none, the lower-case name of the system. ``implementation`` is the short form used in python
    tags, ``version`` the version without dots that stands beside it. ``prefixes`` are the
    installation prefixes, the most specific first. ``sysconfigdata`` is the module that
    :mod:`sysconfig` reads, empty if it reads none. ``mac`` is set on macOS only. ``import_paths``
    are the directories that modules are imported from.

    Some pipelines make the interpreter report the values of the host system. Then the fields above
    hold the reported values, ``actual`` describes the real machine as far as possible, and
    ``host_variables`` are some of the variables in the host's :mod:`sysconfig`.
    """

    os: str
    architecture: str
    implementation: str
    implementation_name: str
    version: str
    python_version: str
    version_info: tuple[int, int, int]
    release_level: str
    abi_flags: str
    abi_tag: str
    platform_tag: str
    executable: Path
    scripts_dir: Path
    prefixes: tuple[Path, ...]
    include_dir: Path | None
    soabi: str
    environ: Mapping[str, str]
    sysconfigdata: str = ""
    mac: MacTarget | None = None
    import_paths: tuple[Path, ...] = ()
    actual: BuildMachine | None = None
    host_variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def truth(self) -> BuildMachine:
        """The machine and the Python that really run the backend."""
        return self.actual or self

    @cached_property
    def cpus(self) -> int:
        """The number of processors that the build may use, found out when it is asked for."""

        return usable_cpus()

    @property
    def free_threaded(self) -> bool:
        """Whether this is a CPython without the global interpreter lock (PEP 703)."""
        return "t" in self.abi_flags


def detect_build_machine() -> BuildMachine:
    """Describe the running interpreter and its machine."""
    import os
    import platform
    import sys
    import sysconfig

    environ = dict(os.environ)
    implementation_name = sys.implementation.name
    version = f"{sys.version_info[0]}{sys.version_info[1]}"
    soabi = soabi_of_suffix(str(sysconfig.get_config_var("EXT_SUFFIX") or ""))
    abi_flags = _abi_flags(
        free_threaded=bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        debug=hasattr(sys, "gettotalrefcount"),
    )
    os_name = platform.system()
    include_dir = sysconfig.get_path("platinclude")
    mac = None
    platform_tag = _platform_tag(sysconfig.get_platform(), is_32_bit=sys.maxsize <= 2**32)
    if os_name == "Darwin":
        from .mac_target import mac_platform_tag, mac_target

        mac = mac_target(
            environ,
            configured=str(sysconfig.get_config_var("MACOSX_DEPLOYMENT_TARGET") or ""),
            system_version=platform.mac_ver()[0],
            architecture=platform.machine(),
        )
        platform_tag = mac_platform_tag(mac)
    build = BuildMachine(
        os="pyodide" if environ.get("PYODIDE") == "1" else _OS_NAMES.get(os_name, os_name.lower()),
        architecture=platform.machine(),
        implementation=implementation_tag(implementation_name),
        implementation_name=implementation_name,
        version=version,
        python_version=platform.python_version(),
        version_info=(sys.version_info[0], sys.version_info[1], sys.version_info[2]),
        release_level=sys.version_info.releaselevel,
        abi_flags=abi_flags,
        abi_tag=abi_tag_of(implementation_name, version, abi_flags, soabi),
        platform_tag=platform_tag,
        executable=Path(sys.executable),
        scripts_dir=Path(sysconfig.get_path("scripts")),
        prefixes=_without_duplicates(
            Path(sys.exec_prefix),
            Path(sys.prefix),
            Path(sys.base_exec_prefix),
            Path(sys.base_prefix),
        ),
        include_dir=Path(include_dir) if include_dir else None,
        soabi=soabi,
        environ=environ,
        sysconfigdata=_sysconfigdata() if os.name == "posix" else "",
        mac=mac,
        import_paths=tuple(Path(path) for path in sys.path if path),
    )
    simulated = bool(getattr(sys, "cross_compiling", False))
    if not simulated and not any(environ.get(name) for name in _SPEAKS_FOR_ANOTHER):
        return build
    variables = {n: str(v) for n in _HOST_VARIABLES if (v := sysconfig.get_config_var(n))}
    actual = _actual_platform(build, os_name, simulated=simulated)
    return replace(build, actual=actual, host_variables=variables)


def _actual_platform(machine: BuildMachine, system: str, *, simulated: bool) -> BuildMachine:
    """Return the real machine if sysconfig reports values of the host system. ``simulated`` is
    whether :mod:`platform` and :mod:`os` do so as well, as in crossenv. Values that are compiled
    into the interpreter are always those of the build machine.
    """
    import os
    import sys
    from _imp import extension_suffixes

    from .mac_target import mac_platform_tag, mac_target

    soabi = soabi_of_suffix(next(iter(extension_suffixes()), ""))
    os_name, architecture = _OS_NAMES.get(system, system.lower()), machine.architecture
    tag = platform_of_soabi(soabi) or f"{os_name}_{architecture}"
    if simulated:
        systems = {"linux": "linux", "win": "windows", "win32": "windows"}
        os_name = "mac" if "darwin" in soabi else systems.get(tag.partition("_")[0], os_name)
        if os_name == "linux":
            architecture = tag.partition("_")[2]
        elif hasattr(os, "uname"):
            architecture = os.uname().machine
    mac = None
    if os_name == "mac":
        environ = {n: v for n, v in machine.environ.items() if n == "MACOSX_DEPLOYMENT_TARGET"}
        mac = mac_target(environ, configured="", system_version="", architecture=architecture)
        tag = mac_platform_tag(mac)
    named = parse_soabi(soabi)
    abi = parse_abi(named.abi) if named else None
    flags = _abi_flags(
        free_threaded=abi is not None and "t" in abi.flags, debug="d" in machine.abi_flags
    )
    prefixes = _actual_prefixes(machine, sys.prefix) if simulated else machine.prefixes
    include = f"include/python{sys.version_info[0]}.{sys.version_info[1]}{flags.replace('d', '')}"
    header = f"{include}/patchlevel.h"
    return replace(
        machine,
        os=os_name,
        architecture=architecture,
        abi_flags=flags,
        abi_tag=abi_tag_of(machine.implementation_name, machine.version, flags, soabi),
        platform_tag=tag,
        executable=_actual_executable(machine, simulated=simulated),
        prefixes=prefixes,
        # The environment may set it to an empty text.
        include_dir=next((p / include for p in prefixes if (p / header).is_file()), None),
        soabi=soabi,
        mac=mac,
    )


def _actual_executable(machine: BuildMachine, *, simulated: bool) -> Path:
    """Return the interpreter that reports the build machine; crossenv has an environment of it."""
    import sys

    for entry in getattr(sys, "build_path", ()) if simulated else ():
        path = Path(entry)
        if path.name == "site-packages" and len(path.parents) > 2:
            python = path.parents[2] / "bin" / path.parent.name
            if python.is_file():
                return python
    return machine.executable


def _actual_prefixes(machine: BuildMachine, prefix: str) -> tuple[Path, ...]:
    """Return the prefixes of the interpreter that runs; the base is what a venv was made from."""
    python = _actual_executable(machine, simulated=True)
    venv = python.parents[1] if python != machine.executable else Path(prefix)
    try:
        text = (venv / "pyvenv.cfg").read_text("utf-8")
    except (OSError, ValueError):
        return machine.prefixes
    home = re.search(r"^home\s*=\s*(.+?)\s*$", text, re.MULTILINE)
    return _without_duplicates(venv, *([Path(home[1]).parent] if home else []))


def _sysconfigdata() -> str:
    """Return the name of the module with the build-time variables of this Python."""
    import sys

    multiarch = getattr(sys.implementation, "_multiarch", "")
    return f"_sysconfigdata_{sys.abiflags}_{sys.platform}_{multiarch}"


def _platform_tag(platform: str, *, is_32_bit: bool) -> str:
    tag = platform.replace("-", "_").replace(".", "_")
    # A 32 bit Python on a 64 bit kernel is asked for the kernel's machine.
    return _TAGS_OF_32_BIT.get(tag, tag) if is_32_bit else tag


def _without_duplicates(*paths: Path) -> tuple[Path, ...]:
    return tuple(dict.fromkeys(paths))


def _abi_flags(*, free_threaded: bool, debug: bool) -> str:
    # The order is that of the ABI tag; sys.abiflags does not exist on Windows.
    return ("t" if free_threaded else "") + ("d" if debug else "")
