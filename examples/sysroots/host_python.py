#!/usr/bin/env python3
"""Unpack a host Python (the Python a cross-built wheel is for) into a sysroot directory.

    python host_python.py aarch64 [armhf ...] [--suite trixie] [--output DIR]
    python host_python.py aarch64 --python pypy3 [--output DIR]
    python host_python.py aarch64 --python 3.13 --suite trixie --suite testing

Debian's packages of Python, its headers and the C and C++ libraries are downloaded for a foreign
architecture and unpacked below ``DIR/<Debian triplet>`` (default: beside this file). The apt
of this machine serves as a data source only: nothing is registered with dpkg, no foreign
architecture is added, and any user may do it. The directory can be given to CMake as
``CMAKE_SYSROOT``, and ``<sysroot>/run-python`` runs the unpacked interpreter under qemu-user.

A second call with the same inputs returns at once. A directory is either complete or absent:
everything happens in a temporary sibling that is renamed at the end. Where this machine cannot
do it (no apt, not Debian), :exc:`Unavailable` says why in one line.

A mirror can be out of step for hours: its lists are then other files than its signed index says.
Lists are fetched by their hash, a suite also under its other names (``stable``), the suites that
``--suite`` gives in turn, and all of it twice. If nothing is served, an older directory with the
same Python stays; without one, :exc:`Unserved` says so, and the exit status is 75 instead of 1.

Only the standard library is used; the file can be copied and used on its own.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

STAMP = ".host-python.json"
RECIPE = 2  # Raise it when the contents of a sysroot change, so that old ones are made anew.
PYPY = "pypy3"  # as a version: Debian's PyPy, of which a suite has one
DEFAULT_OUTPUT = Path(__file__).resolve().parent
ROUNDS = 2
PAUSE = 5.0  # seconds between two rounds
TEMPORARY_FAILURE = 75  # EX_TEMPFAIL of sysexits.h: the same call may work later
# Under which names besides its own a mirror may serve a release.
CLASSES = ("stable", "oldstable", "oldoldstable")


class Unavailable(Exception):  # noqa: N818 (a state of the machine, not a defect)
    """A host Python cannot be had on this machine; the message is one line and says why."""


class Unserved(Unavailable):
    """No mirror serves the packages at present; the machine has all that is needed."""


@dataclass(frozen=True)
class Architecture:
    """One architecture, under the names that Debian, compilers and qemu have for it."""

    name: str
    debian: str
    triplet: str
    qemu: str
    suite: str = "bookworm"


ARCHITECTURES = {
    architecture.name: architecture
    for architecture in (
        Architecture("aarch64", "arm64", "aarch64-linux-gnu", "aarch64"),
        Architecture("armhf", "armhf", "arm-linux-gnueabihf", "arm"),
        Architecture("i386", "i386", "i386-linux-gnu", "i386"),
        Architecture("riscv64", "riscv64", "riscv64-linux-gnu", "riscv64", suite="trixie"),
        Architecture("s390x", "s390x", "s390x-linux-gnu", "s390x"),
        Architecture("x86_64", "amd64", "x86_64-linux-gnu", "x86_64"),
    )
}


@dataclass(frozen=True)
class Sysroot:
    """A complete sysroot: `path` exists and holds Python `version` (``3.11``, or ``pypy3``)."""

    path: Path
    architecture: Architecture
    version: str

    @property
    def python(self) -> Path:
        """The program that runs the host's Python here; it needs qemu-user (see `emulator`)."""
        return self.path / "run-python"

    @property
    def include_dir(self) -> Path:
        """The directory of ``Python.h``."""
        if self.version == PYPY:
            (include_dir,) = self.path.glob("usr/include/pypy3*")
            return include_dir
        return self.path / "usr" / "include" / f"python{self.version}"


def find_architecture(name: str) -> Architecture:
    """Return the architecture called `name` by anyone: ``arm64`` and ``aarch64`` are the same."""
    for architecture in ARCHITECTURES.values():
        if name in (architecture.name, architecture.debian, architecture.triplet):
            return architecture
    raise Unavailable(f"unknown architecture {name!r}; known: {', '.join(ARCHITECTURES)}")


