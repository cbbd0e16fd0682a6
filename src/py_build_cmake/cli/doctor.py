"""``py-build-cmake doctor``: what is installed, and what is missing for what."""

from __future__ import annotations

import json
import shlex
import subprocess
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .. import __version__
from ..base.errors import Error
from ..base.records import dataclass
from ..building.wheel import load_project, program_requirements
from ..cmake.programs import find_program, program_version
from ..config.schema import MINIMUM_CMAKE, TOOLCHAINS
from ..project.cache_keys import cache_key_advice, uses_uv
from ..project.external import BUILD, read_external
from ..project.plan import forgotten_cmake, make_plan
from ..toolchains.registry import native_toolchains, toolchain_of
from .cross.list import linux_platforms
from .options import example, json_option, open_session, source_options
from .terminal import ERROR_STYLE, GOOD_STYLE, open_screen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import rich.console

    from ..config.schema import ProjectConfig
    from ..platforms.build_machine import BuildMachine
    from ..project.external import ExternalNeed
    from .options import ProgramOptions

_DISTRIBUTION = "py-build-cmake"
_UV = "uv"
# Programs that are of use, and what for.
_PROGRAMS = (
    ("cmake", f"all builds; at least {MINIMUM_CMAKE} (pip and build install it if it is missing)"),
    ("ninja", "builds with the generator Ninja (installed if it is missing)"),
    ("make", "builds with Makefiles"),
    *(
        (name, f"compiling again what was compiled before (`cmake.compiler_launcher` = {name!r})")
        for name in ("ccache", "sccache")
    ),
    ("distcc", "compiling on other machines (`cmake.compiler_launcher` = 'distcc')"),
    ("stubgen", "stubs, with `stubgen` in the configuration (installed if it is missing)"),
)
_COMPILERS = (
    ("C compiler", "CC", ("cc", "gcc", "clang", "cl"), "compiling C"),
    ("C++ compiler", "CXX", ("c++", "g++", "clang++", "cl"), "compiling C++"),
    ("Fortran compiler", "FC", ("gfortran", "flang", "ifx"), "compiling Fortran"),
)
# The names of PEP 725 for languages, and programs that compile them.
_LANGUAGES = {
    "c": _COMPILERS[0][2],
    "cxx": _COMPILERS[1][2],
    "fortran": _COMPILERS[2][2],
    "rust": ("rustc",),
    "cuda": ("nvcc",),
}
_PKG_CONFIG = "pkg-config"
_PACKAGES = (
    ("pip", "installing, `pip wheel`"),
    ("build", "`python -m build`"),
)


@dataclass(frozen=True)
class Prerequisite:
    """Something that was looked for: its version (empty: missing), where it is, what it is for.

    ``is_needed`` is whether nothing can be built without it; ``advice`` says what to do about it.
    """

    group: str
    name: str
    version: str
    place: str
    purpose: str
    is_needed: bool = False
    advice: str = ""

    @property
    def is_bad(self) -> bool:
        """Whether something that every build needs is missing or wrong."""
        return self.is_needed and bool(self.advice)


def examine(machine: BuildMachine, *, needs_compiler: bool = True) -> list[Prerequisite]:
    """Look for everything that builds can use.

    ``needs_compiler`` is whether one is used that a toolchain file or zig does not bring.
    """
    return [
        *_python(machine),
        *_dependencies(),
        *_programs(machine),
        *_compilers(machine, needs_compiler=needs_compiler),
        *_cross(machine),
    ]


def _python(machine: BuildMachine) -> Iterator[Prerequisite]:
    place = str(machine.executable)
    yield Prerequisite("Python", _DISTRIBUTION, __version__, "", "this program")
    yield Prerequisite(
        "Python", machine.implementation_name, machine.python_version, place, "all builds"
    )
    header = (machine.include_dir or Path("include")) / "Python.h"
    found = header.is_file()
    yield Prerequisite(
        "Python",
        "Python.h",
        machine.python_version if found else "",
        str(header),
        "extension modules for this Python",
        is_needed=True,
        advice="" if found else "install the headers of Python (python3-dev on Debian)",
    )
    toolchains = (toolchain_of(name) for name in TOOLCHAINS)
    packages = (package for each in toolchains for package in each.packages.items())
    for name, purpose in (*_PACKAGES, *packages):
        version = _version(name)
        yield Prerequisite("Python", name, version or "", "", purpose)


