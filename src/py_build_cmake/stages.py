"""The stages of a build: native pre-build, cross or native build, installation, copying.

Each stage is made of steps with titles; they are numbered in the log.
"""

from __future__ import annotations

import filecmp
import os
import re
import shutil
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Callable

from .archive.reproducible import archive_time
from .cmake.commands import (
    ConfigureOptions,
    build_commands,
    configure_command,
    installations,
    parallel_level,
    preset_decides_directory,
    visual_studio_platform,
)
from .cmake.cross_find import header_files
from .cmake.environment import cmake_environment
from .cmake.includes import project_includes
from .cmake.install_rules import absolute_rules, installed_files
from .cmake.preload import preload_script
from .cmake.programs import cmake_program
from .cmake.requirements import find_requirements
from .cmake.runner import DryRunner
from .cmake.stale import Surroundings, read_cache, start_afresh, why_stale
from .cmake.variables import cache_entries, generator_of, own_environment
from .errors import CommandError, Problem, ProjectError, WheelError
from .masking import VARIABLE
from .native import is_of_use, take_native_build
from .project.files import compile_patterns, tree_files
from .toolchains.request import named_toolchain
from .verify.wheel import check_machine

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

    from .cmake.commands import Installation
    from .cmake.requirements import Requirements
    from .cmake.runner import Runner
    from .console import Console
    from .plan import BuildPlan, CMakeBuild, CMakePass

PRELOAD_FILE = "py-build-cmake-preload.cmake"


@dataclass(frozen=True)
class Step:
    """A part of a build that is announced by its title.

    If it is one of ``configure``, ``build`` and ``install`` for one CMake configuration, ``verb``
    and ``build`` say which.
    """

    title: str
    run: Callable[[], None]
    verb: str = ""
    build: CMakeBuild | None = None


@dataclass(frozen=True)
class Sharing:
    """What a build shares with others that run at the same time.

    ``jobs`` is how many compilers it may run at most, ``native`` a copy of the native pre-build
    that was made once for all.
    """

    jobs: int | None = None
    native: Path | None = None


