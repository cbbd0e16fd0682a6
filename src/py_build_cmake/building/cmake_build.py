"""One CMake configuration on its way through configure, build and install."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Callable

from ..base.errors import CommandError, ConfigError, Problem, ProjectError, WheelError
from ..base.masking import VARIABLE
from ..base.records import dataclass
from ..cmake.build_dir import (
    CACHE_FILE,
    OBJECTS,
    OURS,
    PRELOAD_FILE,
    drop_entries,
    protect_cache,
    read_cache,
    why_stale,
    write_files,
    write_if_different,
)
from ..cmake.cache import preload_script
from ..cmake.commands import (
    BuildOptions,
    ConfigureOptions,
    InstallOptions,
    build_commands,
    build_words,
    configure_command,
    default_config,
    described,
    installations,
    is_for_people,
    parallel_level,
    visual_studio_platform,
)
from ..cmake.file_api import ask_cmake
from ..cmake.find_python import cross_directory, header_files
from ..cmake.host_environment import leaked_directories, removed_directories
from ..cmake.includes import project_includes
from ..cmake.inputs import cache_entries, generator_of
from ..cmake.install_rules import absolute_rules, components, installed_files
from ..cmake.memory import Given, Memory, Staleness, digest
from ..cmake.programs import find_program, policy_version
from ..cmake.requirements import is_temporary, without_names
from ..cmake.runner import DryRunner, Interrupted, Purpose, end_of_log, output_since
from ..cmake.shim import forget_questions, read_questions
from ..config.layers import close_names
from ..config.sources import is_unpacked_sdist, stated_requirements
from ..editable.isolation import temporary_directories
from ..editable.runtime.afresh import start_afresh
from ..editable.runtime.times import begin_build, remember_times, unnoticed
from ..platforms.tags import PlatformTag
from ..toolchains.registry import named_toolchain
from .kept import KeptFiles
from .staging import empty_directory, make_old

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ..base.console import Console
    from ..base.errors import Error
    from ..cmake.advice import FailedCommand
    from ..cmake.commands import BuildPreset, Installation
    from ..cmake.requirements import Requirements
    from ..cmake.runner import Runner
    from ..project.plan import BuildPlan, CMakePass, Configuration
    from ..toolchains.toolchain_file import ToolchainFiles
    from .conan_install import ConanInstall, Installed
    from .vcpkg import VcpkgFiles


# How a maintainer adds a file to the source distribution, by `sdist.mode`.
_REMEDIES = {
    "explicit": "add it to `sdist.include` of the project that it was made from",
    "git": "add it to git in the project that it was made from (or take it out of `sdist.exclude`)",
}


@dataclass(frozen=True)
class ConfiguredBuild:
    """One CMake configuration on its way through configure, build and install."""

    plan: BuildPlan
    cmake_pass: CMakePass
    configuration: Configuration
    runner: Runner
    console: Console
    cmake: Path
    environ: Mapping[str, str]
    requirements: Requirements
    log: Path
    most_jobs: int | None

    def verbs(self) -> tuple[tuple[str, Callable[[], None]], ...]:
        """Return the actions by their names for users, in order."""
        return ("configure", self.configure), ("build", self.compile), ("install", self.install)

    @property
    def _is_dry(self) -> bool:
        return isinstance(self.runner, DryRunner)

    def configure(self) -> None:
        """Write the files for CMake, and configure. :raises Error: CMake failed, or a program or
        file that it needs does not exist.
        """
        build_dir = self.configuration.build_dir
        config = self.configuration.config
        _check_names(config.source_path, build_dir)
        preload = build_dir / PRELOAD_FILE
        headers = self._prepare()
        native, cross = self.plan.native_pass, self.cmake_pass.cross
        toolchain = named_toolchain(
            self.plan,
            self.cmake_pass,
            self.configuration,
            partial(self.requirements.stable, build_dir),
        )
        toolchain_file = toolchain.file if toolchain else cross.toolchain_file if cross else None
        vcpkg = self._vcpkg(toolchain_file)
        entries = cache_entries(self.plan, self.cmake_pass, self.configuration)
        entries += vcpkg.entries if vcpkg else ()
        includes = project_includes(
            self.plan,
            self.cmake_pass,
            self.configuration,
            partial(self.requirements.linked, build_dir),
        )
        script = preload_script(
            entries,
            policy_version(config),
            has_native_build=self.plan.native_pass is not None,
            more_lines=includes.preload_lines(),
        )
        self._show_details(preload, script)
        generator = generator_of(self.plan, self.configuration)
        conan = self._conan_install(toolchain)
        options = ConfigureOptions(
            cmake=self.cmake,
            build_dir=build_dir,
            preload_file=preload,
            generator=generator,
            platform=visual_studio_platform(self.plan.machine.os, generator, self._platform()),
            native_install_dir=native.install_prefix if native else None,
            toolchain_file=next((x.toolchain_file for x in (conan, vcpkg) if x), toolchain_file),
        )
        command = configure_command(config, options)
        if self._is_dry:
            for words in conan.commands() if conan else ():
                self._run(Purpose.CONAN, words)
            self._run(Purpose.CONFIGURE, command)
            return
        self._report_directories()
        if toolchain:
            self._write_toolchain(toolchain, headers)
        written = {**includes.files, **(vcpkg.files if vcpkg else {})}
        write_files(written)
        for program in includes.programs:
            program.chmod(0o755)
        write_if_different(preload, script)
        installed = None
        if conan:
            run = partial(self._run, Purpose.CONAN)
            installed = conan.install(run, self.environ, self.log, self.console)
        memory = Memory(build_dir)
        texts = {**written, **headers, **(installed.texts if installed else {})}
        given = self._given(command, script, texts, toolchain_file, installed)
        if stale := self._why_stale(options, memory, given):
            if stale.is_announced:
                self.console.info(f"configuring afresh: {stale.reason}")
            start_afresh(
                build_dir,
                ours=OURS,
                is_owned=memory.is_owned,
                objects=OBJECTS if stale.keeps_objects else None,
            )
        self._configure_with_memory(command, memory, given)

    def _configure_with_memory(self, command: Sequence[str], memory: Memory, given: Given) -> None:
        """Run CMake, and record what it was given."""
        self._begin(memory, given)
        try:
            self._run_cmake(command)
        except CommandError as e:
            if e.status is None or e.status > 0:
                memory.end(given, failed=True)
            # It may be the reason of the failure.
            self._check_native_compilers()
            raise
        memory.end(given)
        self._check_native_compilers()

    def _write_toolchain(self, toolchain: ToolchainFiles, headers: Mapping[Path, str]) -> None:
        """Write the files of a named toolchain, and what they make from headers for Windows."""
        toolchain.write()
        if toolchain.note and not (self.configuration.build_dir / CACHE_FILE).exists():
            self.console.info(toolchain.note)
        if toolchain.dlltool:
            from ..toolchains.import_library import make_import_libraries

            make_import_libraries(toolchain, headers)

    def _vcpkg(self, toolchain_file: Path | None) -> VcpkgFiles | None:
        if self.configuration.config.vcpkg is None:
            return None
        from .vcpkg import vcpkg_files

        return vcpkg_files(self.plan, self.cmake_pass, self.configuration, toolchain_file)

    def _conan_install(self, toolchain: ToolchainFiles | None) -> ConanInstall | None:
        if self.configuration.config.conan is None:
            return None
        from .conan_install import conan_install

        return conan_install(
            self.plan, self.cmake_pass, self.configuration, toolchain, self.environ
        )

    def _run_cmake(self, command: Sequence[str]) -> None:
        """Run the command, and warn about scripts that it started and that asked about the host."""
        shim = cross_directory(self.configuration)
        forget_questions(shim)
        try:
            self._run(Purpose.CONFIGURE, command)
        finally:
            for question in read_questions(shim):
                self.console.warning(str(question))

    def _report_directories(self) -> None:
        """Say which directories of the environment compilers for the host search, or would."""
        if remark := removed_directories(self.plan, self.cmake_pass):
            self.console.info(remark)
        if warning := leaked_directories(self.plan, self.cmake_pass, self.configuration):
            self.console.warning(warning)

    def _check_native_compilers(self) -> None:
        if self.cmake_pass is self.plan.native_pass:
            from .native_compilers import check_native_compilers

            tag = self.cmake_pass.host.platform_tags[0]
            check_native_compilers(self.configuration.build_dir, tag, self.environ)

    def _prepare(self) -> dict[Path, str]:
        """Link the build requirements and write the headers that are made for the host; return
        these. The files that CMake is given depend on what is there.
        """
        build_dir = self.configuration.build_dir
        headers = header_files(self.plan, self.cmake_pass)
        if not self._is_dry:
            build_dir.mkdir(parents=True, exist_ok=True)
            self.requirements.link(build_dir)
            write_files(headers)
        return headers

    def _begin(self, memory: Memory, given: Given) -> None:
        """Write what CMake finds in the build directory, and record that it begins to configure."""
        build_dir = self.configuration.build_dir
        drop_entries(build_dir, is_temporary)
        texts = self.plan.generated_texts("build")
        write_files({build_dir / place: text for place, text in texts.items()})
        memory.begin(given)
        ask_cmake(build_dir)
        memory.end_build()

    def _given(
        self,
        command: Sequence[str],
        script: str,
        texts: Mapping[Path, str],
        toolchain_file: Path | None,
        installed: Installed | None,
    ) -> Given:
        """Return everything that CMake is given, to be compared at the next build.

        ``texts`` are the generated files, ``installed`` is what Conan has installed.
        """
        config = self.configuration.config
        files = {"the toolchain file": toolchain_file} if toolchain_file else {}
        if any(word.startswith("-C") for word in config.args):
            from ..cmake.initial_cache import initial_caches

            for path in initial_caches(config.args, self.plan.config.project_dir):
                files[f"the initial cache {path}"] = path
        if config.preset or config.build_presets:
            from ..cmake.presets import preset_files

            for path in preset_files(config.source_path, self.environ):
                files[f"the presets {path}"] = path
        status = self.cmake.stat()
        said = described(command)
        for_people = {label: said.pop(label) for label in list(said) if is_for_people(label)}
        return Given(
            settings={
                **said,
                "`cmake.compiler_launcher`": config.compiler_launcher,
                "the wheel's tag": str(self.cmake_pass.tag),
                "the host system": " ".join(self.cmake_pass.host.platform_tags),
                "the words of `cmake.build_args` and `cmake.build_tool_args`": build_words(config),
                "the names of `cmake.build_presets`": " ".join(config.build_presets),
                # One that is not made any more would stay, and might be used.
                "the paths of `generate`": " ".join(self.plan.generated_texts("build")),
                "the settings of Conan": installed.settings if installed else None,
                **{f"the settings of {name}": m.settings for name, m in self._earlier()},
            },
            circumstances={
                **for_people,
                # Isolated builds install the same CMake again each time, with another time.
                "the size of CMake": str(status.st_size),
                "the set of build requirements": self.requirements.digest,
                "the preload cache": script,
                "the set of Conan's packages": installed.packages if installed else None,
                "what is built": " ".join((*config.config, "--", *config.targets)),
                **{f"the circumstances of {name}": m.circumstances for name, m in self._earlier()},
                **{f"the generated file {path}": _digest(text) for path, text in texts.items()},
            },
            files=files,
            environ=self.environ,
            own_variables=tuple(config.env),
        )

    def _earlier(self) -> Iterator[tuple[str, Memory]]:
        """Yield what was configured before, whose results this configuration may use.

        Their settings count as its own: nothing else tells which of its files depend on them.
        """
        passes = (("the native pre-build", self.plan.native_pass), ("the build", self.cmake_pass))
        for name, cmake_pass in passes:
            for configuration in cmake_pass.configurations if cmake_pass else ():
                if configuration is self.configuration:
                    return
                number = f", configuration {configuration.index}"
                yield f"{name}{number}", Memory(configuration.build_dir)

    def _why_stale(
        self, options: ConfigureOptions, memory: Memory, given: Given
    ) -> Staleness | None:
        """Return why the build directory cannot be used as it is; None if it can."""
        if self.configuration.config.fresh:
            return Staleness("`cmake.fresh` is set")
        toolchain = options.toolchain_file
        reason = why_stale(
            read_cache(options.build_dir),
            {
                "CMAKE_HOME_DIRECTORY": self.configuration.config.source_path.as_posix(),
                "CMAKE_CACHEFILE_DIR": options.build_dir.as_posix(),
                "CMAKE_GENERATOR": options.generator,
                "CMAKE_TOOLCHAIN_FILE": toolchain.as_posix() if toolchain else None,
            },
        )
        if stale := Staleness(reason) if reason else memory.why_stale(given):
            return stale
        changed = unnoticed(str(options.build_dir))
        return Staleness(str(changed), changed.keeps_objects) if str(changed) else None

    def compile(self) -> None:
        """Build every configuration and preset.

        :raises CommandError: a compiler failed.
        """
        config = self.configuration.config
        jobs = parallel_level(config, self.environ, self.plan.machine.cpus)
        if self.most_jobs:
            jobs = min(jobs or self.most_jobs, self.most_jobs)
        options = BuildOptions(
            self.cmake, self.configuration.build_dir, jobs, self._default_config()
        )
        if options.default_config and not config.config:
            self.console.info(
                f"building {options.default_config}, because neither `cmake.build_type` nor"
                " `cmake.config` is set"
            )
        begun = begin_build([] if self._is_dry else self.plan.source_roots)
        for command, preset in build_commands(config, self._build_presets, options):
            with self._unfinished():
                self._run(Purpose.BUILD, command, preset.environment(self.environ))
        if not self._is_dry:
            remember_times(
                str(options.build_dir),
                begun,
                environ=self.environ,
                temporary=temporary_directories(self.plan.machine),
            )

    @contextmanager
    def _unfinished(self) -> Iterator[None]:
        """Mark the build directory while something writes into it.

        A command that ends by itself, also by failing or after an interrupt, leaves no half-written
        files. One that is killed, or that is not waited for, may leave some: the mark stays.
        """
        if self._is_dry:
            yield
            return
        memory = Memory(self.configuration.build_dir)
        memory.begin_build()
        try:
            yield
        except (Exception, Interrupted) as e:
            if not (isinstance(e, CommandError) and (e.status or 0) < 0):
                memory.end_build()
            raise
        memory.end_build()

    @cached_property
    def _build_presets(self) -> tuple[BuildPreset, ...]:
        if not self.configuration.config.build_presets:
            return ()
        from ..cmake.presets import build_presets

        return build_presets(self.configuration.config, self.environ, self.plan.machine.os)

    def _default_config(self) -> str | None:
        return default_config(read_cache(self.configuration.build_dir))

    def _default_configs(self) -> tuple[str, ...]:
        """Return the configurations that were built, if the configuration names none."""
        default = self._default_config()
        if default is None:
            return ()
        wanted = (preset.configuration or default for preset in self._build_presets)
        return tuple(dict.fromkeys(wanted)) or (default,)

    def install(self) -> None:
        """Install every configuration and component.

        :raises WheelError: a rule installs outside of the prefix.
        """
        build_dir = self.configuration.build_dir
        if self._is_dry or not self.cmake_pass.sets_prefix:
            self._install_only()
            return
        root, prefix = self.cmake_pass.install_prefix, self.cmake_pass.cmake_prefix
        if any(self.configuration is one.configurations[0] for one in self._passes_apart()):
            empty_directory(root)
        prefix.mkdir(parents=True, exist_ok=True)
        for manifest in build_dir.glob("install_manifest*.txt"):
            manifest.unlink()
        is_main = self.cmake_pass is self.plan.main_pass
        kept = KeptFiles(self.plan, self.configuration, self.environ) if is_main else None
        if kept:
            kept.put_back()
        installed: set[Path] = set()
        for installation in self._installations(prefix):
            if is_main:
                make_old(installed)
            _check_rules(build_dir, installation, root)
            self._check_component(build_dir, installation.component)
            begin = end_of_log(self.log)
            self._run(Purpose.INSTALL, installation.command)
            self._warn_of_failures(begin)
            installed.update(installed_files(build_dir))
        _check_manifest(build_dir, root)
        if kept:
            if self.configuration is not self.cmake_pass.configurations[-1]:
                make_old(installed)
            kept.finish(installed)

    def _passes_apart(self) -> Iterator[CMakePass]:
        """Yield the passes that do not install into the staging directory."""
        yield from (one for one in self.plan.passes if one is not self.plan.main_pass)

    def _check_component(self, build_dir: Path, component: str) -> None:
        """Warn about a component without install rules: CMake installs nothing then."""
        if not component or component in (known := components(build_dir)):
            return
        hint = close_names(component, known) or ", ".join(map(repr, sorted(known))) or "none"
        self.console.warning(
            f"`cmake.install_components`: no install rule belongs to {component!r}; the rules"
            f" belong to {hint}"
        )

    def _install_only(self) -> None:
        """Run the install commands, without the checks before and after them."""
        prefix = self.cmake_pass.cmake_prefix if self.cmake_pass.sets_prefix else None
        for installation in self._installations(prefix):
            self._run(Purpose.INSTALL, installation.command)

    def _installations(self, prefix: Path | None) -> Iterator[Installation]:
        can_strip = self._is_dry or self._can_strip()
        if self.configuration.config.strip and not can_strip:
            raise ConfigError(
                "CMake has found no program that strips binaries for the host",
                where="`cmake.strip`",
                hint="set CMAKE_STRIP in the toolchain file",
            )
        options = InstallOptions(
            self.cmake,
            self.configuration.build_dir,
            prefix,
            self._default_configs(),
            read_cache(self.configuration.build_dir).get("CMAKE_BUILD_TYPE"),
            can_strip,
        )
        return installations(self.configuration.config, options)

    def _can_strip(self) -> bool:
        """Whether CMake has found a program that strips what is compiled here.

        For a compiler without a prefix, CMake finds that of the build machine, which does not know
        the formats of others.
        """
        program = read_cache(self.configuration.build_dir).get("CMAKE_STRIP", "")
        if not program or program.endswith("-NOTFOUND"):
            return False
        machine, host = self.plan.machine, PlatformTag.parse(self.cmake_pass.host.platform_tags[0])
        if not self.cmake_pass.cross or host.common_architecture == machine.architecture:
            return True
        ours = find_program("strip", machine)
        return ours is None or Path(program).resolve() != ours.resolve()

    def _show_details(self, preload: Path, script: str) -> None:
        base, mask = self.plan.machine.environ, self.console.mask
        mask.hide_environment(self.environ)
        self.console.detail(f"{preload}:\n{script}")
        for name, value in sorted(self.environ.items()):
            is_ours = base.get(name) != value
            title = "environment of CMake" if is_ours else "environment"
            self.console.detail(f"{title}: {name}={mask.variable(name, value, is_ours=is_ours)}")
        if not mask.show_environment:
            self.console.detail(f"set {VARIABLE}=1 to see what is not shown of the environment")

    def _run(
        self, purpose: Purpose, command: Sequence[str], environ: Mapping[str, str] | None = None
    ) -> None:
        begin = end_of_log(self.log)
        try:
            self.runner(
                command,
                purpose=purpose,
                cwd=self.plan.config.project_dir,
                environ=self.environ if environ is None else environ,
                log=self.log,
            )
        except CommandError as e:
            raise self._explained(e, begin) from e.__cause__
        finally:
            protect_cache(self.configuration.build_dir, self.console.mask)

    def _explained(self, error: CommandError, begin: int) -> Error:
        """Add to the error of a command what to do about it, as far as that is known.

        What the command printed begins at a place in the log.
        """
        from ..cmake.advice import find_advice, together

        failed = replace(self._failed_command(), stated=self._stated_requirements())
        error.with_hint(together(find_advice(output_since(self.log, begin), failed)))
        if self.cmake_pass.cross is None or error.status is None:
            return error
        from .cross_check import with_reasons

        return with_reasons(error, self.plan, self.console)

    def _failed_command(self) -> FailedCommand:
        from ..cmake.advice import FailedCommand

        config = self.plan.config
        return FailedCommand(
            build_dir=self.configuration.build_dir,
            module=self.plan.module.name,
            cross=self.cmake_pass.cross,
            where=config.cross_where.file,
            sdist=config.project_dir if is_unpacked_sdist(config.project_dir) else None,
            sdist_remedy=_REMEDIES[config.host_tables.sdist.mode],
        )

    def _stated_requirements(self) -> frozenset[str]:
        """Return the names of the distributions in ``build-system.requires``."""
        return frozenset(
            re.split(r"[^\w.-]", text.strip())[0].lower().replace("_", "-")
            for text in stated_requirements(self.plan.config.project_dir, [])
        )

    def _warn_of_failures(self, begin: int) -> None:
        """Warn about failed programs of install rules, such as stubgen: CMake ignores their
        failure.
        """
        if not self.cmake_pass.cross:
            return
        from ..cmake.advice import stubs_advice
        from ..cmake.diagnostics import find_tracebacks

        output = output_since(self.log, begin)
        for hint in stubs_advice(output, self._failed_command()):
            message = f"CMake went on installing after this, so files may be missing: {hint}"
            self.console.warning("\n    ".join([*find_tracebacks(output)[0].lines, message]))

    def _platform(self) -> str | None:
        cross = self.cmake_pass.cross
        return cross.generator_platform if cross else self.plan.machine.platform_tag


def _digest(text: str) -> str:
    """Return the hash of a generated file. Isolated builds have environments of other names."""
    return digest(without_names(text))


def _check_names(*directories: Path) -> None:
    """Refuse directories with a `;` in their paths, which separates list elements in CMake."""
    problems = [
        Problem(
            "CMake cannot build where the path has a `;`",
            str(directory),
            "rename or move the directory",
        )
        for directory in directories
        if ";" in str(directory)
    ]
    if problems:
        raise ProjectError.from_problems(problems)


def _check_rules(build_dir: Path, installation: Installation, prefix: Path) -> None:
    """Refuse install rules with a destination outside of the prefix, before they run."""
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
