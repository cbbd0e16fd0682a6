"""Real loaders of Linux, and wheels made up at random for them: does the model say the same?

A wheel is a handful of libraries that need each other's symbols, at some places and with some
search paths. A real linker makes them; a small program loads what is loaded by itself with
``dlopen(RTLD_NOW)``, each file in a process of its own.
"""

from __future__ import annotations

import hashlib
import os
import posixpath
import random
import shutil
import struct
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from py_build_cmake.platforms.tags import WheelTag
from py_build_cmake.verify.contents import check_wheel, read_files
from py_build_cmake.verify.loader.search import find_links
from py_build_cmake.verify.promise import promise_of
from support.builds import run
from support.hosts import without

# What a loader that refuses a file does so for.
KINDS = {"missing-library", "unreachable-library", "undefined-symbol"}
SYMBOLS = ("s0", "s1", "s2", "s3")
MODULE = "pkg/m.so"
_FOLDERS = ("pkg", "pkg/lib", "pkg/lib/deep", "pkg.libs", "other")
_FILES = ("liba.so", "libb.so.1", "libc0.so")
_MACHINE_AT, _OTHER_MACHINE = 18, 8  # e_machine; MIPS
# A program that loads the files of its standard input, and says of each what came of it. It has a
# function of Python's, as the program has that loads extension modules.
_PROGRAM = r"""
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
int PyLong_FromLong(void) { return 1; }
int main(void) {
    char path[4096];
    setvbuf(stdout, NULL, _IOLBF, 1 << 16);
    while (fgets(path, sizeof path, stdin)) {
        path[strcspn(path, "\n")] = 0;
        pid_t child = fork();
        if (child == 0) {
            int found = dlopen(path, RTLD_NOW) != NULL;
            printf("%s\n", found ? "loaded" : dlerror());
            fflush(stdout);
            _exit(0);
        }
        int status;
        waitpid(child, &status, 0);
        if (status != 0)
            printf("ended with status %d\n", status);
    }
    return 0;
}
"""


@dataclass(frozen=True)
class Library:
    """A library: where it is, and what its linker is told.

    ``needs`` are names of libraries, each with the version that its symbols had when this one was
    linked. ``version`` is that of the symbols that it defines. ``paths`` are its search paths, for
    the libraries of its libraries, too, unless it ``has_runpath``. One that ``is_foreign`` is for
    another machine.
    """

    place: str
    soname: str = ""
    needs: tuple[tuple[str, str], ...] = ()
    paths: str = ""
    has_runpath: bool = True
    defines: tuple[str, ...] = ()
    hides: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    may_use: tuple[str, ...] = ()
    version: str = ""
    hash_style: str = "gnu"
    is_foreign: bool = False


@dataclass(frozen=True)
class Loader:
    """A loader of Linux: its tag, the tools that make files for it, and how its program is run."""

    name: str
    tag: str
    libc: str
    prefix: str
    compiler: Sequence[str]
    emulator: Sequence[str] = ()

    @property
    def is_here(self) -> bool:
        """Whether everything that it needs is on this machine."""
        programs = (f"{self.prefix}as", f"{self.prefix}ld", self.compiler[0], *self.emulator[:1])
        return all(map(shutil.which, programs))


def _glibc(machine: str, triplet: str, emulator: str) -> Loader:
    # What Debian 12 has.
    return Loader(
        f"glibc-{machine}",
        f"manylinux_2_36_{machine}",
        "libc.so.6",
        f"{triplet}-",
        (f"{triplet}-gcc", "-Wl,--no-as-needed", "-lm"),
        (emulator, "-L", f"/usr/{triplet}"),
    )


HERE = os.uname().machine if hasattr(os, "uname") else ""
LOADERS = {
    loader.name: loader
    for loader in (
        replace(_glibc(HERE, "", ""), name="glibc", prefix="", compiler=("gcc",), emulator=()),
        Loader("musl", f"musllinux_1_2_{HERE}", "libc.so", "", ("musl-gcc",)),
        _glibc("aarch64", "aarch64-linux-gnu", "qemu-aarch64-static"),
        _glibc("riscv64", "riscv64-linux-gnu", "qemu-riscv64-static"),
        _glibc("s390x", "s390x-linux-gnu", "qemu-s390x-static"),
    )
}


def random_wheel(choose: random.Random, *, has_foreign: bool) -> tuple[Library, ...]:
    """Make up a wheel: a module and some libraries, of which most find each other.

    Some may be for another machine, if a loader passes over those; musl's does not.
    """
    libraries = [_random_library(choose, file) for file in _FILES[: choose.randint(1, 3)]]
    if choose.random() < 0.2:  # Two files of one name.
        copy = _random_library(choose, choose.choice(_FILES))
        libraries += [copy] if copy.place not in {known.place for known in libraries} else []
        if has_foreign and choose.random() < 0.5:
            libraries[-1] = replace(libraries[-1], is_foreign=True)
    module = replace(_random_library(choose, "m.so"), place=MODULE, soname="", version="")
    module = replace(module, defines=(*module.defines, "PyInit_m"), hides=())
    return tuple(_with_needs(choose, one, libraries) for one in (module, *libraries))