@dataclass(frozen=True)
class _ConfiguredBuild:
    """One CMake configuration on its way through configure, build and install."""

    plan: BuildPlan
    cmake_pass: CMakePass
    build: CMakeBuild
    runner: Runner
    console: Console
    cmake: Path
    environ: Mapping[str, str]
    requirements: Requirements
    log: Path
    most_jobs: int | None

    def verbs(self) -> tuple[tuple[str, Callable[[], None]], ...]:
        return ("configure", self.configure), ("build", self.compile), ("install", self.install)

    @property
    def _is_dry(self) -> bool:
        return isinstance(self.runner, DryRunner)

    def configure(self) -> None:
        build_dir = self.build.build_dir
        config = self.build.config
        preload = build_dir / PRELOAD_FILE
        entries = cache_entries(self.plan, self.cmake_pass, self.build)
        includes = project_includes(self.plan, self.cmake_pass, self.build)
        script = preload_script(
            entries,
            config.policy_version,
            has_native_build=self.plan.native_pass is not None,
            more_lines=includes.preload_lines(),
        )
        self._show_details(preload, script)
        generator = generator_of(self.plan, self.build)
        native, cross = self.plan.native_pass, self.cmake_pass.cross
        toolchain = named_toolchain(
            self.plan, self.cmake_pass, self.build, partial(self.requirements.stable, build_dir)
        )
        if toolchain:
            _write_files({**toolchain.files, **toolchain.programs})
            for program in toolchain.programs:
                program.chmod(0o755)
        options = ConfigureOptions(
            cmake=self.cmake,
            build_dir=build_dir,
            preload_file=preload,
            generator=generator,
            platform=visual_studio_platform(self.plan.build.os, generator, self._platform()),
            native_install_dir=native.install_prefix if native else None,
            toolchain_file=toolchain.file
            if toolchain
            else (cross.toolchain_file if cross else None),
        )
        if self._is_dry:
            self._run("CMake configuration", configure_command(config, options))
            return
        build_dir.mkdir(parents=True, exist_ok=True)
        _write_files({**includes.files, **header_files(self.plan, self.cmake_pass)})
        for program in includes.programs:
            program.chmod(0o755)
        _write_if_different(preload, script)
        self.requirements.link(build_dir)
        surroundings = Surroundings(
            build_dir,
            self.environ,
            options.toolchain_file,
            {"cmake.compiler_launcher": config.compiler_launcher},
        )
        self._remove_stale_cache(options, surroundings)
        before = surroundings.forget()
        try:
            self._run("CMake configuration", configure_command(config, options))
        except CommandError as e:
            if before is not None and (e.status or 0) > 0:
                surroundings.remember(before)
            raise
        surroundings.remember()

    def _remove_stale_cache(self, options: ConfigureOptions, surroundings: Surroundings) -> None:
        if self.build.config.preset:
            # The preset may say all of this, in a file that is not ours to read.
            return
        toolchain = options.toolchain_file
        reason = why_stale(
            read_cache(options.build_dir),
            {
                "CMAKE_HOME_DIRECTORY": self.build.config.source_path.as_posix(),
                "CMAKE_CACHEFILE_DIR": options.build_dir.as_posix(),
                "CMAKE_GENERATOR": options.generator,
                "CMAKE_TOOLCHAIN_FILE": toolchain.as_posix() if toolchain else None,
            },
        )
        reason = reason or surroundings.why_stale()
        if reason:
            self.console.info(f"configuring afresh: {reason}")
            start_afresh(options.build_dir)

    def compile(self) -> None:
        config = self.build.config
        jobs = parallel_level(config, self.environ, self.plan.build.cpus)
        if self.most_jobs:
            jobs = min(jobs or self.most_jobs, self.most_jobs)
        for command in build_commands(config, self.cmake, self.build.build_dir, jobs):
            self._run("CMake build", command)

    def install(self) -> None:
        build_dir = self._directory()
        if self._is_dry or not self.cmake_pass.sets_prefix:
            self._install_only(build_dir)
            return
        prefix = self.cmake_pass.install_prefix
        if self.plan.native_pass and self.build is self.plan.native_pass.builds[0]:
            empty_directory(prefix)
        prefix.mkdir(parents=True, exist_ok=True)
        for manifest in build_dir.glob("install_manifest*.txt"):
            manifest.unlink()
        for installation in installations(self.build.config, self.cmake, build_dir, prefix):
            _check_rules(build_dir, installation, prefix)
            self._run("CMake installation", installation.command)
            if self.cmake_pass is self.plan.main_pass:
                make_old(installed_files(build_dir))
        _check_manifest(build_dir, prefix)

    def _install_only(self, build_dir: Path) -> None:
        """Run the commands, and leave alone what is there."""
        prefix = self.cmake_pass.install_prefix if self.cmake_pass.sets_prefix else None
        for installation in installations(self.build.config, self.cmake, build_dir, prefix):
            self._run("CMake installation", installation.command)

    def _show_details(self, preload: Path, script: str) -> None:
        self.console.detail(f"{preload}:\n{script}")
        base, mask = self.plan.build.environ, self.console.mask
        for name, value in sorted(self.environ.items()):
            is_ours = base.get(name) != value
            title = "environment of CMake" if is_ours else "environment"
            self.console.detail(f"{title}: {name}={mask.variable(name, value, is_ours=is_ours)}")
        if not mask.show_environment:
            self.console.detail(f"set {VARIABLE}=1 to see what is not shown of the environment")

    def _run(self, purpose: str, command: Sequence[str]) -> None:
        self.runner(
            command,
            purpose=purpose,
            cwd=self.plan.config.project_dir,
            environ=self.environ,
            log=self.log,
        )

    def _platform(self) -> str | None:
        cross = self.cmake_pass.cross
        return cross.generator_platform if cross else self.plan.build.platform_tag

    def _directory(self) -> Path:
        """Return the directory that was configured, which a preset may decide."""
        if not preset_decides_directory(self.build.config) or not self.log.exists():
            return self.build.build_dir
        said = re.findall(
            r"^-- Build files have been written to: (.*)$",
            os.fsdecode(self.log.read_bytes()),
            re.MULTILINE,
        )
        return Path(said[-1].strip()) if said else self.build.build_dir


