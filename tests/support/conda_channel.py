"""A conda channel in a directory, with what recipes for Linux need: put together, not downloaded.

Python is one of this machine and that of a host's sysroot, compilers and CMake start those of the
system, and Python packages come from pip. rattler-build then works offline.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from host_python import Unavailable

from support import locked
from support.builds import make_venv, run
from support.caches import cache_directory, exclusive
from support.hosts import Host
from support.pythons import find_pythons
from support.started import BUILD_TRIPLET, PYTHON, make_prefix, write_compilers

BUILD_PLATFORM = "linux-64"
# Of the host's Python, and so of both: conda builds with the version that it builds for.
VERSION = "3.11"
SITE_PACKAGES = Path("lib", PYTHON, "site-packages")
_SCRIPT = Path(__file__).with_name("run_rattler.py")
# Most of the time goes into compiling nanobind's own sources. Being last, it wins over -O3.
_FAST = "-O0"
_RATTLER_BUILD = "rattler-build"  # its lock
# Of a Python, what building and installing do not need.
_LEFT_OUT = (
    "test",
    "tests",
    "__pycache__",
    "site-packages",
    "idlelib",
    "lib2to3",
    "tkinter",
    "*.a",
)


@dataclass(frozen=True)
class Package:
    """A package of the channel; `files` is the directory with what it installs."""

    name: str
    version: str
    files: Path
    platform: str = BUILD_PLATFORM
    depends: tuple[str, ...] = ()

    @property
    def archive(self) -> str:
        """The name of the file in the channel."""
        return f"{self.platform}/{self.name}-{self.version}-0.conda"


@dataclass(frozen=True)
class Rattler:
    """rattler-build, run by `python`, with a channel, whose packages are unpacked in `cache`.

    `build_python` is where the channel's Python for the build platform comes from.
    """

    python: Path
    channel: Path
    cache: Path
    build_python: Path

    def build(self, recipe: Path, target: str, out: Path) -> str:
        """Build a recipe for the platform `target` into `out`; return all that was printed."""
        parameters = {"recipe": str(recipe), "target": target, "output_dir": str(out)}
        parameters["channel"] = self.channel.as_uri()
        env = {"RATTLER_CACHE_DIR": str(self.cache)}
        return _run_script(self.python, "build", parameters, out.with_suffix(".json"), env)


def make_rattler(directory: Path, host: Host, wheel: Path, env: Mapping[str, str]) -> Rattler:
    """Make a channel for `host` with the backend's `wheel`, and rattler-build for it.

    `env` is the environment of pip. Raises `Unavailable` without a Python 3.11 that can be copied.
    """
    python = _find_relocatable_python()
    files = directory / "files"
    packages = [
        _stage_python(files / "python", python),
        _stage_host_python(files / "host-python", host),
        *_stage_python_packages(files, python, wheel, env),
        *(_stage_program(files / name, name) for name in ("cmake", "make")),
        _stage_compilers(files / "native-compilers", None),
        _stage_compilers(files / "cross-compilers", host),
    ]
    rattler = _install_rattler(python)
    channel = directory / "channel"
    _assemble(rattler, packages, channel)
    _index(packages, channel)
    return Rattler(rattler, channel, directory / "cache", python)


def _find_relocatable_python() -> Path:
    # Debian's has schemes of its own, which install elsewhere than conda's Python.
    code = "import sysconfig; print('deb_system' in sysconfig.get_scheme_names())"
    for python in find_pythons(11):
        if run(python, "-c", code) == "False\n":
            return python
    raise Unavailable("no Python 3.11 with headers besides the distribution's")


def _install_rattler(python: Path) -> Path:
    """Return the interpreter of an environment with rattler-build, which stays between runs."""
    directory = cache_directory() / f"rattler-build-{locked.digest(_RATTLER_BUILD)}"
    stamp = directory / "installed"
    with exclusive(directory):
        if not stamp.exists():
            make_venv(directory, "py-rattler-build", python=python, locks=[_RATTLER_BUILD])
            stamp.touch()
    return directory / "bin" / "python"


def _stage_python(files: Path, python: Path) -> Package:
    code = "import sys; print(sys.base_prefix)"
    prefix = Path(run(python, "-c", code).strip())
    for name in ("include", "lib"):
        ignore = shutil.ignore_patterns(*_LEFT_OUT, f"config-{VERSION}*")
        shutil.copytree(prefix / name / PYTHON, files / name / PYTHON, symlinks=True, ignore=ignore)
    for library in (prefix / "lib").glob(f"libpython{VERSION}.so*"):
        shutil.copy(library, files / "lib", follow_symlinks=False)
    (files / SITE_PACKAGES).mkdir()
    _copy_program(prefix / "bin" / PYTHON, files / "bin")
    return Package("python", VERSION, files)


def _stage_host_python(files: Path, host: Host) -> Package:
    """Stage the host's Python, whose program can be found there but not run."""
    architecture = _get_architecture(host)
    prefix = make_prefix(files, host, f"_sysconfigdata__{architecture}_conda_linux_gnu")
    (prefix.stdlib / "site-packages").mkdir()
    _copy_program(host.sysroot / "usr" / "bin" / PYTHON, files / "bin")
    return Package("python", VERSION, files, f"linux-{architecture}")


def _copy_program(program: Path, directory: Path) -> None:
    directory.mkdir()
    shutil.copy(program, directory)
    for name in ("python3", "python"):
        (directory / name).symlink_to(PYTHON)


