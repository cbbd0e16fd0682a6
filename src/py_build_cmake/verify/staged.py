"""The proof for a wheel that is about to be packed, as strictly as the configuration wants it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..base.errors import Problem, WheelError
from ..cmake.build_dir import read_cache
from ..cmake.emulator import sysroot_of
from ..toolchains.registry import has_own_runtimes
from .checks.destinations import declared_names
from .checks.modules import loads_by_suffix
from .checks.names import DIST_INFO, check_names
from .checks.runtimes import separate_runtimes
from .checks.scripts import check_scripts
from .checks.stable_abi import oldest_cpython
from .contents import check_contents, check_wheel, read_files
from .expectation import Circumstances
from .finding import Severity, grouped, of_severity
from .formats.report import PE
from .ignored import Ignored
from .loader.search import adds_dll_directories
from .lowest import lowest_tags

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from ..base.console import Console
    from ..project.plan import BuildPlan
    from .finding import FileReport, Finding


def prove(plan: BuildPlan, files: Mapping[str, Path], console: Console) -> BuildPlan:
    """Check that the files of a wheel, given by their places in it, fit its tag.

    Returns the plan, with the tag that was found out if the configuration wants that.

    :raises WheelError: they do not fit, are not those that the configuration expects, or have
        names that installers do not take.
    """
    problems = [
        *check_contents(files, plan.wheel.expect, plan.wheel.forbid),
        *name_problems(files, plan.metadata.base_name),
    ]
    if problems:
        raise WheelError.from_problems(problems)
    if plan.wheel.verify == "off" and not plan.tag_follows_build:
        return plan
    ignored = Ignored.of(plan.wheel.verify_ignore)
    ignored.check(files)
    unchecked = ignored.files(files)
    skipped = frozenset(unchecked)
    reports = read_files({place: path for place, path in files.items() if place not in skipped})
    circumstances = _circumstances(plan, reports, files)
    if plan.stable_abi_follows_build:
        oldest = oldest_cpython(reports)
        plan = plan.with_stable_abi(oldest)
        console.info(f"python tag: {'.'.join(plan.tag.pythons)} (the stable ABI that is used)")
    if plan.platform_follows_build:
        host_tags = plan.config.host_platform.platform_tags
        found = lowest_tags(reports, host_tags, files, circumstances)
        plan = plan.with_lowest_tags(found.platforms)
        console.info(f"platform tag: {'.'.join(found.platforms)} ({found.reason})")
    if plan.wheel.verify == "off":
        return plan
    findings = check_wheel(
        plan.tag,
        reports,
        places=files,
        unchecked=unchecked,
        circumstances=circumstances,
    ).findings
    if has_own_runtimes(plan):
        findings = (*findings, *separate_runtimes(reports, files))
    findings = (*findings, *check_scripts(files))
    if plan.main_pass:
        from .checks.headers import check_headers

        for one in plan.main_passes:
            findings = (*findings, *check_headers(plan, one))
    findings = (*ignored.notes(unchecked), *ignored.applied_to(findings))
    _report(plan, grouped(findings), console)
    return plan


def _circumstances(
    plan: BuildPlan, reports: Iterable[FileReport], files: Mapping[str, Path]
) -> Circumstances:
    sources = [path for place, path in files.items() if place.endswith(".py")]
    has_dlls = any(report.binary.format == PE for report in reports)
    module = plan.module.name.partition(".")[0]
    return Circumstances(
        project_module=module,
        import_names=declared_names(plan.metadata.text) | {module},
        host_suffixes=(plan.config.host_platform.ext_suffix,),
        build_dirs=_build_dirs(plan),
        compile_flags=_compile_flags(plan),
        external_libraries=plan.absent_libraries,
        adds_dll_directories=has_dlls
        and adds_dll_directories(path.read_bytes() for path in sources),
        loads_by_suffix=loads_by_suffix(reports, (path.read_bytes() for path in sources)),
    )


def name_problems(files: Iterable[str], base_name: str) -> tuple[Problem, ...]:
    """Return what is wrong with the places of files that are to be packed, besides RECORD.

    ``base_name`` is the name and version of the wheel.
    """
    names = (*files, f"{base_name}{DIST_INFO}/RECORD")
    return tuple(found.shown for found in grouped(check_names(names, base_name)))


def _build_dirs(plan: BuildPlan) -> tuple[str, ...]:
    """Return the directories that do not exist where the wheel will be used."""
    directories = [plan.config.project_dir, *(p.install_prefix for p in plan.passes)]
    directories += plan.build_dirs
    if plan.main_pass and plan.main_pass.cross:
        sysroot = sysroot_of(plan.main_pass.cross.python)
        directories += [sysroot] if sysroot and sysroot.name else []
    return tuple(directory.as_posix() for directory in directories)


def _compile_flags(plan: BuildPlan) -> tuple[str, ...]:
    """Return the flags that the sources of every configuration are compiled with."""
    configurations = [one for each in plan.main_passes for one in each.configurations]
    caches = [read_cache(configuration.build_dir) for configuration in configurations]
    values = [cache.get(f"CMAKE_{name}_FLAGS", "") for cache in caches for name in ("C", "CXX")]
    return tuple(dict.fromkeys(flag for value in values for flag in value.split()))


def _report(plan: BuildPlan, findings: tuple[Finding, ...], console: Console) -> None:
    """Print what is found, or raise it, as strictly as the configuration wants it."""
    errors = of_severity(findings, Severity.ERROR)
    warnings = of_severity(findings, Severity.WARNING)
    if plan.wheel.verify == "warn":
        warnings, errors = (*errors, *warnings), ()
    for found in of_severity(findings, Severity.NOTE):
        console.info(str(found.shown))
    for found in warnings:
        console.warning(str(found.shown))
    if not errors:
        return
    advice = Problem(
        f"the wheel would be broken on {', '.join(plan.tag.platforms)}",
        hint="the toolchain file and the description of the host system's Python (arch,"
        " version, soabi, include_dir) must fit each other; files that are data here belong"
        " into `wheel.verify_ignore`",
    )
    raise WheelError.from_problems((*(found.shown for found in errors), advice))
