"""The model of the loader, compared with the loader of this machine, glibc's or musl's.

Libraries and their search paths are made by a real linker; what the proof says of a wheel with
them has to be what happens when the module is loaded.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from support import real_loaders
from support.builds import run

from py_build_cmake.verify.inspect import inspect_wheel

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux") or not shutil.which("gcc"),
    reason="needs Linux and gcc",
)


@dataclass(frozen=True)
class Case:
    """How the libraries are linked: ``m.so`` needs ``x``, which needs ``y``.

    The options are those of the linker. ``provides`` are the symbols that ``y`` has; ``x`` needs
    ``y_1``. The libraries lie in the folder ``lib``.
    """

    module: str = "-Wl,-rpath,$ORIGIN/lib"
    x: str = "-Wl,-rpath,$ORIGIN"
    y: str = ""
    provides: tuple[str, ...] = ("y_1",)
    x_soname: str = "libx.so.1"
    is_direct: bool = False
    folder: str = "lib"


OLD, NEW = "-Wl,--disable-new-dtags", "-Wl,--enable-new-dtags"
CASES = {
    "runpath of both": Case(),
    "no path": Case(module=""),
    "path to elsewhere": Case(module="-Wl,-rpath,$ORIGIN/../lib"),
    "braces": Case(module="-Wl,-rpath,${ORIGIN}/lib"),
    "two directories": Case(module="-Wl,-rpath,/nowhere:$ORIGIN/lib"),
    "dots": Case(module="-Wl,-rpath,$ORIGIN/lib/../lib/."),
    "runpath is not inherited": Case(module=f"{NEW} -Wl,-rpath,$ORIGIN/lib", x=""),
    "rpath is inherited": Case(module=f"{OLD} -Wl,-rpath,$ORIGIN/lib", x=""),
    "runpath switches rpath off": Case(
        module=f"{OLD} -Wl,-rpath,$ORIGIN/lib", x=f"{NEW} -Wl,-rpath,/nowhere"
    ),
    "rpath and rpath": Case(module=f"{OLD} -Wl,-rpath,$ORIGIN/lib", x=f"{OLD} -Wl,-rpath,/nowhere"),
    "loaded before": Case(module=f"{NEW} -Wl,-rpath,$ORIGIN/lib", x="", is_direct=True),
    "other file name": Case(x_soname="libother.so.1"),
    "symbol that is not there": Case(provides=("y_2",)),
    "more symbols": Case(provides=("y_1", "y_2")),
    "beside the module": Case(module="-Wl,-rpath,$ORIGIN", folder="."),
    "relative directory": Case(module="-Wl,-rpath,lib"),
}


def make(directory: Path, case: Case) -> dict[str, Path]:
    """Compile the files of a case; return them by their places in the wheel."""
    folder = directory / "pkg" / case.folder
    folder.mkdir(parents=True)
    x, y, m = folder / "libx.so.1", folder / "liby.so.1", directory / "pkg" / "m.so"
    sources = directory / "sources"
    sources.mkdir()
    (sources / "y.c").write_text("".join(f"int {n}(void) {{ return 1; }}\n" for n in case.provides))
    (sources / "x.c").write_text("int y_1(void); int x(void) { return y_1(); }\n")
    uses = "int y_1(void); int PyInit_m(void) { return x() + y_1(); }\n"
    only_x = "int PyInit_m(void) { return x(); }\n"
    (sources / "m.c").write_text("int x(void);\n" + (uses if case.is_direct else only_x))
    # Symbols may be missing, and nothing is left out.
    lax = ("-shared", "-fPIC", "-Wl,-z,now", "-Wl,--no-as-needed", "-Wl,--allow-shlib-undefined")

    def link(output: Path, source: str, *more: str) -> None:
        run("gcc", *lax, "-o", output, sources / source, *more)

    link(y, "y.c", "-Wl,-soname,liby.so.1", *case.y.split())
    link(x, "x.c", f"-Wl,-soname,{case.x_soname}", str(y), *case.x.split())
    link(m, "m.c", str(x), *([str(y)] if case.is_direct else []), *case.module.split())
    return {p.relative_to(directory).as_posix(): p for p in (m, x, y)}


def can_be_loaded(module: Path) -> bool:
    """Whether the loader of this machine loads a module."""
    code = "import ctypes, os, sys; ctypes.CDLL(sys.argv[1], os.RTLD_NOW)"
    command = [sys.executable, "-c", code, str(module)]
    return subprocess.run(command, check=False, capture_output=True, cwd="/").returncode == 0


@pytest.mark.parametrize("name", CASES)
def test_what_the_proof_says_is_what_happens(tmp_path: Path, name: str) -> None:
    files = make(tmp_path, CASES[name])
    machine = run("uname", "-m").strip()
    wheel = tmp_path / f"pkg-1.0-py3-none-linux_{machine}.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for place, path in files.items():
            archive.write(path, place)
    kinds = {"missing-library", "unreachable-library", "external-library", "undefined-symbol"}
    found = [f for f in inspect_wheel(wheel).findings if f.code.text in kinds]
    assert (not found) is can_be_loaded(files["pkg/m.so"]), [str(f.shown) for f in found]


@pytest.mark.parametrize(("name", "count"), [("glibc", 200), ("musl", 100)])
def test_wheels_made_up_at_random(tmp_path: Path, name: str, count: int) -> None:
    loader = real_loaders.LOADERS[name]
    real_loaders.check(loader, tmp_path, real_loaders.how_many(count))
