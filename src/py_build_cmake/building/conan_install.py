"""``conan install`` before CMake configures: the packages that a project's conanfile asks for.

What Conan writes is in a folder of the build directory, which is emptied first: nothing of an
earlier conanfile, profile or option is left. Conan itself keeps packages in its own cache.
"""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Callable

from ..base.errors import CommandError, Error, ProjectError
from ..base.records import dataclass
from ..cmake.build_dir import PRIVATE_FOLDER, write_files
from ..cmake.commands import parallel_level
from ..cmake.inputs import generator_of
from ..cmake.memory import digest
from ..cmake.programs import conan_program
from ..cmake.runner import end_of_log, output_since
from ..config.conan_tables import CONANFILES
from .conan_files import (
    DEFAULT_PROFILE,
    Known,
    build_profile,
    conan_architecture,
    cxx_standard,
    inner_toolchain,
    outer_toolchain,
    profile,
)
from .staging import empty_directory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..base.console import Console
    from ..config.schema import CMakeConfig, ConanConfig
    from ..project.plan import BuildPlan, CMakePass, Configuration
    from ..toolchains.toolchain_file import ToolchainFiles

_DEFAULT = "default"
_UNREACHABLE = re.compile(
    r"Unable to connect to remote|remote not available|Max retries exceeded|Read timed out"
)
_OFFLINE = ("--no-remote", "-nr")
# Otherwise Conan waits 30 seconds for each of three attempts. Source: `core.net.http` in Conan's
# "global.conf".
_NETWORK = {"core.net.http:timeout": "(10, 60)", "core.net.http:max_retries": "1"}


@dataclass(frozen=True)
class Installed:
    """What Conan has installed: its resolved settings, and the packages with their revisions, in
    texts that differ if anything of them does.
    """

    settings: str
    packages: str
    texts: Mapping[Path, str]


@dataclass(frozen=True)
class ConanInstall:
    """The installation for one CMake configuration.

    ``directory`` is where all of it is written, ``toolchain_file`` what CMake is given.
    ``build_types`` are installed one after the other; none means that of the profiles.
    """

    conan: ConanConfig
    project_dir: Path
    directory: Path
    program: Path
    known: Known
    wrapped: Path | None
    is_cross: bool
    build_types: Sequence[str]

    @property
    def toolchain_file(self) -> Path:
        """The toolchain file for CMake, which includes Conan's."""
        return self.directory / "toolchain.cmake"

    @property
    def _host_profile(self) -> Path:
        return self.directory / "py-build-cmake-profile"

    @property
    def _build_profile(self) -> Path:
        return self.directory / "py-build-cmake-profile-build"

    @property
    def _default_profile(self) -> Path:
        return self.directory / "default-profile"

    @property
    def _graph(self) -> Path:
        return self.directory / "graph.json"

    def commands(self, home: Path | None = None) -> list[list[str]]:
        """Return the commands, one for each build type.

        ``home`` is Conan's, to see what is configured there; None takes it for usual.
        """
        return [self._command(build_type, home) for build_type in self.build_types or ("",)]

    def _command(self, build_type: str, home: Path | None) -> list[str]:
        command = [str(self.program), "install", str(self.project_dir)]
        command += ["--output-folder", str(self.directory / "output")]
        for option, names, made in (
            ("-pr:h", self.conan.profile_host, self._host_profile),
            ("-pr:b", self.conan.profile_build, self._build_profile),
        ):
            for name in (*names, str(made)):
                is_there = home is None or (home / "profiles" / name).is_file()
                own = name == _DEFAULT and not is_there
                command += [option, str(self._default_profile) if own else name]
        if build_type:
            command += ["-s:h", f"build_type={build_type}"]
        for key, value in _NETWORK.items():
            if home and not _mentions(home / "global.conf", key):
                command += ["-cc", f"{key}={value}"]
        return [*command, *self.conan.args, "--format=json", f"--out-file={self._graph}"]

    def install(
        self,
        run: Callable[[Sequence[str]], None],
        environ: Mapping[str, str],
        log: Path,
        console: Console,
    ) -> Installed:
        """Install everything, and write the toolchain file.

        :raises Error: there is no conanfile, or Conan fails.
        """
        if not any((self.project_dir / name).is_file() for name in CONANFILES):
            raise ProjectError(
                "there is no conanfile.py and no conanfile.txt, which name what Conan installs",
                where=str(self.project_dir),
                hint="add one beside pyproject.toml (and to `sdist.include`), or rename the table "
                "`conan.cmake` to `cmake`, without Conan",
            )
        self._remark(console)
        empty_directory(self.directory / "output")
        texts = {
            self._host_profile: profile(self.known),
            self._build_profile: build_profile(self.known) if not self.is_cross else "[settings]\n",
            self._default_profile: DEFAULT_PROFILE,
        }
        if self.wrapped and self.known.toolchain_file:
            texts[self.known.toolchain_file] = inner_toolchain(self.wrapped)
        write_files(texts)
        settings: list[object] = []
        nodes: list[dict[str, object]] = []
        consumer: dict[str, object] = {}
        for command in self.commands(conan_home(self.program, environ, self.project_dir)):
            self._run(command, run, log, console)
            graph = _read_graph(self._graph)
            consumer = graph.pop("0", {})
            settings.append(consumer.get("settings"))
            nodes += graph.values()
        folders = [
            Path(str(folder))
            for node in nodes
            if node.get("context") == "host" and (folder := node.get("package_folder"))
        ]
        generators = Path(str(consumer.get("generators_folder") or self.directory / "output"))
        outer = outer_toolchain(self.known.toolchain_file, generators, folders)
        write_files({self.toolchain_file: outer})
        keys = ("ref", "package_id", "prev", "context")
        return Installed(
            settings=json.dumps(settings, sort_keys=True),
            packages=json.dumps(sorted([str(node.get(key)) for key in keys] for node in nodes)),
            texts={**texts, self.toolchain_file: outer},
        )

    def _remark(self, console: Console) -> None:
        known = self.known
        if not conan_architecture(known.platform_tags):
            console.warning(
                f"Conan has no name for the machine of {' and '.join(known.platform_tags)}: the "
                "profiles in `conan.profile_host` have to say `arch`"
            )
        if self.is_cross and known.compilers is None and self.conan.profile_host == (_DEFAULT,):
            console.warning(
                "`conan.profile_host` names no profile for the host: Conan takes the compiler for "
                "one like that of this machine. Name a profile that says `compiler`, "
                "`compiler.version` and `compiler.libcxx` of the toolchain file"
            )

    def _run(
        self,
        command: Sequence[str],
        run: Callable[[Sequence[str]], None],
        log: Path,
        console: Console,
    ) -> None:
        """Run Conan; if no remote can be reached, once more with what is in its cache."""
        begin = end_of_log(log)
        try:
            run(command)
        except CommandError:
            is_offline = any(word in self.conan.args for word in _OFFLINE)
            if is_offline or not _UNREACHABLE.search(output_since(log, begin)):
                raise
            console.warning(
                "a remote of Conan cannot be reached: trying again with what is in its cache"
            )
            run([*command, _OFFLINE[0]])