def _get_architecture(host: Host) -> str:
    return host.platform_tag.partition("_")[2]


def _stage_python_packages(
    files: Path, python: Path, wheel: Path, env: Mapping[str, str]
) -> list[Package]:
    """Stage pip, nanobind and the backend, the last with all that it requires."""
    pip = make_venv(files / "venv", python=python)
    packages = []
    for name, requirement in (("pip", "pip"), ("nanobind", "nanobind"), ("py-build-cmake", wheel)):
        target = files / name / SITE_PACKAGES
        install = (pip, "-m", "pip", "install", "--quiet", "--no-compile", "--target", target)
        run(*install, requirement, env=env)
        (info,) = target.glob(f"{name.replace('-', '_')}-*.dist-info")
        version = info.stem.partition("-")[2]
        packages.append(Package(name, version, files / name, depends=("python",)))
    return packages


def _stage_program(files: Path, name: str) -> Package:
    program = shutil.which(name)
    if not program:
        raise Unavailable(f"no {name} on PATH")
    wrapper = files / "bin" / name
    wrapper.parent.mkdir(parents=True)
    wrapper.write_text(f'#!/bin/sh\nexec "{program}" "$@"\n')
    wrapper.chmod(0o755)
    return Package(name, "1.0", files)


def _stage_compilers(files: Path, host: Host | None) -> Package:
    """Stage the compilers for `host` or the build platform, with conda's activation script."""
    architecture = _get_architecture(host) if host else "x86_64"
    triplet = f"{architecture}-conda-linux-gnu"
    write_compilers(files / "bin", triplet, f"{host.triplet}-" if host else "", _FAST)
    prefixes = {"CC": "cc", "CXX": "c++", "AR": "ar", "RANLIB": "ranlib"}
    variables = {
        name: f"$BUILD_PREFIX/bin/{triplet}-{program}" for name, program in prefixes.items()
    }
    variables.update(HOST=triplet, BUILD=BUILD_TRIPLET)
    if host:
        write_compilers(files / "bin", BUILD_TRIPLET, "", _FAST)
        variables["CC_FOR_BUILD"] = f"$BUILD_PREFIX/bin/{BUILD_TRIPLET}-cc"
        variables["CXX_FOR_BUILD"] = f"$BUILD_PREFIX/bin/{BUILD_TRIPLET}-c++"
        variables["CONDA_BUILD_CROSS_COMPILATION"] = "1"
        variables["CMAKE_ARGS"] = " ".join(_cmake_args(architecture))
    script = files / "etc" / "conda" / "activate.d" / "compilers.sh"
    script.parent.mkdir(parents=True)
    script.write_text("".join(f'export {name}="{value}"\n' for name, value in variables.items()))
    target = f"linux-{architecture}" if host else BUILD_PLATFORM
    return Package(f"gxx_{target}", "12", files)


def _cmake_args(architecture: str) -> list[str]:
    """Return what conda-forge's compiler packages have in ``CMAKE_ARGS`` for a cross build."""
    return [
        "-DCMAKE_SYSTEM_NAME=Linux",
        f"-DCMAKE_SYSTEM_PROCESSOR={architecture}",
        "-DCMAKE_AR=$AR",
        "-DCMAKE_RANLIB=$RANLIB",
        "-DCMAKE_FIND_ROOT_PATH=$PREFIX",
        "-DCMAKE_FIND_ROOT_PATH_MODE_PROGRAM=NEVER",
        "-DCMAKE_FIND_ROOT_PATH_MODE_LIBRARY=ONLY",
        "-DCMAKE_FIND_ROOT_PATH_MODE_INCLUDE=ONLY",
        "-DCMAKE_INSTALL_PREFIX=$PREFIX",
        "-DCMAKE_BUILD_TYPE=Release",
    ]


def _assemble(rattler: Path, packages: list[Package], channel: Path) -> None:
    arguments = [
        {
            "name": package.name,
            "version": package.version,
            "target_platform": package.platform,
            "output_dir": str(channel / package.platform),
            "files_dir": str(package.files),
            "depends": list(package.depends),
        }
        for package in packages
    ]
    channel.mkdir()
    _run_script(rattler, "assemble", {"packages": arguments}, channel.with_suffix(".json"), {})


def _index(packages: list[Package], channel: Path) -> None:
    """Write ``repodata.json`` of every platform."""
    for platform in sorted({package.platform for package in packages} | {"noarch"}):
        records = {
            Path(package.archive).name: _get_record(package, channel)
            for package in packages
            if package.platform == platform
        }
        data = {"info": {"subdir": platform}, "packages": {}, "packages.conda": records}
        (channel / platform).mkdir(exist_ok=True)
        index = channel / platform / "repodata.json"
        index.write_text(json.dumps({**data, "repodata_version": 1}), encoding="utf-8")


def _get_record(package: Package, channel: Path) -> dict[str, object]:
    data = (channel / package.archive).read_bytes()
    return {
        "name": package.name,
        "version": package.version,
        "build": "0",
        "build_number": 0,
        "depends": list(package.depends),
        "subdir": package.platform,
        "md5": hashlib.md5(data).hexdigest(),
        "sha256": hashlib.sha256(data).hexdigest(),
        "size": len(data),
    }


def _run_script(
    python: Path, command: str, parameters: object, file: Path, env: Mapping[str, str]
) -> str:
    """Run a command of the script; its parameters are written to `file`."""
    file.write_text(json.dumps(parameters), encoding="utf-8")
    return run(python, _SCRIPT, command, file, env=env)
