"""What the hooks do: load the configuration, plan, run the stages, verify, pack."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..archive.reproducible import Packing
    from ..base.console import Console
    from ..config.schema import ProjectConfig
    from ..platforms.build_machine import BuildMachine
    from ..project.metadata import CoreMetadata
    from ..project.plan import BuildPlan
    from .session import Session
    from .steps import Step


def requirements_for_wheel(session: Session) -> list[str]:
    """Return what has to be installed before a wheel can be built."""
    return program_requirements(
        load_project(session), session.machine, makes_wheel=not session.editable
    )


def program_requirements(
    config: ProjectConfig, machine: BuildMachine, *, stubs: bool = True, makes_wheel: bool = True
) -> list[str]:
    """Return the programs that a build needs and that are missing or too old.

    ``stubs`` is whether it runs the program that generates stubs, if the project uses it;
    ``makes_wheel`` is whether libraries and a bill of materials are put into a wheel, if the
    project wants that.
    """
    from ..cmake.programs import missing_programs
    from ..toolchains.registry import toolchain_requirements

    configurations = [cmake for _, cmake in config.host_tables.cmake]
    if config.cross and config.cross.wants_native_build:
        configurations += [cmake for _, cmake in config.native_tables.cmake]
    return [
        *config.build_requires,
        *metadata_requirements(config),
        *missing_programs(configurations, machine, stubs=stubs and config.stubgen is not None),
        *toolchain_requirements(config, machine),
        *(_requirements_of_contents(config, machine) if makes_wheel else ()),
    ]


def _requirements_of_contents(config: ProjectConfig, machine: BuildMachine) -> list[str]:
    """Return what has to be installed for what is added to a wheel when it has been built."""
    requirements: list[str] = []
    if config.host_tables.wheel.repair != "off":
        from .repair import repair_requirements

        requirements += repair_requirements(config, machine)
    if config.host_tables.wheel.sbom:
        from .sbom import REQUIREMENT

        requirements.append(REQUIREMENT)
    return requirements


def requirements_for_sdist(session: Session) -> list[str]:
    """Return what has to be installed before a source distribution can be made."""
    return metadata_requirements(load_project(session))


def metadata_requirements(config: ProjectConfig) -> list[str]:
    """Return what the dynamic metadata of a project are found out with."""
    from ..config.sources import has_plugins, is_unpacked_sdist

    requirements: list[str] = []
    if config.dynamic.version == "git" and not is_unpacked_sdist(config.project_dir):
        from ..project.scm import REQUIREMENT

        requirements.append(REQUIREMENT)
    if config.project.get("dynamic") and has_plugins(config.project_dir):
        from ..project.plugins import requirements_of_plugins

        requirements += requirements_of_plugins(config.project_dir)
    return requirements


def announce_metadata(session: Session, directory: Path) -> str:
    """Write the dist-info directory that the wheel will have; return its name.

    If the tag depends on the compiled files, this compiles the project. The later build of the
    wheel then reuses the compiled files.
    """
    from ..archive.dist_info import write_dist_info

    plan = _plan_of_wheel(session, "metadata_editable" if session.editable else "metadata_wheel")
    if plan.tag_follows_build:
        progress = _Progress.of(session, plan, packs=False)
        with _staging(plan, session.console) as staging:
            plan, _, _ = _fill_staging(session, plan, staging, None, progress)
    return write_dist_info(directory, plan.metadata, plan.tag, plan.wheel.build_tag)


def build_wheel(session: Session, directory: Path, announced: Path | None) -> str:
    """Build a wheel into ``directory`` and return its file name.

    ``announced`` is the dist-info directory that the front end was given before, if it was.

    :raises Error: the configuration is wrong, a command failed, or what was built does not make
        a correct wheel.
    """
    from ..archive.reproducible import Packing
    from .import_test import import_modules

    plan = _plan_of_wheel(session)
    packing = Packing.on(session.machine, plan.wheel.compression_level)
    for note in plan.notes:
        session.console.info(note)
    write_generated_sources(plan)
    progress = _Progress.of(session, plan, packs=True)
    with _staging(plan, session.console) as staging:
        plan, dist_info, files = _fill_staging(session, plan, staging, announced, progress)
        import_modules(plan, staging, files, session.runner, session.console)
        progress.begin(f"pack {plan.wheel_name}")
        path = directory / plan.wheel_name
        packing = replace(packing, last=_last_wheel(plan))
        pack_wheel(path, files, dist_info=dist_info, packing=packing, console=session.console)
    return path.name


def _last_wheel(plan: BuildPlan) -> Path | None:
    """Return where the last wheel is kept; None without a build directory."""
    main = plan.main_pass
    if main is None:
        return None
    folder = main.install_prefix.parent
    if any(configuration.config.fresh for configuration in main.configurations):
        from ..archive.last_wheel import forget

        forget(folder)
    return folder


def build_editable(session: Session, directory: Path, announced: Path | None) -> str:
    """Build an editable wheel into ``directory`` and return its file name.

    The contents of an ordinary wheel are built and verified first, from the same staging directory,
    so that both work alike.

    :raises Error: as :func:`build_wheel`, or the wheel cannot be editable.
    """
    from tempfile import TemporaryDirectory

    from ..archive.reproducible import Packing
    from ..editable.install import begin_install, finish_install
    from ..editable.layout import make_layout
    from ..editable.recording import RecordingRunner

    plan = _plan_of_wheel(session)
    packing = Packing.on(session.machine, plan.wheel.compression_level)
    for note in plan.notes:
        session.console.info(note)
    write_generated_sources(plan)
    layout = make_layout(plan)
    if layout.tree:
        mark_cache(plan.config.project_dir)
    recorder = RecordingRunner(session.runner, session.machine.environ)
    recorded = replace(session, runner=recorder)
    progress = _Progress.of(recorded, plan, packs=True)
    with (
        _staging(plan, session.console) as staging,
        TemporaryDirectory() as scratch,
    ):
        install = begin_install(plan, layout, recorder)
        plan, dist_info, files = _fill_staging(recorded, plan, staging, announced, progress)
        progress.begin(f"pack {plan.wheel_name}")
        contents = finish_install(install, files, Path(scratch), session.console)
        path = directory / plan.wheel_name
        pack_wheel(path, contents, dist_info=dist_info, packing=packing, console=session.console)
    return path.name


def pack_wheel(
    path: Path,
    files: Mapping[str, Path],
    *,
    dist_info: str,
    packing: Packing,
    console: Console,
) -> None:
    """Pack files into the wheel ``path``, make its directory, and report files that are copies."""
    from ..archive.copies import describe_copies
    from ..archive.wheel_writer import write_wheel

    path.parent.mkdir(parents=True, exist_ok=True)
    packed = write_wheel(path, files, dist_info=dist_info, packing=packing)
    for sentence in describe_copies(packed):
        console.info(sentence)


def build_sdist(session: Session, directory: Path) -> str:
    """Pack the project's sources into ``directory`` and return the archive's name."""
    from ..config.checkouts import settings_not_packed
    from ..project.sdist_files import included_files, sdist_notes, sdist_warnings, select_sdist

    plan = _plan(session, "sdist")
    write_generated_sources(plan)
    selected = select_sdist(plan, directory)
    files = included_files(selected)
    lost = settings_not_packed(plan.config.project_dir, session.machine.environ, files)
    for warning in (*sdist_warnings(plan, selected), *lost):
        session.console.warning(warning)
    for note in sdist_notes(plan, selected):
        session.console.info(note)
    return pack_sdist(session, plan.metadata, files, directory, plan.sdist_records)


def write_generated_sources(plan: BuildPlan) -> None:
    """Write the files in the project directory that are made from templates."""
    if plan.generated:
        from .generated import write_sources

        write_sources(plan)


def pack_sdist(
    session: Session,
    metadata: CoreMetadata,
    files: Mapping[str, Path],
    directory: Path,
    records: Mapping[str, str],
) -> str:
    """Pack files and, in place of files, ``records`` into a source distribution in ``directory``,
    which is made; return its name.
    """
    from ..archive.reproducible import Packing
    from ..archive.sdist_writer import write_sdist
    from ..config.sources import PKG_INFO

    name = f"{metadata.base_name}.tar.gz"
    directory.mkdir(parents=True, exist_ok=True)
    packing = Packing.on(session.machine)
    write_sdist(
        directory / name,
        {place: path for place, path in files.items() if place not in records},
        top=metadata.base_name,
        texts={**records, PKG_INFO: metadata.text},
        packing=packing,
    )
    return name


def load_project(session: Session) -> ProjectConfig:
    """Load the configuration of the project. What looks like a secret in it is not printed.

    :raises ConfigError: there are mistakes; all of them are reported, with those of the
        ``[project]`` table.
    """
    from ..base.errors import ConfigError
    from ..config.load import load_config
    from ..config.schema import named_values

    try:
        config = load_config(
            session.project_dir, session.settings, session.machine, editable=session.editable
        )
    except ConfigError as e:
        from ..project.metadata import mistakes_of_pyproject

        known = {problem.place for problem in e.problems}
        others = mistakes_of_pyproject(session.project_dir)
        raise ConfigError.from_problems(
            [*e.problems, *(problem for problem in others if problem.place not in known)]
        ) from e
    session.console.mask.hide_definitions(named_values(config))
    if config.uses_workflows:
        from .workflows import with_workflows

        config = with_workflows(config, session.machine)
    return config


def plan_wheel(session: Session, state: str = "") -> BuildPlan:
    """Plan the wheel that :func:`build_wheel` would build.

    ``state`` is what is asked for, in the words of plugins for metadata, if it is not the wheel.

    :raises Error: the project or its configuration is wrong.
    """
    from ..project.plan import make_plan

    state = state or ("editable" if session.editable else "wheel")
    return make_plan(load_project(session), session.machine, state)


def build_native(session: Session, copy: Path) -> None:
    """Build what precedes the cross build, and copy what it installs for builds that share it.

    :raises Error: as :func:`build_wheel`.
    """
    from .shared_native import copy_native_build
    from .steps import ALONE, native_steps, run_steps

    plan = plan_wheel(session)
    if plan.native_pass is None or plan.log is None:
        return
    prepare_cache(plan, plan.log)
    sharing = session.sharing or ALONE
    with _staging(plan, session.console):
        steps = native_steps(plan, session.runner, session.console, sharing)
        run_steps(steps, session.console)
        copy_native_build(plan.native_pass.install_prefix, copy)


def _plan_of_wheel(session: Session, state: str = "") -> BuildPlan:
    """Plan a wheel, with warnings about settings that an unpacked source distribution lost."""
    from ..config.sources import is_unpacked_sdist

    plan = _plan(session, state)
    if plan.repairs and not session.editable:
        from .repair import repair_tool

        repair_tool(plan.tag.platforms[0], session.machine)
    if is_unpacked_sdist(plan.config.project_dir):
        from ..config.checkouts import check_checkout

        for warning in check_checkout(plan.config, session.settings, session.machine.environ):
            session.console.warning(warning)
    return plan


def _plan(session: Session, state: str = "") -> BuildPlan:
    plan = plan_wheel(session, state)
    if session.editable:
        from ..editable.layout import check_editable

        check_editable(plan)
    for warning in plan.warnings:
        session.console.warning(warning)
    return plan


@dataclass
class _Progress:
    """Numbers the announced steps of a build: the ``steps`` of CMake and those after them."""

    console: Console
    steps: list[Step]
    total: int
    number: int = 0

    @classmethod
    def of(cls, session: Session, plan: BuildPlan, *, packs: bool) -> _Progress:
        """Plan the steps. Those of CMake come first, then stubs, verification and packing."""
        steps: list[Step] = []
        if plan.main_pass:
            from .steps import ALONE, cmake_steps

            sharing = session.sharing or ALONE
            steps = cmake_steps(plan, session.runner, session.console, sharing)
        total = len(steps) + (plan.config.stubgen is not None) + 1 + packs
        total += plan.repairs and not session.editable
        return cls(session.console, steps, total)

    def begin(self, title: str) -> None:
        self.number += 1
        self.console.step(self.number, self.total, title)


@contextmanager
def _staging(plan: BuildPlan, console: Console) -> Iterator[Path]:
    """Provide the empty staging directory.

    With CMake, it is a stable one in the build directory: its path is in CMake's cache, and a
    new one would make CMake configure, and projects that compile it in, build again.
    """
    from tempfile import TemporaryDirectory

    from .staging import exclusive

    if plan.main_pass:
        from .kept import set_aside

        staging = plan.main_pass.install_prefix
        with exclusive(staging.with_name("lock"), console):
            set_aside(plan)
            yield staging
    else:
        with TemporaryDirectory() as temporary:
            yield Path(temporary)


def _fill_staging(
    session: Session, plan: BuildPlan, staging: Path, announced: Path | None, progress: _Progress
) -> tuple[BuildPlan, str, Mapping[str, Path]]:
    """Build everything into staging, and verify that it fits the tag.

    Returns the plan with the final tag, the dist-info name, and the files of the wheel.
    """
    from tempfile import TemporaryDirectory

    from ..archive.dist_info import check_announced, write_dist_info
    from ..base.errors import WheelError
    from ..project.files import check_files, tree_files
    from ..project.module import without_compiled
    from ..verify.staged import prove
    from .staging import check_something_installed, copy_files

    sources = dict(plan.module.files())
    if plan.main_pass:
        sources, warnings = without_compiled(
            sources, plan.config.project_dir, plan.config.host_platform
        )
        for warning in warnings:
            session.console.warning(warning)
    if _stages_module(plan):
        copy_files(sources, staging)
        sources = {}
    dist_info = write_dist_info(staging, plan.metadata, plan.tag, plan.wheel.build_tag)
    with TemporaryDirectory() as temporary:
        # So overwritten files are noticed even if the front end did not ask for the metadata.
        written = Path(temporary)
        write_dist_info(written, plan.metadata, plan.tag, plan.wheel.build_tag)
        if announced is not None and not plan.tag_follows_build:
            check_announced(announced, written / dist_info)
        before = tree_files(staging)
        if plan.log:
            prepare_cache(plan, plan.log)
        for step in progress.steps:
            progress.begin(step.title)
            step.run()
        check_something_installed(plan, before)
        _make_files(session, plan, staging, sources, progress)
        check_announced(written / dist_info, staging / dist_info)
    files = _selected(session, plan, {**check_files(sources), **tree_files(staging)})
    files = _completed(session, plan, files, staging / dist_info, progress)
    progress.begin(f"verify that the files fit {plan.tag}")
    try:
        proven = prove(plan, files, session.console)
    except WheelError as e:
        if plan.main_pass and plan.main_pass.cross:
            from .cross_check import with_reasons

            raise with_reasons(e, plan, session.console) from e.__cause__
        raise
    if plan.tag_follows_build:
        write_dist_info(staging, plan.metadata, proven.tag, plan.wheel.build_tag)
        if announced is not None:
            check_announced(announced, staging / dist_info)
    return proven, dist_info, files


def _make_files(
    session: Session,
    plan: BuildPlan,
    staging: Path,
    sources: Mapping[str, Path],
    progress: _Progress,
) -> None:
    """Make the files of the wheel that no command of CMake installs. ``sources`` are those of the
    module that are not in the staging directory.
    """
    if plan.generated:
        from .generated import stage_files

        stage_files(plan, staging, sources)
    if plan.config.stubgen:
        from .stubgen import generate_stubs

        progress.begin("generate stubs")
        generate_stubs(plan, plan.config.stubgen, staging, session.runner, session.console)


def _selected(session: Session, plan: BuildPlan, staged: Mapping[str, Path]) -> dict[str, Path]:
    """Return the files of the wheel by their places, before anything is put into them."""
    from ..archive.copies import keep_sonames
    from .selection import wheel_contents

    files = wheel_contents(
        staged,
        plan.wheel,
        plan.config.project_dir,
        plan.metadata.file_name,
        session.console,
    )
    return keep_sonames(files, session.console) if plan.wheel.deduplicate_sonames else files


def _completed(
    session: Session,
    plan: BuildPlan,
    files: dict[str, Path],
    dist_info: Path,
    progress: _Progress,
) -> dict[str, Path]:
    """Return the files of the wheel with what is added because of them: libraries that they need,
    and bills of materials. ``dist_info`` is the directory in the staging directory.
    """
    own = frozenset(files)
    if plan.repairs and not session.editable:
        from .repair import repair_staged

        progress.begin("put libraries that are needed into the wheel")
        files = repair_staged(session, plan, dist_info.parent, files, dist_info.name)
    if plan.wheel.sbom or plan.wheel.sbom_files:
        from .sbom import add_sboms

        grafted = [p for p in files if p not in own and not p.startswith(f"{dist_info.name}/")]
        files = add_sboms(session, plan, files, grafted, dist_info)
    return files


def _stages_module(plan: BuildPlan) -> bool:
    """Whether a step needs the module in the staging directory, or adds to it there. Otherwise its
    files are packed from the sources.
    """
    cross = plan.config.cross
    return bool(plan.main_pass or plan.config.stubgen or (cross and cross.test_import))


def prepare_cache(plan: BuildPlan, log: Path) -> None:
    """Start a new log, and mark the cache."""
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_bytes(b"")
    mark_cache(plan.config.project_dir)


def mark_cache(project_dir: Path) -> None:
    """Mark the cache, if there is one, so that version control and backups leave it out."""
    from ..project.plan import CACHE_FOLDER

    cache = project_dir / CACHE_FOLDER
    if cache.is_dir() and not (cache / ".gitignore").exists():
        (cache / ".gitignore").write_text("*\n")
        # https://bford.info/cachedir/
        (cache / "CACHEDIR.TAG").write_text("Signature: 8a477f597d28d172789f06886806bc55\n")