def _random_library(choose: random.Random, file: str) -> Library:
    place = f"{choose.choice(_FOLDERS)}/{file}"
    soname = choose.choices(["", file, choose.choice(_FILES), "libodd.so.7"], [2, 8, 1, 1])[0]
    return Library(
        place,
        soname=soname,
        has_runpath=choose.random() < 0.6,
        defines=tuple(s for s in SYMBOLS if choose.random() < 0.6),
        hides=tuple(s for s in SYMBOLS if choose.random() < 0.05),
        version=choose.choices(["", "V1", "V2"], [6, 2, 1])[0],
        hash_style=choose.choice(["gnu", "sysv", "both"]),
    )


def _with_needs(choose: random.Random, library: Library, others: Sequence[Library]) -> Library:
    """Let a library need others: mostly by the names that they have, and with a way to them."""
    needs, directories = [], []
    own = posixpath.dirname(library.place)
    for other in others:
        if other is library or choose.random() < (0.25 if library.place == MODULE else 0.6):
            continue
        file = posixpath.basename(other.place)
        way = posixpath.relpath(posixpath.dirname(other.place), own)
        names = [other.soname or file, file, f"$ORIGIN/{way}/{file}", "libodd.so.7"]
        name = choose.choices(names, [12, 6, 1, 1])[0]
        version = other.version if choose.random() < 0.9 else choose.choice(["", "V1", "V2"])
        needs.append((name, version))
        origin = choose.choices(["$ORIGIN", "${ORIGIN}", "$ORIGINAL", "/nowhere"], [12, 4, 1, 1])[0]
        directories.append(origin if way == "." else f"{origin}/{way}")
    directories = [path for path in directories if choose.random() < 0.8]
    odd = ["/nowhere", "$ORIGIN/nothing", "", "lib", "$ORIGIN/../pkg/./lib", "$ORIGIN//lib/"]
    for _ in range(choose.choices([0, 1], [2, 1])[0]):
        directories.insert(choose.randint(0, len(directories)), choose.choice(odd))
    own_or_needed = set(library.defines).union(*(other.defines for other in others))
    known = [s for s in SYMBOLS if s in own_or_needed or choose.random() < 0.1]
    uses = [symbol for symbol in known if choose.random() < 0.5]
    more = [("malloc", 0.3), ("PyLong_FromLong", 0.3), ("no_such_function", 0.03)]
    uses += [name for name, odds in more if choose.random() < odds]
    return replace(
        library,
        needs=tuple(dict(needs).items()),
        paths=":".join(directories),
        uses=tuple(uses),
        may_use=tuple(s for s in SYMBOLS if s not in uses and choose.random() < 0.2),
    )


@dataclass
class Workshop:
    """Makes libraries for a loader. What is alike is made once."""

    loader: Loader
    directory: Path
    _made: dict[str, Path] = field(default_factory=dict)

    def make(self, library: Library) -> Path:
        """Link a library; return a file that must not be changed."""
        names = tuple(dict.fromkeys((*library.needs, (self.loader.libc, ""))))
        stubs = [self._stub(name, version) for name, version in names]
        objects = [self._object("defines", name) for name in library.defines]
        objects += [
            self._object("hides", name) for name in library.hides if name not in library.defines
        ]
        objects += [self._object("uses", name) for name in library.uses]
        objects += [self._object("may_use", name) for name in library.may_use]
        options = ["--enable-new-dtags" if library.has_runpath else "--disable-new-dtags"]
        options += ["-rpath", library.paths] if library.paths else []
        options += ["-soname", library.soname] if library.soname else []
        options += ["--hash-style", library.hash_style]
        options += self._version(library.version)
        return self._link(options, [*objects, *stubs])

    def program(self) -> Path:
        """Compile the program that loads files."""
        source, output = self.directory / "load.c", self.directory / "load"
        source.write_text(_PROGRAM)
        compiler, *options = self.loader.compiler
        run(compiler, "-rdynamic", "-o", output, source, "-ldl", *options)
        return output

    def _stub(self, name: str, version: str) -> Path:
        """Make a library to link to, whose name becomes a need; it has every symbol."""
        symbols = ["of_libc"] if name == self.loader.libc else SYMBOLS
        objects = [self._object("defines", symbol) for symbol in symbols]
        return self._link(["-soname", name, *self._version(version)], objects)

    def _version(self, version: str) -> list[str]:
        if not version:
            return []
        script = self.directory / f"{version}.map"
        script.write_text(f"{version} {{ global: *; }};\n")
        return ["--version-script", str(script)]

    def _object(self, kind: str, symbol: str) -> Path:
        """Assemble a variable of this name, or one that contains the address of it."""
        output = self.directory / f"{kind}-{symbol}.o"
        if not output.exists():
            visible = f".globl {symbol}\n" + (f".hidden {symbol}\n" if kind == "hides" else "")
            source = {
                "uses": f".quad {symbol}\n",
                "may_use": f".weak {symbol}\n.quad {symbol}\n",
            }.get(kind, f"{visible}{symbol}:\n.quad 1\n")
            text = f'.data\n.balign 8\n{source}.section .note.GNU-stack,"",%progbits\n'
            output.with_suffix(".s").write_text(text)
            run(f"{self.loader.prefix}as", "-o", output, output.with_suffix(".s"))
        return output

    def _link(self, options: Sequence[str], inputs: Iterable[Path]) -> Path:
        words = ["-shared", "--no-as-needed", "--allow-shlib-undefined", *options]
        words += map(str, inputs)
        key = hashlib.sha256("\0".join(words).encode()).hexdigest()[:16]
        if key not in self._made:
            output = self.directory / f"{key}.so"
            run(f"{self.loader.prefix}ld", *words, "-o", output)
            self._made[key] = output
        return self._made[key]


