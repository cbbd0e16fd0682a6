"""Stubs as a wheel of their own, for every system, from the native build of a main project.

The layout of a stub package, which files it has and what is missing, follows PEP 561.
"""

from __future__ import annotations

import ast
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from ..archive.dist_info import check_announced, write_dist_info
from ..archive.reproducible import Packing
from ..base.errors import Problem, ProjectError, WheelError
from ..building.staging import copy_files, empty_directory
from ..building.steps import main_steps, native_steps
from ..building.stubgen import generate_stubs
from ..building.wheel import pack_wheel
from ..config.companions import load_stubs
from ..platforms.pythons import soabi_of_module
from ..platforms.tags import PURE_TAG
from ..project.files import tree_files
from ..verify.staged import name_problems
from .companion_metadata import stubs_metadata
from .companion_sdist import write_companion_sdist
from .main_project import (
    alone,
    files_in_full,
    main_requirements,
    main_session,
    plan_main,
    run_main_steps,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from ..building.session import Session
    from ..config.companions import StubsProject
    from ..project.metadata import CoreMetadata
    from ..project.plan import BuildPlan, CMakePass


_HINT = (
    "make a stub, as nanobind_add_stub() and the table `stubgen` of the main project do, or set"
    " `partial = true` if some modules have none"
)


def stub_files(tree: Path, packages: Iterable[str], *, partial: bool) -> dict[str, bytes]:
    """Return the stubs of packages and modules in an installed tree, by their places in a wheel.

    A stub package is complete (PEP 561): type checkers report modules that it lacks as missing. A
    module in Python without a stub is therefore its own stub, and an extension module without one
    is an error, unless the package is ``partial``.

    :raises ProjectError: stubs are missing; all of them are reported.
    """
    installed = tree_files(tree)
    files: dict[str, bytes] = {}
    problems: list[Problem] = []
    for package in packages:
        found = _stubs_of(package, installed)
        if not partial:
            problems += _complete(package, installed, found)
        if not found:
            message = f"the main project has no stubs for {package!r}"
            problems.append(Problem(message, hint=_HINT))
        top = f"{package.partition('.')[0]}-stubs"
        files.update({f"{top}/{place}": data for place, data in found.items()})
        if partial:
            files[f"{top}/py.typed"] = b"partial\n"
    if problems:
        raise ProjectError.from_problems(problems)
    return dict(sorted(files.items()))


def _below(package: str, installed: Mapping[str, Path]) -> dict[str, Path]:
    """Return what belongs to a package, by its place below the package's top directory.

    A module that is a file becomes a package: there are no stubs outside of a directory.
    """
    parts = package.split(".")
    inside = {}
    for place, path in installed.items():
        head, *rest = PurePosixPath(place).parts
        if rest and [head, *rest][: len(parts)] == parts:
            inside["/".join(rest)] = path
        elif not rest and len(parts) == 1 and head.partition(".")[0] == package:
            inside[f"__init__{head[len(package) :]}"] = path
    return inside


def _stubs_of(package: str, installed: Mapping[str, Path]) -> dict[str, bytes]:
    return {
        # The same line ends, and so the same bytes, on every system.
        place: path.read_bytes().replace(b"\r\n", b"\n")
        for place, path in _below(package, installed).items()
        if place.endswith(".pyi")
    }


def _complete(
    package: str, installed: Mapping[str, Path], stubs: dict[str, bytes]
) -> Iterable[Problem]:
    """Add stubs for the modules in Python that have none."""
    inside = _below(package, installed)
    for place, path in inside.items():
        extension = soabi_of_module(PurePosixPath(place).name)
        if place.endswith(".py") and not _has_stub(place[:-3], stubs):
            stubs[f"{place}i"] = source_as_stub(path.read_bytes(), place)
        elif extension and extension[0].isidentifier():
            module = str(PurePosixPath(place).with_name(extension[0]))
            if not _has_stub(module, stubs):
                yield Problem("the extension module has no stub", path.name, _HINT)


def _has_stub(module: str, stubs: Mapping[str, bytes]) -> bool:
    return f"{module}.pyi" in stubs or f"{module}/__init__.pyi" in stubs


def source_as_stub(source: bytes, place: str) -> bytes:
    """Make a stub of a module's source: the same text, but what it imports is exported.

    In a stub, ``from .m import f`` is private and ``from .m import f as f`` is not (PEP 484).

    :raises ProjectError: it is not valid Python.
    """
    text = source.replace(b"\r\n", b"\n")
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError) as e:
        raise ProjectError(f"is not valid Python: {e}", where=place) from None
    lines = text.split(b"\n")
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    for node in reversed(imports):
        if node.module != "__future__" and node.names[0].name != "*":
            first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
            before, after = lines[first][: node.col_offset], lines[last][node.end_col_offset :]
            lines[first : last + 1] = [before + _exporting(node).encode() + after]
    return b"\n".join(lines)


