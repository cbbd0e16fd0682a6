"""DLLs made up at random, and wine's loader: does the model of Windows' loader say the same?

MinGW's binutils link the DLLs. A program loads each that is loaded by itself, as CPython loads
extension modules: the directory of the module is searched, and that of the program.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from py_build_cmake.platforms.tags import WheelTag
from py_build_cmake.verify.contents import check_wheel, read_files
from py_build_cmake.verify.loader.search import find_links
from support.builds import run

_PREFIX = "x86_64-w64-mingw32-"
_TAG = "cp312-cp312-win_amd64"
# Wine loads a DLL that lacks a symbol, and fails where that is called. Windows does not load it.
_KINDS = {"missing-library", "unreachable-library"}
_SYMBOLS = ("s0", "s1", "s2")
# Each file is loaded in a process of its own, whose exit status says what came of it.
_PROGRAM = r"""
#include <process.h>
#include <stdio.h>
#include <string.h>
#include <windows.h>
int main(int count, char **words) {
    char path[4096], quoted[4096 + 2];
    if (count > 1)
        return !LoadLibraryExA(words[1], NULL, LOAD_LIBRARY_SEARCH_DEFAULT_DIRS
                                                   | LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR);
    while (fgets(path, sizeof path, stdin)) {
        path[strcspn(path, "\r\n")] = 0;
        sprintf(quoted, "\"%s\"", path);
        printf("%s\n", _spawnl(_P_WAIT, words[0], words[0], quoted, NULL) ? "refused" : "loaded");
        fflush(stdout);
    }
    return 0;
}
"""


@dataclass(frozen=True)
class Dll:
    """A DLL: where it is, what it has, and what it takes of others, by their names."""

    place: str
    exports: tuple[str, ...] = ()
    imports: tuple[tuple[str, str], ...] = ()


def is_here() -> bool:
    """Whether wine and MinGW are on this machine."""
    return all(map(shutil.which, ("wine", f"{_PREFIX}gcc", f"{_PREFIX}dlltool")))


def random_wheel(choose: random.Random) -> tuple[Dll, ...]:
    """Make up a wheel: a module, and DLLs of which most are beside it."""
    count = choose.randint(1, 3)
    others = [
        Dll(
            f"{choose.choices(['p', 'p/lib', 'q'], [6, 1, 1])[0]}/{name}",
            tuple(symbol for symbol in _SYMBOLS if choose.random() < 0.85),
        )
        for name in ("a.dll", "B-1.dll", "c0.dll")[:count]
    ]
    module = Dll("p/m.cp312-win_amd64.pyd", ("PyInit_m",))
    return tuple(_with_imports(choose, one, others) for one in (module, *others))


def _with_imports(choose: random.Random, dll: Dll, others: Sequence[Dll]) -> Dll:
    imports: dict[str, str] = {}
    for other in others:
        if other is dll or choose.random() < 0.45:
            continue
        name = other.place.rpartition("/")[2]
        name = choose.choices([name, name.upper(), "nowhere.dll"], [8, 2, 0.4])[0]
        symbols = [s for s in _SYMBOLS if s in other.exports or choose.random() < 0.15]
        # One symbol has one library.
        wanted = [s for s in symbols if s not in imports and choose.random() < 0.6]
        imports.update(dict.fromkeys(wanted, name))
    if choose.random() < 0.5:
        imports["Sleep"] = "KERNEL32.dll"
    return replace(dll, imports=tuple(imports.items()))


@dataclass(frozen=True)
class Workshop:
    """Makes DLLs, and runs wine in a directory of its own."""

    directory: Path

    def make(self, dll: Dll, output: Path) -> None:
        """Link a DLL."""
        lines = [".data", ".balign 8"]
        for symbol in dll.exports:
            lines += [f".globl {symbol}", f"{symbol}: .quad 1"]
        lines += [f".quad __imp_{symbol}" for symbol, _ in dll.imports]
        lines += [".section .drectve"]
        lines += [f'.ascii " -export:{symbol},data"' for symbol in dll.exports]
        source = self.directory / "part.s"
        source.write_text("\n".join(lines) + "\n")
        run(f"{_PREFIX}as", "-o", source.with_suffix(".o"), source)
        libraries = [
            self._import_library(dll, name) for name in dict.fromkeys(n for _, n in dll.imports)
        ]
        options = ("-shared", "-e", "0", "--enable-auto-image-base")
        run(f"{_PREFIX}ld", *options, "-o", output, source.with_suffix(".o"), *libraries)

    def _import_library(self, dll: Dll, name: str) -> Path:
        """Make what a DLL is linked to if it takes symbols of another."""
        symbols = [f"{symbol} DATA" for symbol, library in dll.imports if library == name]
        output = self.directory / f"lib-{name}-{'-'.join(symbols).replace(' ', '-')}.a"
        if not output.exists():
            definitions = output.with_suffix(".def")
            definitions.write_text("\n".join([f"LIBRARY {name}", "EXPORTS", *symbols]) + "\n")
            run(f"{_PREFIX}dlltool", "-D", name, "-d", definitions, "-l", output)
        return output

    def load(self, paths: Sequence[Path]) -> list[bool]:
        """Return which of the files wine loads."""
        folder = self.directory / "program"
        folder.mkdir()
        source = self.directory / "load.c"
        source.write_text(_PROGRAM)
        run(f"{_PREFIX}gcc", "-o", folder / "load.exe", source)
        env = {
            **os.environ,
            "WINEPREFIX": str(self.directory / "prefix"),
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": "mscoree,mshtml=",
        }
        names = (f"Z:{path}".replace("/", "\\") for path in paths)
        done = subprocess.run(
            ["wine", str(folder / "load.exe")],
            input="".join(f"{name}\n" for name in names),
            env=env,
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        )
        return [line.strip() == "loaded" for line in done.stdout.splitlines()]


def disagreements(directory: Path, count: int, seed: int) -> tuple[list[str], int]:
    """Compare the model with wine; return where they differ, and how many wheels load."""
    workshop = Workshop(directory / "parts")
    workshop.directory.mkdir()
    choose = random.Random(seed)
    wheels, roots, findings = [], list[list[Path]](), list[list[str]]()
    for number in range(count):
        wheel = random_wheel(choose)
        files = {dll.place: directory / str(number) / dll.place for dll in wheel}
        for dll in wheel:
            files[dll.place].parent.mkdir(parents=True, exist_ok=True)
            workshop.make(dll, files[dll.place])
        reports = read_files(files)
        found = check_wheel(WheelTag.parse(_TAG), reports, places=files).findings
        scopes = find_links(reports, files, ()).scopes
        wheels.append(wheel)
        roots.append([files[scope.root] for scope in scopes])
        findings.append([str(f.shown) for f in found if f.code.text in _KINDS])
    answers = iter(workshop.load([path for paths in roots for path in paths]))
    differing, loaded = [], 0
    for wheel, paths, said in zip(wheels, roots, findings):
        real = [next(answers) for _ in paths]
        loaded += all(real)
        if all(real) is bool(said):
            differing.append("\n  ".join([*map(str, wheel), f"model: {said}", f"real: {real}"]))
    return differing, loaded