def emulator(architecture: Architecture) -> Path:
    """Return the qemu-user program for `architecture`, or raise `Unavailable`."""
    for name in (f"qemu-{architecture.qemu}-static", f"qemu-{architecture.qemu}"):
        found = shutil.which(name)
        if found:
            return Path(found)
    raise Unavailable(
        f"no qemu-{architecture.qemu}-static on PATH (Debian package qemu-user-static)"
    )


def unpack(
    architecture: Architecture,
    *,
    suites: Sequence[str] = (),
    version: str | None = None,
    output: Path = DEFAULT_OUTPUT,
) -> Sysroot:
    """Make sure that ``output/<triplet>`` is a sysroot of `architecture`, and return it.

    The first of `suites` that is served is taken; the default is the oldest one that has the
    architecture. `version` defaults to the suite's default Python; it may be ``pypy3``. A sysroot
    that was made from other inputs is replaced, unless nothing is served.
    """
    suites = tuple(suites) or (architecture.suite,)
    inputs = {
        "recipe": RECIPE,
        "architecture": architecture.debian,
        "suite": ",".join(suites),
        "version": version or "",
    }
    destination = output.resolve() / architecture.triplet
    existing = _read_stamp(destination, inputs)
    if existing:
        return Sysroot(destination, architecture, existing)
    _require_debian()
    destination.parent.mkdir(parents=True, exist_ok=True)
    with _exclusive(destination):
        existing = _read_stamp(destination, inputs)  # Another process may have been faster.
        if existing:
            return Sysroot(destination, architecture, existing)
        prefix = f".{architecture.triplet}.tmp-"
        for left in destination.parent.glob(f"{prefix}*"):  # by a call that was killed
            shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=prefix, dir=destination.parent) as scratch:
            try:
                made, found = _make(architecture, suites, version, Path(scratch))
            except Unserved as reason:
                old = _read_python(destination, architecture)
                if old is None or version not in (None, old):
                    raise
                _say(f"{architecture.name}: keeping the older {destination}: {reason}")
                return Sysroot(destination, architecture, old)
            stamp = {"inputs": inputs, "python": found}
            (made / STAMP).write_text(json.dumps(stamp, indent=2) + "\n", encoding="utf-8")
            if destination.exists():
                destination.rename(Path(scratch) / "replaced")
            made.rename(destination)
    return Sysroot(destination, architecture, found)


def download(
    architecture: Architecture, packages: Sequence[str], *, suite: str, directory: Path
) -> list[Path]:
    """Download Debian `packages` and all that they depend on; return the files in a fixed order.

    `directory` is for the private state of apt, and the files are below it.
    """
    _require_debian()
    return _with_first_served(directory, architecture, [suite], lambda apt: apt.download(*packages))


def _read_stamp(destination: Path, inputs: dict[str, object]) -> str | None:
    """Return the Python version of the sysroot at `destination` if it was made from `inputs`."""
    stamp = _load_stamp(destination)
    return str(stamp["python"]) if stamp.get("inputs") == inputs else None


def _read_python(destination: Path, architecture: Architecture) -> str | None:
    """Return the Python version of a sysroot of `architecture`, whatever it was made from."""
    stamp = _load_stamp(destination)
    same = stamp.get("inputs", {}).get("architecture") == architecture.debian
    return str(stamp["python"]) if same else None