def cmake_steps(
    plan: BuildPlan, runner: Runner, console: Console, sharing: Sharing = Sharing()
) -> list[Step]:
    """Return the steps of the native pre-build, if there is one, and of the main build.

    :raises Error: CMake was not found, or the environment refers to what does not exist.
    """
    main, native = plan.main_pass, plan.native_pass
    if main is None:
        return []
    steps: list[Step] = []
    if native and sharing.native and is_of_use(sharing.native, plan):
        take = partial(take_native_build, sharing.native, native.install_prefix)
        steps.append(Step("take the native pre-build that was made once", take))
    else:
        steps += native_steps(plan, runner, console, sharing)
    system = " and ".join(main.host.platform_tags)
    steps += _pass_steps(plan, main, system, (runner, console, sharing))
    patterns = main.cross.copy_from_native_build if main.cross else None
    if native and patterns:
        steps.append(
            Step(
                "copy files of the native pre-build",
                lambda: copy_from_native_build(
                    native.install_prefix, main.install_prefix, patterns, main.host.platform_tags
                ),
            )
        )
    return steps


def native_steps(
    plan: BuildPlan, runner: Runner, console: Console, sharing: Sharing = Sharing()
) -> list[Step]:
    """Return the steps of the native pre-build; none, if there is no such build.

    :raises Error: as :func:`cmake_steps`.
    """
    native = plan.native_pass
    if native is None:
        return []
    if plan.config.pre_build:
        # Where a pipeline starts us, the environment is for the host system's compiler.
        plan = replace(plan, build=plan.config.pre_build)
    system = "the build system (native pre-build)"
    return list(_pass_steps(plan, native, system, (runner, console, sharing)))


def main_steps(plan: BuildPlan, runner: Runner, console: Console) -> list[Step]:
    """Return the steps for the system that the wheel is for.

    :raises Error: as :func:`cmake_steps`.
    """
    main = plan.main_pass
    if main is None:
        return []
    system = " and ".join(main.host.platform_tags)
    return list(_pass_steps(plan, main, system, (runner, console, Sharing())))


def component_steps(
    main: BuildPlan,
    component: BuildPlan,
    install_only: Container[int],
    runner: Runner,
    console: Console,
) -> list[Step]:
    """Return the steps that configure as the main project does, and build and install components.

    ``component`` is the plan of the main project but for what the component changes;
    ``install_only`` are the indices of what is not built.

    :raises Error: as :func:`cmake_steps`.
    """
    steps = native_steps(main, runner, console)
    # The cache is the main project's. Configuring again is quick, and mends what an earlier,
    # isolated build left: paths of programs that are gone.
    configures = {
        step.build.index: step
        for step in main_steps(main, runner, console)
        if step.build and step.verb == "configure"
    }
    for step in main_steps(component, runner, console):
        assert step.build
        index = step.build.index
        if step.verb == "configure":
            steps.append(configures[index])
        elif step.verb != "build" or index not in install_only:
            steps.append(step)
    return steps


def _pass_steps(
    plan: BuildPlan,
    cmake_pass: CMakePass,
    system: str,
    means: tuple[Runner, Console, Sharing],
) -> Iterator[Step]:
    runner, console, sharing = means
    cmake = cmake_program(plan.build)
    requirements = find_requirements(plan.build)
    for build in cmake_pass.builds:
        configured = _ConfiguredBuild(
            plan=plan,
            cmake_pass=cmake_pass,
            build=build,
            runner=runner,
            console=console,
            cmake=cmake,
            environ=_environment(plan, cmake_pass, build, requirements),
            requirements=requirements,
            log=plan.log or build.build_dir / "log",
            most_jobs=sharing.jobs,
        )
        of_index = f", configuration {build.index}" if len(cmake_pass.builds) > 1 else ""
        for verb, run in configured.verbs():
            yield Step(f"{verb} for {system}{of_index}", run, verb, build)


def _environment(
    plan: BuildPlan, cmake_pass: CMakePass, build: CMakeBuild, requirements: Requirements
) -> dict[str, str]:
    base = dict(plan.build.environ)
    base.update(requirements.environment(build.build_dir, base))
    if build.config.reproducible:
        base["SOURCE_DATE_EPOCH"] = str(archive_time(base))
    if cmake_pass is plan.native_pass:
        # CMake takes a toolchain file from here, too; it is not for the build system.
        base.pop("CMAKE_TOOLCHAIN_FILE", None)
    return cmake_environment(base, own_environment(plan, cmake_pass, build), build.config)


def empty_directory(directory: Path) -> None:
    """Make an empty directory, whatever was there."""
    if directory.exists():
        shutil.rmtree(directory)
    directory.mkdir(parents=True)


def copy_files(files: Mapping[str, Path], directory: Path) -> None:
    """Copy files, given by their places below ``directory``, with their modes. They are old.

    :raises ProjectError: one of them is a link that leads nowhere.
    """
    for place, path in files.items():
        if not path.exists():
            raise ProjectError("is a link that leads nowhere", where=str(path))
        target = directory / place
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
        make_old([target])