@dataclass(frozen=True)
class Wheel:
    """A wheel that is installed in a directory, and what the model says of it."""

    libraries: tuple[Library, ...]
    directory: Path
    roots: tuple[str, ...]
    findings: tuple[str, ...]


def install(wheel: tuple[Library, ...], workshop: Workshop, directory: Path) -> Wheel:
    """Put a wheel where a loader and the model find it."""
    files = {}
    for library in wheel:
        files[library.place] = directory / library.place
        files[library.place].parent.mkdir(parents=True, exist_ok=True)
        data = bytearray(workshop.make(library).read_bytes())
        if library.is_foreign:
            data[_MACHINE_AT : _MACHINE_AT + 2] = struct.pack("=H", _OTHER_MACHINE)
        files[library.place].write_bytes(data)
    reports = read_files(files)
    tag = workshop.loader.tag
    findings = check_wheel(WheelTag.parse(f"cp311-cp311-{tag}"), reports, places=files).findings
    scopes = find_links(reports, files, (promise_of(tag),)).scopes
    wrong = tuple(str(found.shown) for found in findings if found.code.text in KINDS)
    foreign = {library.place for library in wheel if library.is_foreign}
    roots = tuple(scope.root for scope in scopes if scope.root not in foreign)
    return Wheel(wheel, directory, roots, wrong)


def load(wheels: Sequence[Wheel], workshop: Workshop) -> Iterator[Mapping[str, str]]:
    """Load what is loaded by itself; yield for each wheel what the loader says of its files."""
    paths = [str(wheel.directory / root) for wheel in wheels for root in wheel.roots]
    done = subprocess.run(
        [*workshop.loader.emulator, str(workshop.program())],
        input="".join(f"{path}\n" for path in paths),
        capture_output=True,
        text=True,
        cwd="/",
        check=True,
    )
    answers = iter(done.stdout.splitlines())
    for wheel in wheels:
        yield {root: next(answers) for root in wheel.roots}


def how_many(default: int) -> int:
    """Return how many wheels are made up: as many as somebody asks for."""
    return int(os.environ.get("PY_BUILD_CMAKE_TEST_LOADERS", default))


def check(loader: Loader, directory: Path, count: int) -> None:
    """Compare the model with a loader; the test fails if they differ."""
    if not loader.is_here:
        without(f"not all is there for {loader.name}: an assembler, a linker, a compiler")
    differing, loaded = disagreements(loader, directory, count, seed=count)
    assert not differing, "\n\n".join(differing[:5])
    assert count / 5 < loaded < count * 4 / 5  # Both kinds of answers are tried.


def disagreements(loader: Loader, directory: Path, count: int, seed: int) -> tuple[list[str], int]:
    """Compare the model with a loader; return where they differ, and how many wheels load."""
    workshop = Workshop(loader, directory / "parts")
    workshop.directory.mkdir()
    choose = random.Random(seed)
    has_foreign = loader.libc != "libc.so"
    wheels = [
        install(random_wheel(choose, has_foreign=has_foreign), workshop, directory / str(number))
        for number in range(count)
    ]
    differing, loaded = [], 0
    for wheel, answers in zip(wheels, load(wheels, workshop)):
        loads = all(answer == "loaded" for answer in answers.values())
        loaded += loads
        if loads is bool(wheel.findings):
            parts = [*map(str, wheel.libraries), f"model: {wheel.findings}", f"real: {answers}"]
            differing.append("\n  ".join(parts))
    return differing, loaded