def conan_install(
    plan: BuildPlan,
    cmake_pass: CMakePass,
    configuration: Configuration,
    toolchain: ToolchainFiles | None,
    environ: Mapping[str, str],
) -> ConanInstall | None:
    """Return what Conan has to install for one configuration; None without Conan.

    ``toolchain`` is the named toolchain of the configuration, if it has one.

    :raises Error: Conan is not installed, or too old.
    """
    config, cross = configuration.config, cmake_pass.cross
    if config.conan is None:
        return None
    directory = configuration.build_dir / PRIVATE_FOLDER / "conan"
    wrapped = _toolchain_file(toolchain, cross.toolchain_file if cross else None, environ)
    compilers = toolchain.compilers if toolchain else None
    if compilers and cross and cross.toolchain_include:
        from dataclasses import replace

        flags = digest(cross.toolchain_include.read_text("utf-8", "surrogateescape"))[:16]
        compilers = replace(compilers, identity=f"{compilers.identity} with {flags}")
    generator = generator_of(plan, configuration)
    is_microsoft = plan.machine.os == "windows" and not compilers
    return ConanInstall(
        conan=config.conan,
        project_dir=plan.config.project_dir,
        directory=directory,
        program=conan_program(plan.machine),
        known=Known(
            platform_tags=cmake_pass.host.platform_tags,
            compilers=compilers,
            toolchain_file=directory / "host.cmake" if wrapped else None,
            generator=generator,
            cxx_standard=cxx_standard(config.options, has_extensions=not is_microsoft),
            jobs=parallel_level(config, environ, plan.machine.cpus),
        ),
        wrapped=wrapped,
        is_cross=cross is not None,
        build_types=_build_types(config, generator, plan.machine.os),
    )


def _toolchain_file(
    toolchain: ToolchainFiles | None, configured: Path | None, environ: Mapping[str, str]
) -> Path | None:
    """Return the toolchain file that CMake would be given without Conan."""
    if toolchain:
        return toolchain.file
    from_environment = environ.get("CMAKE_TOOLCHAIN_FILE")
    return configured or (Path(from_environment) if from_environment else None)


def _build_types(config: CMakeConfig, generator: str | None, build_os: str) -> tuple[str, ...]:
    """Return the build types that CMake needs packages for."""
    name = generator or ("Visual Studio" if build_os == "windows" else "")
    if "Multi-Config" in name or name.startswith(("Visual Studio", "Xcode")):
        return config.config
    return (config.build_type or config.config[0],) if config.build_type or config.config else ()


def conan_home(program: Path, environ: Mapping[str, str], directory: Path) -> Path:
    """Return the directory of Conan's configuration and cache, as Conan says.

    :raises Error: Conan does not say it.
    """
    try:
        done = subprocess.run(
            [program, "config", "home"],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
            env={**environ},
            cwd=directory,
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError) as e:
        said = str(getattr(e, "stderr", "") or e).strip()
        raise Error(f"Conan does not say where its configuration is: {said}") from None
    return Path(done.stdout.strip())


def _mentions(file: Path, key: str) -> bool:
    return file.is_file() and key in file.read_text("utf-8", "replace")


def _read_graph(file: Path) -> dict[str, dict[str, object]]:
    """Return the nodes of the graph that Conan has written, by their numbers."""
    nodes: dict[str, dict[str, object]] = json.loads(file.read_bytes())["graph"]["nodes"]
    return nodes
