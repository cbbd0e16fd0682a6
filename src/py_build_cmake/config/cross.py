"""The cross configuration: where it comes from, what completes it, and what contradicts it.

``cross.detect`` finds the configuration that the environment of the build asks for,
``cross.python`` completes it from a Python that the user points at, and ``cross.toolchain``
excludes keys that the named toolchain decides. On macOS and iOS, compilers are given the deployment
target of the tag.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.errors import ConfigError, Problem
from ..base.places import Place
from ..base.records import dataclass
from ..platforms.build_headers import BUILD_PYTHON, describe_build_python, wanted_python
from ..platforms.environments.registry import detect_cross
from ..platforms.host import tag_problems
from ..platforms.python_files import Fact, Note, PythonFacts, describe_python
from ..platforms.pythons import known_soabi, platform_of_soabi
from ..platforms.tags import PlatformTag, by_machine, same_kind
from .conan_tables import uses_cmake
from .kinds import Boolean
from .layers import ABSENT, Op, Table, merge
from .read import Layer, Reader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ..platforms.build_machine import BuildMachine
    from ..platforms.environments.registry import Detection
    from .evaluate import Evaluator
    from .layers import Table
    from .schema import CMakeConfig, CrossConfig, SystemTables


# The keys that say where the host system's Python is.
_PYTHON_KEYS = ("python", "prefix", "library", "sabi_library", "include_dir", "force_native_python")


def with_toolchain(
    cross: CrossConfig, table: Table, where: Place, problems: list[Problem]
) -> CrossConfig:
    """Check the keys beside a named toolchain; with one and no Python, it is the build Python's.

    Mistakes are added to ``problems``.
    """
    if cross.toolchain and cross.toolchain_file:
        problems.append(
            Problem(
                "`toolchain_file` and `toolchain` both choose a toolchain",
                _place(table, "toolchain_file"),
                "leave one of them out; `toolchain_include` names a CMake file that the "
                "toolchain file of `toolchain` includes first",
            )
        )
    if cross.toolchain_include and not cross.toolchain:
        problems.append(
            Problem(
                "`toolchain_include` is for the toolchain file that `toolchain` makes",
                _place(table, "toolchain_include"),
                "set `toolchain`, or include the file from your `toolchain_file`",
            )
        )
    if cross.toolchain and cross.arch and not any(tag_problems(where, None, None, cross.arch)):
        from ..platforms.targets import find_target

        for tags in by_machine(cross.arch.split(".")):
            try:
                find_target(tags, where, cross.toolchain)
            except ConfigError as e:
                problems += e.problems
    if cross.toolchain and not any(getattr(cross, key) for key in _PYTHON_KEYS):
        return replace(cross, python=BUILD_PYTHON)
    return cross


def _place(table: Table, key: str) -> str:
    return str(table.edits(key)[-1].origin)


_OPTION = "CMAKE_OSX_DEPLOYMENT_TARGET"
_VARIABLE = "MACOSX_DEPLOYMENT_TARGET"


def one_deployment_target(tables: SystemTables, target: str, warnings: list[str]) -> SystemTables:
    """Drop values that contradict the deployment target of the tag, with a warning for each.

    ``target`` is that of the tag, empty where the tag has none of its own.
    """
    if not target:
        return tables
    cmake = tuple((index, _checked(config, target, warnings)) for index, config in tables.cmake)
    return replace(tables, cmake=cmake)


def _checked(config: CMakeConfig, target: str, warnings: list[str]) -> CMakeConfig:
    options, env = dict(config.options), dict(config.env)
    for name, value in config.options.items():
        if name.partition(":")[0] == _OPTION and _numbers(value.text) != _numbers(target):
            warnings.append(_warning(f"`cmake.options` {name}", value.text, target))
            options[name] = replace(value, elements=(target,))
    for name, change in config.env.items():
        text = change.resolve(None, pathsep=os.pathsep) if name == _VARIABLE else None
        if text is not None and _numbers(text) != _numbers(target):
            warnings.append(_warning(f"`cmake.env` {name}", text, target))
            del env[name]
    return replace(config, options=options, env=env)


def _warning(what: str, value: str, target: str) -> str:
    return (
        f"{what} = {value} is ignored: the wheel's tag says {target}; set the environment "
        f"variable {_VARIABLE} instead, which also changes the tag"
    )


def _numbers(version: str) -> list[int | str]:
    parts = [int(part) if part.isdecimal() else part for part in version.split(".")]
    while len(parts) > 1 and parts[-1] == 0:
        parts.pop()
    return parts


@dataclass(frozen=True)
class Completed:
    """A cross configuration, completed by what its ``python`` says.

    ``sources`` says where each key comes from that was filled in, ``problems`` which keys
    contradict the Python.
    """

    cross: CrossConfig
    sources: Mapping[str, str]
    problems: tuple[Problem, ...]

    def notes(self) -> tuple[Note, ...]:
        """Return what was filled in."""
        return tuple(
            Note(key, str(getattr(self.cross, key)), source) for key, source in self.sources.items()
        )


def complete_cross(cross: CrossConfig, where: Place, machine: BuildMachine) -> Completed:
    """Fill in what a cross configuration leaves out and its ``python`` says.

    Explicit keys win. With ``python = "build"``, ``build`` is described. Without any key about the
    Python, it is the one in the sysroot of the toolchain file, if it fits the other keys.

    :raises ConfigError: there is no Python at that path, or it contradicts itself.
    """
    if cross.toolchain_file and not any(getattr(cross, key) for key in _PYTHON_KEYS):
        return _with_python_of_sysroot(cross, cross.toolchain_file, where, machine)
    return _complete(cross, where, machine)


def _with_python_of_sysroot(
    cross: CrossConfig, toolchain_file: Path, where: Place, machine: BuildMachine
) -> Completed:
    from ..platforms.toolchain_files import named_sysroot

    sysroot = named_sysroot(toolchain_file, machine.environ)
    if sysroot is not None:
        try:
            completed = _complete(replace(cross, python=sysroot), where, machine)
        except ConfigError:
            # There is no Python in it, or the keys do not say which one is meant.
            return Completed(cross, {}, ())
        if not completed.problems and _fits(completed.cross):
            source = f"CMAKE_SYSROOT in {toolchain_file}"
            return replace(completed, sources={"python": source, **completed.sources})
    return Completed(cross, {}, ())


def _fits(cross: CrossConfig) -> bool:
    """Whether the SOABI is for the machine of the platform tag, or does not say what it is for."""
    platform = platform_of_soabi(cross.soabi or "")
    if not platform or not cross.arch:
        return True
    return same_kind(platform, cross.arch.split("."))


def _complete(cross: CrossConfig, where: Place, machine: BuildMachine) -> Completed:
    if any(tag_problems(where, None, None, cross.arch)):
        # An `arch` that is no tag is refused where the host system is described.
        return Completed(cross, {}, ())
    problems: list[Problem] = []
    version = cross.version.replace(".", "") if cross.version else None
    if isinstance(cross.python, Path):
        python = describe_python(
            cross.python,
            where.at("python"),
            version,
            cross.implementation,
            cross.arch,
            abi_flags=wanted_python(None, cross.abi, cross.abiflags)[1],
        )
        problems += _contradictions_of_platform(cross, where, python)
        found = _values(python)
    elif cross.python:
        tags = tuple(cross.arch.split(".")) if cross.arch else ()
        problems += _contradictions_of_build_headers(cross, where, machine, tags)
        wanted, flags = wanted_python(cross.version, cross.abi, cross.abiflags)
        python = describe_build_python(
            machine,
            where.at("python"),
            tags,
            version=wanted,
            flags=flags,
            include_dir=None if problems else cross.include_dir,
        )
        found = _values(python)
    elif cross.prefix and not cross.include_dir:
        found = _values(_describe_prefix(cross, cross.prefix, where, version))
    else:
        return Completed(cross, {}, ())
    filled: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for key, (value, fact) in found.items():
        given = getattr(cross, key)
        if key == "abiflags" and given is None:
            # They follow from `abi`.
            continue
        if given is None:
            filled[key] = value
            sources[key] = fact.source
        elif key in _IDENTITY and _normalised(key, given) != value:
            problems.append(
                Problem(
                    f"`{key}` {str(given)!r} contradicts {fact.source}, which says {str(value)!r}",
                    where.at(key),
                    _OTHER_VERSION if cross.uses_build_headers else _OTHER_PYTHON,
                )
            )
    return Completed(replace(cross, **filled), sources, tuple(problems))


_OTHER_PYTHON = "leave the key out, or point `python` at the Python that the wheel is for"
_OTHER_VERSION = (
    "leave the key out, or provide headers of that Python: in a build requirement, in a directory"
    " that `include_dir` names, or with the host system's Python, which `python` names"
)


def _describe_prefix(
    cross: CrossConfig, prefix: Path, where: Place, version: str | None
) -> PythonFacts:
    """Describe the Python in a `prefix`; nothing if FindPython has to find out which one it is.

    Only its headers and its library are taken from there, and its version is compared.
    """
    try:
        key = where.at("prefix")
        python = describe_python(prefix, key, version, cross.implementation, cross.arch)
    except ConfigError:
        return PythonFacts({})
    names = ("implementation", "version", "include_dir", "library")
    return PythonFacts({name: python.facts[name] for name in names if name in python.facts})


def _contradictions_of_platform(
    cross: CrossConfig, where: Place, python: PythonFacts
) -> Iterator[Problem]:
    """Compare `arch` with the platform of a Python whose SOABI does not tell it."""
    platform = python.facts.get("platform")
    if platform is None or "soabi" in python.facts or not cross.arch or cross.soabi:
        return
    if not same_kind(platform.value, cross.arch.split(".")):
        yield Problem(
            f"`arch` {cross.arch!r} contradicts {platform.source}, which says {platform.value!r}",
            where.at("arch"),
            _OTHER_PYTHON,
        )


def _contradictions_of_build_headers(
    cross: CrossConfig, where: Place, machine: BuildMachine, platform_tags: tuple[str, ...]
) -> Iterator[Problem]:
    for key in ("include_dir", "prefix", "force_native_python"):
        if key == "include_dir" and _has_headers(cross.include_dir):
            # It names those of another Python of this machine.
            continue
        if getattr(cross, key):
            yield Problem(
                f'`{key}` and `python` = "{BUILD_PYTHON}" contradict each other',
                where.at(key),
                "with the headers of the build Python, leave the key out; with the host system's"
                f" Python, leave out `python`, or write `./{BUILD_PYTHON}` for a directory of that"
                " name",
            )
    if any(PlatformTag.parse(tag).system == "windows" for tag in platform_tags) and not (
        cross.toolchain or cross.library
    ):
        yield Problem(
            f'with `python` = "{BUILD_PYTHON}" for {cross.arch!r} and a toolchain of your own, the'
            " import library of Python is missing, which modules are linked with on Windows",
            where.at("library"),
            "use `toolchain` = 'zig' or 'gnu', which make it; or name it, and in `sabi_library`"
            " that of the stable ABI; or point `python` at an installation for Windows",
        )
    if platform_tags and not cross.soabi and not known_soabi(machine.abi_tag, platform_tags):
        yield Problem(
            f"it is not known how a Python on {cross.arch!r} names extension modules",
            where.at("arch"),
            "correct `arch`, or set `soabi` to the middle of their suffix",
        )


def _has_headers(directory: Path | None) -> bool:
    return directory is not None and (directory / "patchlevel.h").is_file()


# The keys that identify the Python. Given paths may differ from those that were found.
_IDENTITY = frozenset({"implementation", "version", "abi", "abiflags", "soabi"})


def _normalised(key: str, value: object) -> object:
    return value.replace(".", "") if key == "version" and isinstance(value, str) else value


def _values(python: PythonFacts) -> dict[str, tuple[object, Fact]]:
    """Return the keys of a cross configuration that facts have values for."""
    facts = python.facts
    values: dict[str, tuple[object, Fact]] = {
        key: (facts[key].value, facts[key])
        for key in ("implementation", "version", "abi", "soabi")
        if key in facts
    }
    if {"implementation", "version", "abi_flags"} <= facts.keys() and python.get(
        "implementation"
    ) == "cp":
        flags = facts["abi_flags"]
        values["abi"] = (f"cp{python.get('version')}{flags.value}", flags)
        values["abiflags"] = (flags.value, flags)
    if "platform" in facts:
        values["arch"] = (facts["platform"].value, facts["platform"])
    for key in ("include_dir", "library", "sabi_library", "prefix"):
        if path := python.path(key):
            values[key] = (path, facts[key])
    return values


# The keys that identify the host system.
_DESCRIBES_A_HOST = ("arch", "python")


@dataclass(frozen=True)
class DetectedCross:
    """The table ``cross`` to use, absent in native builds, and the result of the search.

    ``where`` says where the table comes from, if it was detected. ``deployment_target`` is the
    version of macOS or iOS that compilers are told and that the tag has, if there is one.
    """

    cross: Table
    pre_build: BuildMachine
    detection: Detection | None = None
    where: Place | None = None
    remarks: tuple[str, ...] = ()
    filled: tuple[Note, ...] = ()
    deployment_target: str = ""


def detected_cross(
    tree: Table, whens: Iterable[Table], machine: BuildMachine, evaluator: Evaluator
) -> DetectedCross:
    """Return the cross configuration: the one in ``tree``, else the one that is detected.

    A project that compiles nothing is not looked at. Mistakes are added to the problems of the
    ``evaluator``, possible mistakes to its warnings.
    """
    explicit = tree.table("cross")
    native_target = machine.mac.deployment_target if machine.mac else ""
    if _describes_a_host(explicit):
        return DetectedCross(explicit, pre_build_machine(machine))
    native = DetectedCross(ABSENT, machine, deployment_target=native_target)
    places = [tree, *whens, *(node for node in tree.children.values() if isinstance(node, Table))]
    if not wants_detection(explicit) or not any(map(uses_cmake, places)):
        return native
    try:
        detection = detect_cross(machine)
    except ConfigError as e:
        evaluator.problems += e.problems
        return native
    found = detection.found
    if found is None:
        return DetectedCross(ABSENT, machine, detection, deployment_target=native_target)
    place = Place(elsewhere=f"the environment ({detection.environment})", key="cross")
    layer = Layer(place, evaluator.project_dir)
    values = found.table()
    os_name = str(values.get("os"))
    places = [tree, *whens, tree.table(os_name), explicit]
    cmake = values.pop("cmake", None)
    # Nothing may be compiled for that system.
    if cmake and any(map(uses_cmake, places)):
        has_conan = any(place.table("conan").present for place in places)
        values.update({"conan": {"cmake": cmake}} if has_conan else {"cmake": cmake})
    table = Reader(layer, evaluator.problems).read(("cross",), Op.DEFAULT, values).table("cross")
    evaluator.warnings += found.warnings
    target = found.options.get("CMAKE_OSX_DEPLOYMENT_TARGET:STRING") or found.options.get(
        "CMAKE_OSX_DEPLOYMENT_TARGET", [""]
    )
    return DetectedCross(
        merge(table, explicit),
        found.pre_build,
        detection,
        where=Place(elsewhere=f"the environment ({found.because})"),
        remarks=(found.why, *found.remarks),
        filled=found.filled,
        deployment_target=target[0],
    )


def pre_build_machine(machine: BuildMachine) -> BuildMachine:
    """Return the build machine with an environment for a native pre-build beside a cross file."""
    from ..platforms.environments.detected import pre_build_environ

    return replace(machine.truth, environ=pre_build_environ(machine.truth.environ))


def pre_build_remark(environ: Mapping[str, str]) -> str:
    """Say which compilers of the environment a native pre-build does not use; empty if none."""
    from ..platforms.environments.detected import compilers_of_host

    names = compilers_of_host(environ)
    if not names:
        return ""
    return (
        f"the native pre-build does not use {', '.join(names)} of the environment, which are for"
        f" the host; {names[0]}_FOR_BUILD and the like are for it"
    )


def wants_detection(table: Table) -> bool:
    """Whether the environment may say what is built, by the table ``cross``."""
    return bool(Boolean().fold(edits)) if (edits := table.edits("detect")) else True


def _describes_a_host(table: Table) -> bool:
    """Whether a table ``cross`` is a cross configuration of its own.

    Without the key ``detect``, every table is, as it has always been.
    """
    says_detect = bool(table.edits("detect"))
    return table.present and (not says_detect or any(table.edits(key) for key in _DESCRIBES_A_HOST))
