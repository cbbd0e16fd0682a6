"""Stubs as a wheel of their own, for every system, from the native build of a main project."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..archive.distinfo import check_announced, write_dist_info
from ..archive.reproducible import Packing, archive_time
from ..archive.wheel import write_wheel
from ..config.companions import load_stubs
from ..project.files import tree_files
from ..stages import main_steps, native_steps
from ..staging import copy_files, empty_directory
from ..stubs import generate_stubs
from ..tags import PURE_TAG
from .main_project import alone, main_requirements, main_session, plan_main, run_main_steps
from .metadata import stubs_metadata
from .sdist import write_companion_sdist
from .stub_package import stub_files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..backend import Session
    from ..config.companions import StubsProject
    from ..plan import BuildPlan, CMakePass
    from ..project.metadata import CoreMetadata

# Members are not compressed: different implementations of zlib make different bytes.
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
    packing = Packing(archive_time(session.build.environ), _STORED)
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
        directory.mkdir(parents=True, exist_ok=True)
        files = tree_files(staging)
        write_wheel(directory / name, files, dist_info=dist_info, packing=packing)
    return name


def build_sdist(session: Session, directory: Path) -> str:
    """Pack the project and the sources of the main project; return the archive's name."""
    project, main, metadata = _plan(session)
    return write_companion_sdist(session, project.companion, metadata, main, directory)


def _load(session: Session) -> StubsProject:
    return load_stubs(session.project_dir, session.settings, session.build.environ)


def _plan(session: Session) -> tuple[StubsProject, BuildPlan, CoreMetadata]:
    project = _load(session)
    main = plan_main(main_session(session, project.companion), native=True)
    main = _with_components(main, project.stubs.install_components)
    return project, main, stubs_metadata(project.companion, main)


def _with_components(plan: BuildPlan, components: tuple[str, ...]) -> BuildPlan:
    """Return a plan that installs more components natively."""

    def more(cmake_pass: CMakePass | None) -> CMakePass | None:
        builds = (
            replace(
                build,
                config=replace(
                    build.config,
                    install_components=(*build.config.install_components, *components),
                ),
            )
            for build in (cmake_pass.builds if cmake_pass else ())
        )
        return replace(cmake_pass, builds=tuple(builds)) if cmake_pass else None

    if plan.native_pass:
        return replace(plan, native_pass=more(plan.native_pass))
    return replace(plan, main_pass=more(plan.main_pass))


@contextmanager
def _native_tree(session: Session, main: BuildPlan) -> Iterator[Path]:
    """Provide what a native wheel of the main project would have, with stubs.

    Where the surroundings want a cross build, only what precedes that is built.
    """
    native = main.native_pass or main.main_pass
    with alone(session, main), tempfile.TemporaryDirectory() as temporary:
        tree = Path(temporary)
        copy_files(dict(main.module.files()), tree)
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