def _load_stamp(destination: Path) -> dict[str, Any]:
    try:
        stamp = json.loads((destination / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


@contextlib.contextmanager
def _exclusive(destination: Path) -> Iterator[None]:
    """Hold the lock of `destination`, so that two processes do not download the same."""
    import fcntl  # Absent on Windows, where importing this file must work all the same.

    lock = destination.with_name(f".{destination.name}.lock")
    with lock.open("w", encoding="utf-8") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _make(
    architecture: Architecture, suites: Sequence[str], version: str | None, scratch: Path
) -> tuple[Path, str]:
    """Build a sysroot inside `scratch`; return its path and its Python's version."""

    def make(apt: _Apt) -> tuple[Path, str]:
        root = apt.directory / "sysroot"
        return root, _unpack_python(apt, architecture, version, root)

    return _with_first_served(scratch / "apt", architecture, suites, make)


def _unpack_python(apt: _Apt, architecture: Architecture, version: str | None, root: Path) -> str:
    """Make the sysroot `root` of the packages of a suite; return its Python's version."""
    version = version or apt.dependency("python3", r"python(3\.\d+)")
    gcc = apt.dependency("g++", r"g\+\+-(\d+)")
    # libpython-dev brings the headers, libstdc++-dev the C++ library and, with it, libgcc-dev
    # and libc6-dev; venv and pip make the unpacked interpreter able to install wheels.
    if version == PYPY:
        wanted = [PYPY, f"{PYPY}-venv", f"{PYPY}-dev", f"libstdc++-{gcc}-dev"]
    else:
        wanted = [
            *(f"python{version}", f"python{version}-venv", f"libpython{version}-dev"),
            *(f"libstdc++-{gcc}-dev", "python3-pip"),
        ]
    packages = apt.download(*wanted)
    _say(f"{architecture.name}: unpacking Python {version}")
    unpack_packages(packages, root)
    program = _program(version)
    if not (root / "usr" / "bin" / program).is_file():
        raise Unavailable(f"the packages of Debian {apt.suite} contain no usr/bin/{program}")
    write_runner(root, architecture, version)
    return version


def unpack_packages(packages: Sequence[Path], root: Path) -> None:
    """Unpack files of packages, as `download` returns them, into the new directory `root`."""
    root.mkdir()
    for package in packages:
        if not _is_unneeded(package):
            _run(["dpkg-deb", "-x", str(package), str(root)])
    for directory in ("doc", "locale", "man"):
        shutil.rmtree(root / "usr" / "share" / directory, ignore_errors=True)
    _merge_usr(root)
    _make_links_relative(root)


def _program(version: str) -> str:
    """Return the name of the interpreter of a version."""
    return version if version == PYPY else f"python{version}"


# Run-time helpers of a Debian installation, and sanitizers: nothing of it is compiled against,
# and some of it (dpkg, tar) would be wrong to have in a directory that PATH may ever see.
_UNNEEDED = re.compile(
    r"(dpkg|tar|debconf|readline-common|rpcsvc-proto|libc-dev-bin|libtirpc-common|linux-base"
    r"|lib(asan|hwasan|lsan|tsan|ubsan)\d+)_"
)


def _is_unneeded(package: Path) -> bool:
    return _UNNEEDED.match(package.name) is not None


def _merge_usr(root: Path) -> None:
    """Add the top-level links of merged-usr suites, which no package of the closure ships."""
    for name in ("bin", "lib", "lib64", "sbin"):
        if not (root / name).exists() and (root / "usr" / name).is_dir():
            (root / name).symlink_to(f"usr/{name}")


def _make_links_relative(root: Path) -> None:
    """Rewrite absolute symbolic links, which would lead out of `root` into this machine."""
    for directory, folders, files in os.walk(root):
        for name in folders + files:
            link = Path(directory, name)
            if link.is_symlink():
                target = link.readlink()
                if target.is_absolute():
                    link.unlink()
                    link.symlink_to(os.path.relpath(f"{root}{target}", directory))


def write_runner(root: Path, architecture: Architecture, version: str) -> Path:
    """Write ``root/run-python``, which runs the Python of the sysroot under qemu-user.

    It behaves like a python executable: ``sys.executable`` is such a script again, so child
    processes are emulated too without binfmt, and ``run-python -m venv`` makes environments
    whose ``bin/python`` works the same way. The script finds its sysroot when it runs, so the
    directory can be moved.
    """
    # In usr/bin, beside the real interpreter, Python finds its prefix without PYTHONHOME.
    script = root / "usr" / "bin" / "run-python"
    text = _RUNNER.format(qemu=f"qemu-{architecture.qemu}", program=_program(version))
    script.write_text(text, encoding="utf-8")
    script.chmod(0o755)
    link = root / "run-python"
    link.unlink(missing_ok=True)
    link.symlink_to("usr/bin/run-python")
    return link


_RUNNER = """\
#!/bin/sh
# Runs the Python of this sysroot under qemu-user.
self=$(readlink -f "$0")
root=${{self%/usr/bin/run-python}}
qemu=$(command -v {qemu}-static || command -v {qemu}) || {{
    echo "run-python: no {qemu}-static on PATH (Debian package qemu-user-static)" >&2
    exit 127
}}
# As a link in a virtual environment, Python must hear the link's name to find pyvenv.cfg. Else it
# must hear the name of this file, because that is where it starts to look for its library.
[ -e "$(dirname "$0")/../pyvenv.cfg" ] && self=$0
unset PYTHONHOME
exec "$qemu" -L "$root" -0 "$self" "$root/usr/bin/{program}" "$@"
"""


# --- apt as a data source ------------------------------------------------------------------


@dataclass(frozen=True)
class _Source:
    """One enabled entry of this machine's apt sources."""

    uris: tuple[str, ...]
    suites: tuple[str, ...]
    components: tuple[str, ...]
    options: dict[str, str] = field(default_factory=dict)


# What of an entry says how far its mirror is trusted; all else is about the machine's own system.
_KEPT_OPTIONS = ("signed-by", "trusted", "check-valid-until")


@dataclass(frozen=True)
class _Apt:
    """An apt of its own for a foreign architecture: private state, the machine's mirror.

    `suite` is the name under which the mirror is asked.
    """

    directory: Path
    suite: str

    @classmethod
    def create(cls, directory: Path, architecture: Architecture, suite: str) -> _Apt:
        for name in ("lists/partial", "cache/archives/partial", "log", "sources"):
            (directory / name).mkdir(parents=True)
        (directory / "status").touch()
        (directory / "sources" / "host.sources").write_text(
            _stanza(_find_mirror(_read_sources()), suite), encoding="utf-8"
        )
        (directory / "apt.conf").write_text(
            _configuration(directory, architecture), encoding="utf-8"
        )
        return cls(directory, suite)

    def update(self, suite: str) -> None:
        """Read the lists; raise `Unavailable` if they are not those of `suite`."""
        self._run("apt-get", "--quiet", "update", failure=Unserved)
        if suite not in (self.suite, self.codename()):
            raise Unavailable(f"the mirror's {self.suite} is not {suite}")

    def codename(self) -> str:
        """Return the name of the release that the mirror served."""
        for release in (self.directory / "lists").glob("*Release"):
            found = re.search(r"^Codename: (\S+)$", release.read_text("utf-8"), re.MULTILINE)
            if found:
                return found.group(1)
        return ""

    def dependency(self, package: str, pattern: str) -> str:
        """Return group 1 of `pattern` in the direct dependencies of `package`."""
        try:
            dependencies = self._run("apt-cache", "depends", package)
        except Unavailable as error:
            raise Unavailable(f"the suite has no {package} for this architecture") from error
        for line in dependencies.splitlines():
            match = re.fullmatch(rf"\s*Depends: {pattern}", line)
            if match:
                return match.group(1)
        raise Unavailable(f"the package {package} depends on nothing like {pattern}")

    def download(self, *packages: str) -> list[Path]:
        """Download `packages` and all they depend on; return the files in a fixed order."""
        for package in packages:
            if not self._run("apt-cache", "--quiet", "madison", package).strip():
                raise Unavailable(f"Debian {self.suite} has no {package} for this architecture")
        command = ("apt-get", "--quiet", "--yes", "--download-only", "install", *packages)
        self._run(*command, failure=Unserved)
        return sorted((self.directory / "cache" / "archives").glob("*.deb"))

    def _run(self, *command: str, failure: type[Unavailable] = Unavailable) -> str:
        return _run(command, {"APT_CONFIG": str(self.directory / "apt.conf")}, failure)


Made = TypeVar("Made")


def _with_first_served(
    directory: Path,
    architecture: Architecture,
    suites: Sequence[str],
    make: Callable[[_Apt], Made],
) -> Made:
    """Return what `make` makes of the first of `suites` that is served and has what it needs.

    apt's private state is below `directory`.
    """
    reasons: dict[str, Unavailable] = {}
    for number in range(ROUNDS):
        if number:
            time.sleep(PAUSE)
        for suite, name in _names(suites):
            _say(f"{architecture.name}: reading the package index of Debian {name}")
            apt = _Apt.create(directory / f"{number}-{suite}-{name}", architecture, name)
            try:
                apt.update(suite)
                return make(apt)
            except Unavailable as reason:
                # Why it is not there under its own name is what the user must know.
                reasons.setdefault(suite, reason)
        if not any(isinstance(reason, Unserved) for reason in reasons.values()):
            break
    unserved = (reason for reason in reasons.values() if isinstance(reason, Unserved))
    raise next(unserved, reasons[suites[0]])


def _names(suites: Sequence[str]) -> list[tuple[str, str]]:
    """Return each suite with the names under which a mirror may serve it."""
    return [(suite, name) for suite in suites for name in dict.fromkeys((suite, *CLASSES))]


def _require_debian() -> None:
    if _os_release().get("ID") != "debian":
        raise Unavailable("this machine is not Debian, whose packages a host Python is made of")
    for tool in ("apt-get", "apt-cache", "apt-config", "dpkg-deb"):
        if not shutil.which(tool):
            raise Unavailable(f"no {tool} on PATH")


def _os_release() -> dict[str, str]:
    try:
        text = Path("/etc/os-release").read_text(encoding="utf-8")
    except OSError:
        return {}
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {key: value.strip("\"'") for key, _, value in pairs}


def _configuration(directory: Path, architecture: Architecture) -> str:
    """Return an apt.conf that has nothing of the machine's but how to reach the network.

    Its hooks (package-kit, "apt-get clean" in containers) and preferences must not run here.
    """
    ours = {
        "APT::Architecture": architecture.debian,
        "APT::Architectures": architecture.debian,
        "APT::Install-Recommends": "false",
        "APT::Sandbox::User": "root",  # No change of user: the files belong to the caller.
        "Acquire::By-Hash": "yes",
        "Acquire::Languages": "none",
        "Acquire::Retries": "3",
        "Dir::Cache": str(directory / "cache"),
        "Dir::Etc::main": "/dev/null",
        "Dir::Etc::parts": "/dev/null",
        "Dir::Etc::preferences": "/dev/null",
        "Dir::Etc::preferencesparts": "/dev/null",
        "Dir::Etc::sourcelist": "/dev/null",
        "Dir::Etc::sourceparts": str(directory / "sources"),
        "Dir::Log": str(directory / "log"),
        "Dir::State": str(directory),
        "Dir::State::status": str(directory / "status"),
    }
    foreign = re.compile(r"Acquire::(?!IndexTargets|By-Hash|Changelogs|Languages|Retries)")
    network = [line for line in _run(["apt-config", "dump"]).splitlines() if foreign.match(line)]
    return "\n".join(network + [f'{key} "{value}";' for key, value in ours.items()]) + "\n"


def _stanza(mirror: _Source, suite: str) -> str:
    """Return `mirror` as an entry for the main part of `suite` alone."""
    fields = {
        "Types": "deb",
        "URIs": " ".join(mirror.uris),
        "Suites": suite,
        "Components": "main",
        **{key: mirror.options[key] for key in _KEPT_OPTIONS if key in mirror.options},
    }
    return "".join(f"{key}: {value}\n" for key, value in fields.items())


def _find_mirror(sources: Sequence[_Source]) -> _Source:
    """Return the entry of `sources` that is Debian's own main archive, not a third party's."""
    releases = {"oldstable", "stable", "testing", "unstable", "sid"}
    releases.add(_os_release().get("VERSION_CODENAME", ""))
    for source in sources:
        uris = tuple(uri for uri in source.uris if not uri.startswith("cdrom:"))
        if uris and "main" in source.components and releases & set(source.suites):
            return _Source(uris, source.suites, source.components, source.options)
    raise Unavailable("no mirror of Debian's main archive in the apt sources of this machine")


def _read_sources() -> list[_Source]:
    """Return the enabled entries for binary packages, of both file formats."""
    wanted = ["LIST", "Dir::Etc::sourcelist/f", "PARTS", "Dir::Etc::sourceparts/d"]
    shell = _run(["apt-config", "shell", *wanted])
    places = dict(re.findall(r"^(\w+)='(.*)'$", shell, re.MULTILINE))
    parts = sorted(Path(places["PARTS"]).glob("*"))
    files = [path for path in parts if path.suffix in (".list", ".sources")]
    sources: list[_Source] = []
    for path in [Path(places["LIST"]), *files]:
        try:
            text = path.read_text(encoding="utf-8")
        except OSError:
            continue
        sources += (_parse_deb822 if path.suffix == ".sources" else _parse_one_line)(text)
    return sources


def _parse_one_line(text: str) -> list[_Source]:
    """Parse lines such as ``deb [signed-by=/a.gpg] URI suite component...``."""
    line_of_deb = re.compile(r"\s*deb\s+(?:\[(.*?)\]\s+)?(\S+)\s+(\S+)\s*([^#]*)")
    sources = []
    for line in text.splitlines():
        match = line_of_deb.match(line)
        if match:
            options, uri, suite, components = match.groups()
            pairs = (option.partition("=") for option in (options or "").split())
            sources.append(
                _Source(
                    (uri,),
                    (suite,),
                    tuple(components.split()),
                    {key.lower(): value for key, _, value in pairs},
                )
            )
    return sources


def _parse_deb822(text: str) -> list[_Source]:
    """Parse stanzas of ``Field: value``; continuation lines (embedded keys) stay as they are."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    sources = []
    for stanza in re.split(r"\n\s*\n", "\n".join(lines)):
        pairs = re.findall(r"^(\S+?):[ \t]*(.*(?:\n[ \t].*)*)", stanza, re.MULTILINE)
        fields = {key.lower(): value for key, value in pairs}
        enabled = fields.get("enabled", "yes").lower() not in ("no", "false", "0", "off")
        if enabled and "deb" in fields.get("types", "").split():
            sources.append(
                _Source(
                    tuple(fields.get("uris", "").split()),
                    tuple(fields.get("suites", "").split()),
                    tuple(fields.get("components", "").split()),
                    fields,
                )
            )
    return sources


def _run(
    command: Sequence[str],
    environment: dict[str, str] | None = None,
    failure: type[Unavailable] = Unavailable,
) -> str:
    """Run `command` and return its output; it fails with `failure` and the first error."""
    try:
        done = subprocess.run(
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            env={**os.environ, "LC_ALL": "C", **(environment or {})},
        )
    except OSError as error:
        raise Unavailable(f"cannot run {command[0]}: {error.strerror}") from error
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        first = next((line for line in lines if line.startswith("E:")), lines[-1])
        raise failure(f"{' '.join(command[:2])} failed: {first}")
    return done.stdout


def _say(message: str) -> None:
    print(f"host_python: {message}", file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("architectures", nargs="+", metavar="ARCH", help=", ".join(ARCHITECTURES))
    parser.add_argument(
        "--suite",
        action="append",
        default=[],
        help="Debian release (default: bookworm; riscv64: trixie); of several, the first served",
    )
    parser.add_argument(
        "--python", metavar="X.Y", help="a Python that is not the suite's default (3.14, pypy3)"
    )
    parser.add_argument("--output", type=Path, default=DEFAULT_OUTPUT, metavar="DIR")
    options = parser.parse_args(arguments)
    try:
        for name in options.architectures:
            sysroot = unpack(
                find_architecture(name),
                suites=options.suite,
                version=options.python,
                output=options.output,
            )
            print(sysroot.path)
    except Unavailable as reason:
        print(f"host_python: {reason}", file=sys.stderr)
        return TEMPORARY_FAILURE if isinstance(reason, Unserved) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