def _exporting(node: ast.ImportFrom) -> str:
    """Write an import that exports what it imports under its own name, unless that is private."""
    names = []
    for alias in node.names:
        exported = alias.asname or ("" if alias.name.startswith("_") else alias.name)
        names.append(f"{alias.name} as {exported}" if exported else alias.name)
    return f"from {'.' * node.level}{node.module or ''} import {', '.join(names)}"


# Members are not compressed, because implementations of zlib compress to different bytes.
_STORED = 0


def requirements_for_wheel(session: Session) -> list[str]:
    """Return what has to be installed before the main project can be built."""
    return main_requirements(main_session(session, _load(session).companion), stubs=True)


def announce_metadata(session: Session, directory: Path) -> str:
    """Write the dist-info directory that the wheel will have; return its name."""
    _, _, metadata = _plan(session)
    return write_dist_info(directory, metadata, PURE_TAG, None)


def build_wheel(session: Session, directory: Path, announced: Path | None) -> str:
    """Build the main project for this machine and pack its stubs; return the wheel's file name.

    :raises Error: the configuration is wrong, a command failed, or a module has no stub.
    """
    packing = Packing.on(session.machine, _STORED)
    project, main, metadata = _plan(session)
    name = f"{metadata.base_name}-{PURE_TAG}.whl"
    with tempfile.TemporaryDirectory() as temporary, _native_tree(session, main) as tree:
        staging = Path(temporary)
        packages = project.stubs.packages or (main.module.name,)
        for place, data in stub_files(tree, packages, partial=project.stubs.partial).items():
            path = staging / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        dist_info = write_dist_info(staging, metadata, PURE_TAG, None)
        if announced is not None:
            check_announced(announced, staging / dist_info)
        files = tree_files(staging)
        if problems := name_problems(files, metadata.base_name):
            raise WheelError.from_problems(problems)
        path = directory / name
        pack_wheel(path, files, dist_info=dist_info, packing=packing, console=session.console)
    return name


def build_sdist(session: Session, directory: Path) -> str:
    """Pack the project and the sources of the main project; return the archive's name."""
    project, main, metadata = _plan(session)
    return write_companion_sdist(session, project.companion, metadata, main, directory)


def _load(session: Session) -> StubsProject:
    return load_stubs(session.project_dir, session.settings, session.machine.environ)


def _plan(session: Session) -> tuple[StubsProject, BuildPlan, CoreMetadata]:
    project = _load(session)
    main = plan_main(main_session(session, project.companion), native=True)
    main = _with_components(main, project.stubs.install_components)
    return project, main, stubs_metadata(project.companion, main)


def _with_components(plan: BuildPlan, components: tuple[str, ...]) -> BuildPlan:
    """Return a plan whose native build installs more components."""

    def more(cmake_pass: CMakePass | None) -> CMakePass | None:
        configurations = (
            replace(
                configuration,
                config=replace(
                    configuration.config,
                    install_components=(*configuration.config.install_components, *components),
                ),
            )
            for configuration in (cmake_pass.configurations if cmake_pass else ())
        )
        return replace(cmake_pass, configurations=tuple(configurations)) if cmake_pass else None

    if plan.native_pass:
        return replace(plan, native_pass=more(plan.native_pass))
    return replace(plan, main_pass=more(plan.main_pass))


@contextmanager
def _native_tree(session: Session, main: BuildPlan) -> Iterator[Path]:
    """Provide what a native wheel of the main project would have, with stubs.

    If the environment asks for a cross build, only the native pre-build is made.
    """
    native = main.native_pass or main.main_pass
    with alone(session, main), tempfile.TemporaryDirectory() as temporary:
        tree = Path(temporary)
        copy_files(dict(main.module.files()), tree)
        with files_in_full(main.config.project_dir):
            if native:
                empty_directory(native.install_prefix)
                if main.native_pass:
                    steps = native_steps(main, session.runner, session.console)
                else:
                    steps = main_steps(main, session.runner, session.console)
                run_main_steps(session, main, steps)
                copy_files(tree_files(native.install_prefix), tree)
            if main.config.stubgen:
                generate_stubs(main, main.config.stubgen, tree, session.runner, session.console)
        yield tree