def make_old(paths: Iterable[Path]) -> None:
    """Set the times of staged files, so that CMake replaces them by files of the same names.

    It leaves a file alone whose time is the same, to the second, as that of the one it would put
    there. All files of an unpacked source distribution have one time, and two configurations may
    be linked in the same second. In the native install directory times stay what they are, since
    the cross build depends on those files.
    """
    for path in paths:
        if path.is_file():
            os.utime(path, (1, 1))


def copy_from_native_build(
    native_dir: Path, staging: Path, patterns: Sequence[str], platforms: Sequence[str]
) -> None:
    """Copy what the patterns match in the native install directory to the same places in staging.

    :raises WheelError: a pattern matches nothing, a match is compiled for a machine other than
        that of the ``platforms``, or another file is at its place already.
    """
    installed = tree_files(native_dir)
    key = "`cross.copy_from_native_build`"
    problems = [
        Problem(
            f"the pattern {pattern!r} matches nothing in the native install directory",
            key,
            f"there is: {', '.join(sorted(installed)) or 'nothing'}",
        )
        for pattern in patterns
        if not pattern.startswith("!")
        and not any(compile_patterns([pattern]).match_files(installed))
    ]
    spec = compile_patterns(patterns)
    matches = {place: path for place, path in installed.items() if spec.match_file(place)}
    for place, path in matches.items():
        if problem := check_machine(path, place, platforms):
            problems.append(
                Problem(
                    f"{place}, which the patterns match, {problem.message}",
                    key,
                    "narrow the patterns; what runs on the build system cannot be in this wheel",
                )
            )
        elif (staging / place).exists() and not _same_file(staging / place, path):
            problems.append(
                Problem(
                    f"{place} is already in the wheel, and differs: {path} would replace"
                    f" {staging / place}",
                    key,
                    "narrow the patterns, or install the file in one of the two builds only",
                )
            )
    if problems:
        raise WheelError.from_problems(problems)
    copy_files(matches, staging)


def check_something_installed(plan: BuildPlan, before: Mapping[str, Path]) -> None:
    """Check that CMake put files into the wheel.

    ``before`` is what was in the staging directory before CMake installed.

    :raises WheelError: it did not.
    """
    main = plan.main_pass
    if main is None:
        return
    if tree_files(main.install_prefix).keys() - before.keys():
        return
    if any(installed_files(build.build_dir) for build in main.builds):
        return
    raise WheelError(
        "CMake installed nothing into the wheel",
        where="pyproject.toml: `tool.py-build-cmake.cmake`",
        hint="add install() rules to CMakeLists.txt, check `install_components`, or remove the"
        " `cmake` table from a project that needs no CMake",
    )


def _check_rules(build_dir: Path, installation: Installation, prefix: Path) -> None:
    """Refuse rules that leave the prefix, before they write anything."""
    problems = [
        Problem(
            f"an install rule puts {rule.destination} outside of the wheel",
            str(rule.source / "CMakeLists.txt"),
            "use a DESTINATION relative to the installation prefix",
        )
        for rule in absolute_rules(build_dir)
        if rule.runs_for(installation.component, installation.configuration)
        and not _is_below(rule.destination, prefix)
    ]
    if problems:
        raise WheelError.from_problems(problems)


def _check_manifest(build_dir: Path, prefix: Path) -> None:
    problems = [
        Problem(
            f"CMake installed {path} outside of the wheel",
            str(build_dir),
            "look for an install() rule whose DESTINATION has `..`, or that runs code",
        )
        for path in installed_files(build_dir)
        if not _is_below(path, prefix)
    ]
    if problems:
        raise WheelError.from_problems(problems)


def _is_below(path: Path, parent: Path) -> bool:
    return Path(os.path.normpath(path)).is_relative_to(parent)


def _same_file(a: Path, b: Path) -> bool:
    return a.is_file() and b.is_file() and filecmp.cmp(a, b, shallow=False)


def _write_files(files: Mapping[Path, str]) -> None:
    """Write files whose contents changed."""
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_if_different(path, text)


def _write_if_different(path: Path, text: str) -> None:
    # Paths that the locale's encoding cannot express are bytes to the system, and to CMake.
    data = text.encode(errors="surrogateescape")
    if not path.exists() or path.read_bytes() != data:
        path.write_bytes(data)
