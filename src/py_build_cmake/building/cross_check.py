"""What a cross build will use, and what is wrong with it, found out without compiling anything.

``cross check`` shows it. A cross build that fails looks here for the reason.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..base.errors import Error, Problem
from ..base.records import dataclass
from ..cmake.probes import PYTHON_PLACES, ToolchainVariables
from ..platforms.python_files import describe_python
from ..verify.contents import check_machine
from .toolchain_check import ToolchainCheck

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..base.console import Console
    from ..cmake.probes import Program
    from ..config.schema import CrossConfig
    from ..platforms.host import HostPlatform
    from ..project.plan import BuildPlan


@dataclass(frozen=True)
class CrossCheck:
    """What is known of the toolchain, and what is wrong. ``toolchain`` are the variables that CMake
    has when a project begins.
    """

    toolchain: Mapping[str, str]
    programs: tuple[Program, ...]
    warnings: tuple[Problem, ...]
    problems: tuple[Problem, ...]


def check_build(plan: BuildPlan) -> CrossCheck:
    """Check the cross build of a plan, which must be one."""
    cross_pass = plan.main_pass
    cross = cross_pass.cross if cross_pass and cross_pass.cross else plan.config.cross
    assert cross is not None
    problems = list(_python_problems(plan, cross))
    warnings = [Problem(warning) for warning in plan.warnings]
    toolchain = ToolchainVariables({})
    programs: tuple[Program, ...] = ()
    if cross_pass:
        try:
            checked = ToolchainCheck.of(plan, cross_pass, cross)
        except Error as e:
            problems += e.problems
        else:
            toolchain, programs = checked.toolchain, checked.programs
            problems += checked.problems()
            warnings += checked.warnings()
    else:
        warnings.append(Problem("there is no CMake configuration; nothing will be compiled"))
    warnings += _python_warnings(plan, cross, toolchain)
    return CrossCheck(
        toolchain.variables,
        programs,
        tuple(dict.fromkeys(warnings)),
        tuple(dict.fromkeys(problems)),
    )


def _python_problems(plan: BuildPlan, cross: CrossConfig) -> Iterator[Problem]:
    """Compare the named headers and libraries with the Python that they should belong to."""
    host, where = plan.config.host_platform, plan.config.cross_where
    # The build may make others of them.
    written = plan.config.cross
    directory = None if written is None or cross.uses_build_headers else written.include_dir
    if directory:
        key = where.at("include_dir")
        if not (directory / "patchlevel.h").is_file():
            hint = "name the directory that has Python.h, patchlevel.h and pyconfig.h"
            yield Problem(f"there is no patchlevel.h in {directory}", key, hint)
        else:
            facts = describe_python(directory, key)
            for name, wanted in (
                ("version", host.version),
                ("implementation", host.implementation),
            ):
                said = facts.facts.get(name)
                if said and said.value != wanted:
                    yield Problem(
                        f"{said.source} says that {name} is {said.value!r}, and the host system's"
                        f" Python has {wanted!r}",
                        key,
                        "name the headers of the Python that the wheel is for",
                    )
    yield from _problems_of_prefix(plan, cross)
    for name in ("library", "sabi_library"):
        library = getattr(cross, name)
        if library and (problem := check_machine(library, str(library), host.platform_tags)):
            yield Problem(f"{library} {problem.message}", where.at(name), problem.hint)


def _problems_of_prefix(plan: BuildPlan, cross: CrossConfig) -> Iterator[Problem]:
    """Find headers of other versions below a prefix, and none of the version that is wanted."""
    host, prefix = plan.config.host_platform, cross.prefix
    if prefix is None or cross.include_dir or host.implementation != "cp":
        return
    found = [p for p in sorted(prefix.glob("include/python3*")) if (p / "patchlevel.h").is_file()]
    # The headers of a debug build are in a directory of their own, or in the same.
    wanted = {f"{host.python_name}{debug}" for debug in ("", "d")}
    if found and wanted.isdisjoint(path.name for path in found):
        names = ", ".join(path.name for path in found)
        yield Problem(
            f"{prefix} has the headers of {names}, and the wheel is for Python"
            f" {host.python_name.removeprefix('python')}",
            plan.config.cross_where.at("prefix"),
            "name the prefix of the Python that the wheel is for, or correct `version` and `abi`",
        )


def _python_warnings(
    plan: BuildPlan, cross: CrossConfig, toolchain: ToolchainVariables
) -> Iterator[Problem]:
    host, where = plan.config.host_platform, plan.config.cross_where
    is_named = cross.include_dir or cross.prefix or cross.force_native_python
    if not is_named and not _finds_headers(toolchain, host):
        yield Problem(
            "nothing says where the headers of the host system's Python are; CMake finds them only"
            " if the toolchain file leads it there",
            where,
            "set `python`, `include_dir` or `prefix`",
        )
    if not host.soabi:
        yield Problem(
            "the SOABI is not known, so CMake names extension modules without it",
            where,
            "set `soabi` to the middle of the suffix that the host system's Python has",
        )


def _finds_headers(toolchain: ToolchainVariables, host: HostPlatform) -> bool:
    """Whether options or the toolchain file say where the headers are, or lead CMake there."""
    if any(map(toolchain.get, PYTHON_PLACES)):
        return True
    roots = toolchain.list("CMAKE_SYSROOT") + toolchain.list("CMAKE_FIND_ROOT_PATH")
    name = f"python{host.dotted_version}{'t' if 't' in host.abi_flags else ''}"
    folders = ("usr/include", "include", "usr/local/include")
    return any(
        Path(root, folder, name, "patchlevel.h").is_file() for root in roots for folder in folders
    )


def with_reasons(error: Error, plan: BuildPlan, console: Console) -> Error:
    """Add to the error of a cross build what is wrong with its toolchain and its Python; print what
    is probably wrong. There may be nothing.
    """
    try:
        found = check_build(plan)
    except (Error, OSError):
        # What the build has failed with is more to the point.
        return error
    known = {problem.message for problem in error.problems}
    for warning in found.warnings:
        if warning.message not in plan.warnings:
            console.warning(str(warning))
    error.problems = (*error.problems, *(p for p in found.problems if p.message not in known))
    return error