def _dependencies() -> Iterator[Prerequisite]:
    """Yield the packages that this program requires, by the metadata of its installation."""
    from packaging.requirements import Requirement

    try:
        requires = metadata.requires(_DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        # Run from a checkout.
        return
    for requirement in map(Requirement, requires):
        extra = next((e for e in ("cli", "") if _applies(requirement, e)), None)
        if extra is None:
            continue
        version = _version(requirement.name)
        fits = version is not None and requirement.specifier.contains(version, prereleases=True)
        yield Prerequisite(
            "dependencies",
            requirement.name,
            version or "",
            "",
            "this program" if _applies(requirement, "") else "the command line",
            is_needed=True,
            advice="" if fits else f"install '{requirement.name}{requirement.specifier}'",
        )


def _applies(requirement: Any, extra: str) -> bool:
    return requirement.marker is None or bool(requirement.marker.evaluate({"extra": extra}))


def _programs(machine: BuildMachine) -> Iterator[Prerequisite]:
    for name, purpose in _PROGRAMS:
        yield _program("programs", name, [name], machine, purpose)


def _compilers(machine: BuildMachine, *, needs_compiler: bool) -> Iterator[Prerequisite]:
    for name, variable, candidates, purpose in _COMPILERS:
        said = shlex.split(machine.environ.get(variable, ""))[:1]
        is_needed = needs_compiler and (variable == "CC" or bool(said))
        found = _program("compilers", name, said or candidates, machine, purpose)
        advice = ""
        if said and not found.place:
            advice = f"{variable} names {said[0]}, which was not found"
        elif is_needed and not found.place:
            advice = "install a compiler, name it in CC, or write `cmake.toolchain` = 'zig'"
        yield Prerequisite(
            *(found.group, found.name, found.version, found.place, found.purpose),
            is_needed=is_needed,
            advice=advice,
        )


def _cross(machine: BuildMachine) -> Iterator[Prerequisite]:
    # One program can be for several machines.
    machines: dict[tuple[str, str], list[str]] = {}
    for target in linux_platforms(machine):
        if target.machine != machine.architecture:
            found = [("compiling for", path) for path in target.compilers[:1]]
            found += [("running what is for", path) for path in target.emulators[:1]]
            for use in found:
                machines.setdefault(use, []).append(f"linux_{target.machine}")
    for (verb, path), names in machines.items():
        yield _program("cross", Path(path).name, [path], machine, f"{verb} {', '.join(names)}")


def _external(needs: Sequence[ExternalNeed], machine: BuildMachine) -> Iterator[Prerequisite]:
    """Look for what the project says that it needs from elsewhere (PEP 725).

    Libraries are asked of pkg-config, which does not know all; in cross builds, those of this
    machine would say nothing.
    """
    for need in needs:
        purpose = f"this project (`external.{need.key}`)"
        if need.key == BUILD and need.type in ("generic", "virtual"):
            names = _LANGUAGES.get(need.language, (need.name,))
            yield _program("external", need.text, names, machine, purpose)
        else:
            version = _library_version(need, machine)
            yield Prerequisite("external", need.text, version, "", purpose)


def _library_version(need: ExternalNeed, machine: BuildMachine) -> str:
    """Return the version that pkg-config knows of a library; empty if it knows none."""
    program = find_program(_PKG_CONFIG, machine)
    if program is None or need.type != "generic":
        return ""
    for name in (need.name, f"lib{need.name}"):
        done = subprocess.run(
            [str(program), "--modversion", name],
            env=dict(machine.environ),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            return done.stdout.strip()
    return ""


def _program(
    group: str, name: str, candidates: Sequence[str], machine: BuildMachine, purpose: str
) -> Prerequisite:
    for candidate in candidates:
        path = find_program(candidate, machine)
        if path:
            version = program_version(candidate, machine) or "(unknown version)"
            return Prerequisite(group, name, version, str(path), purpose)
    return Prerequisite(group, name, "", "", purpose)


def _version(name: str) -> str | None:
    from packaging.utils import canonicalize_name

    try:
        # Before Python 3.10, the metadata of names with a dot are only found under this form.
        return metadata.version(canonicalize_name(name))
    except metadata.PackageNotFoundError:
        return None


@click.command(
    short_help="Show what builds use here, and what is missing.",
    epilog=example("py-build-cmake doctor", "py-build-cmake doctor --json"),
)
@source_options
@json_option()
@click.pass_obj
def doctor(common: ProgramOptions, /, *, wants_json: bool, **more: Any) -> None:
    """Show the versions of everything that builds use, and what is missing for what.

    In the directory of a project, also what its build would have to install first. The exit
    status is 1 if something is missing that every build needs.
    """
    session = open_session(common, more)
    machine = session.machine
    requirements, needs_compiler, mistakes = None, True, None
    needs: tuple[ExternalNeed, ...] = ()
    if (session.project_dir / "pyproject.toml").is_file():
        try:
            config = load_project(session)
            needs = read_external(session.project_dir)
            for warning in (*forgotten_cmake(config), _advice_for_uv(config, machine)):
                if warning:
                    session.console.warning(warning)
            requirements = program_requirements(config, machine)
            needs_compiler = None in native_toolchains(config)
        except Error as e:
            # What the machine has may be why; it is shown first.
            mistakes = e
    findings = examine(machine, needs_compiler=needs_compiler)
    findings += _external(needs, machine)
    if wants_json:
        document = {
            "platform": machine.platform_tag,
            "findings": [asdict(finding) for finding in findings],
            "project_requires": requirements,
            "errors": [problem.as_json() for problem in (mistakes.problems if mistakes else ())],
        }
        click.echo(json.dumps(document, indent=2))
    else:
        _print(open_screen(machine.environ), machine, findings, requirements)
    if mistakes:
        session.console.error(mistakes)
    if mistakes or any(finding.is_bad for finding in findings):
        raise SystemExit(1)


def _advice_for_uv(config: ProjectConfig, machine: BuildMachine) -> str:
    """Return what uv should know of the project, if it is here or the project is meant for it."""
    if find_program(_UV, machine) or uses_uv(config.project_dir):
        return cache_key_advice(make_plan(config, machine))
    return ""


def _print(
    screen: rich.console.Console,
    machine: BuildMachine,
    findings: Sequence[Prerequisite],
    requirements: Sequence[str] | None,
) -> None:
    import rich.box
    import rich.table
    import rich.text

    screen.print(f"{machine.platform_tag}, {machine.cpus} processors")
    for group in dict.fromkeys(finding.group for finding in findings):
        table = rich.table.Table(box=rich.box.SIMPLE, title=group, title_justify="left")
        for title in ("name", "version", "for", "where"):
            table.add_column(title, overflow="fold")
        for finding in findings:
            if finding.group == group:
                style = ERROR_STYLE if finding.is_bad else "" if finding.version else "dim"
                version = finding.version or ("missing" if group != "external" else "not found")
                cells = (finding.name, version, finding.purpose, finding.place)
                table.add_row(*(rich.text.Text(cell) for cell in cells), style=style)
        screen.print(table)
    for finding in findings:
        if finding.advice:
            style = ERROR_STYLE if finding.is_bad else ""
            screen.print(f"{finding.name}: {finding.advice}", style=style, soft_wrap=True)
    if requirements is not None:
        names = ", ".join(requirements) or "nothing"
        screen.print(f"this project's build would first install: {names}", soft_wrap=True)
    if not any(finding.is_bad for finding in findings):
        screen.print("nothing that every build needs is missing", style=GOOD_STYLE)
