"""Pyodide from npm, and all that builds wheels for it, in a directory of the tests' cache.

Emscripten and a Python for this machine come from Debian's unstable suite, unpacked and not
installed. What pyodide-build calls a cross-build environment is put together from them, because
its own is downloaded from elsewhere. That suite moves and Emscripten is 800 MB: for runs that
somebody asks for.
"""

from __future__ import annotations

import json
import os
import platform
import re
import runpy
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

import host_python
from host_python import Unavailable

from support import npm
from support.builds import run
from support.caches import cache_directory, exclusive

NPM = "314.0.7"
PYODIDE_BUILD = "0.39.2"
_RECIPE = 1  # Raise it when what is made here changes.
_SUITE = "sid"
# Debian's Emscripten runs these of LLVM and Binaryen; the rest of both is left as it is.
_PROGRAMS = re.compile(r"clang|lld|llvm-(ar|nm|objcopy|readobj)|wasm-(?!ld).*")
_SYSCONFIGDATA = "_sysconfigdata__emscripten_wasm32-emscripten"

_RUN = """\
import { loadPyodide } from "pyodide";

const [code, ...wheels] = process.argv.slice(2);
try {
    const pyodide = await loadPyodide();
    await pyodide.loadPackage(wheels, { checkIntegrity: false });
    const value = pyodide.runPython(code);
    if (value !== undefined)
        console.log(String(value));
} catch (error) {
    // Thrown to node, it would come with the source text of all of Pyodide.
    console.error(error.message);
    process.exitCode = 1;
}
"""


@dataclass(frozen=True)
class Pyodide:
    """One version of Pyodide, what runs it, and what builds for it."""

    directory: Path
    version: str
    abi_version: str
    emscripten_version: str
    python_version: str

    @property
    def minor(self) -> str:
        """The version of its Python, such as ``3.14``."""
        return ".".join(self.python_version.split(".")[:2])

    @property
    def abi(self) -> str:
        """The tag of its Python and of its ABI."""
        return "cp" + self.minor.replace(".", "")

    @property
    def tag(self) -> str:
        """The tag of a wheel with an extension module (PEP 783)."""
        return f"{self.abi}-{self.abi}-pyemscripten_{self.abi_version}_wasm32"

    @property
    def python(self) -> Path:
        """A Python of the same version for the machine that builds."""
        return self.directory / "debian" / "usr" / "bin" / f"python{self.minor}"

    @property
    def environ(self) -> dict[str, str]:
        """The environment in which ``pyodide build`` finds all this, and downloads nothing."""
        return {
            "PATH": os.pathsep.join([str(_emscripten(self.directory)), os.environ["PATH"]]),
            "PYODIDE_ROOT": str(_root(self.directory)),
            # Debian has a newer one than Pyodide was made with.
            "SKIP_EMSCRIPTEN_VERSION_CHECK": "1",
        }

    def run(self, code: str, *wheels: Path) -> str:
        """Load `wheels` as Pyodide loads packages, and run `code`.

        Returned is the last line that it prints, which is its last expression if it has a value.
        """
        script = self.directory / "npm" / "run.mjs"
        return run("node", script, code, *wheels).splitlines()[-1]


def get_pyodide() -> Pyodide:
    """Return Pyodide and what builds for it, making it if need be, or raise `Unavailable`."""
    for program in ("node", "npm", "patchelf", "make"):
        if not shutil.which(program):
            raise Unavailable(f"no {program} on PATH (Debian package of the same name)")
    if platform.machine() != "x86_64":
        raise Unavailable("Emscripten is unpacked for x86_64 only")
    directory = cache_directory() / f"pyodide-{NPM}"
    stamp = directory / "made.json"
    with exclusive(directory):
        found = json.loads(stamp.read_text()) if stamp.exists() else {}
        if found.pop("recipe", None) != _RECIPE:
            # Paths are written into programs: it is made where it stays.
            shutil.rmtree(directory, ignore_errors=True)
            directory.mkdir()
            found = _make(directory)
            stamp.write_text(json.dumps({"recipe": _RECIPE, **found}))
    return Pyodide(directory, **found)


def _make(directory: Path) -> dict[str, str]:
    node = directory / "npm"
    try:
        packages = npm.install("pyodide", node)
    except npm.NpmFailed as e:
        raise Unavailable(f"npm has no pyodide {NPM}: {e}") from e
    (node / "run.mjs").write_text(_RUN)
    lock = json.loads((packages / "pyodide" / "pyodide-lock.json").read_text())["info"]
    version = lock["python"]
    minor = ".".join(version.split(".")[:2])
    _unpack(directory / "debian", minor)
    # Where it is found without a variable: of those, pyodide-build drops all at times.
    (_emscripten(directory) / ".emscripten").write_text(
        f"""
LLVM_ROOT = {str(_llvm(directory))!r}
BINARYEN_ROOT = {str(directory / "debian" / "usr")!r}
NODE_JS = {shutil.which("node")!r}
CACHE = {str(directory / "emscripten-cache")!r}
"""
    )
    installed = _root(directory) / "cpython" / "installs" / f"python-{version}"
    variables = _write_sysconfigdata(node, installed / "sysconfigdata")
    _write_headers(directory / "debian", installed, minor, variables)
    emscripten = lock["platform"].partition("_")[2].replace("_", ".")
    found = {
        "version": NPM,
        "abi_version": lock["abi_version"],
        "emscripten_version": emscripten,
        "python_version": version,
    }
    _write_makefile(_root(directory), installed, found, variables)
    return found


def _root(directory: Path) -> Path:
    """Return what pyodide-build calls the root: the part that comes from Pyodide itself."""
    return directory / "xbuildenv" / "pyodide-root"


def _emscripten(directory: Path) -> Path:
    return directory / "debian" / "usr" / "share" / "emscripten"


def _llvm(directory: Path) -> Path:
    (found,) = (directory / "debian" / "usr" / "lib").glob("llvm-*/bin")
    return found


def _unpack(root: Path, minor: str) -> None:
    """Unpack Emscripten and Python into `root`, and make their programs run from there."""
    scratch = root.with_name("apt")
    wanted = ("emscripten", f"python{minor}", f"libpython{minor}-dev")
    architecture = host_python.find_architecture("x86_64")
    files = host_python.download(architecture, wanted, suite=_SUITE, directory=scratch)
    host_python.unpack_packages(files, root)
    shutil.rmtree(scratch)
    libraries = root / "usr" / "lib" / "x86_64-linux-gnu"
    paths = f"{libraries}:{_llvm(root.parent).parent / 'lib'}"
    programs = [root / "usr" / "bin" / f"python{minor}"]
    for directory in (_llvm(root.parent), root / "usr" / "bin"):
        programs += [p for p in directory.iterdir() if _PROGRAMS.fullmatch(p.name)]
    # Not RUNPATH, which does not count for the libraries of libraries, nor where they have one.
    for library in libraries.glob("lib*.so*"):
        if re.match(r"lib(LLVM|clang-cpp|binaryen)\b", library.name) and not library.is_symlink():
            run("patchelf", "--remove-rpath", library)
    options = ("--force-rpath", "--set-rpath", paths)
    interpreter = libraries / "ld-linux-x86-64.so.2"
    for program in sorted({p.resolve() for p in programs}):
        if program.read_bytes()[:4] == b"\x7fELF":
            run("patchelf", "--set-interpreter", interpreter, *options, program)


def _write_sysconfigdata(node: Path, directory: Path) -> dict[str, object]:
    """Write the variables of Pyodide's ``sysconfig``, from its library, where builds read them."""
    directory.mkdir(parents=True)
    with zipfile.ZipFile(node / "node_modules" / "pyodide" / "python_stdlib.zip") as archive:
        path = archive.extract(f"{_SYSCONFIGDATA}.py", directory)
    variables: dict[str, object] = runpy.run_path(path)["build_time_vars"]
    return variables


def _write_headers(debian: Path, installed: Path, minor: str, variables: dict[str, object]) -> None:
    """Write the headers: Debian's, which are CPython's, with version and platform of Pyodide."""
    headers = debian / "usr" / "include" / f"python{minor}"
    target = installed / "include" / f"python{minor}"
    shutil.copytree(headers, target)
    version = installed.name.partition("-")[2]
    own = {"PY_MICRO_VERSION": version.rpartition(".")[2], "PY_VERSION": f'"{version}"'}
    text = (headers / "patchlevel.h").read_text()
    for name, value in own.items():
        text = re.sub(rf"(?<=#define {name}\b).*", f" {value}", text)
    (target / "patchlevel.h").write_text(text)
    triplet = debian / "usr" / "include" / "x86_64-linux-gnu" / f"python{minor}"
    # Its names are those that ./configure knows; sysconfig has the values, 0 for undefined.
    text = (triplet / "pyconfig.h").read_text()
    names = sorted(set(re.findall(r"^(?:#define|/\* #undef) (\w+)", text, re.MULTILINE)))
    lines = [f"#define {name} {variables[name]}" for name in names if variables.get(name)]
    (target / "pyconfig.h").write_text("\n".join(["#pragma once", *lines, ""]))


def _write_makefile(
    root: Path, installed: Path, found: dict[str, str], variables: dict[str, object]
) -> None:
    """Write the file that pyodide-build asks for Pyodide's variables, and what lies around it."""
    major, minor, micro = found["python_version"].split(".")
    # The ABI's flags, as Pyodide's Python itself was compiled: exceptions and longjmp of wasm.
    flags = re.findall(r"-fwasm-exceptions|-sSUPPORT_LONGJMP=\w+", str(variables["CFLAGS"]))
    base = " ".join(dict.fromkeys(flags))
    values = {
        "PYVERSION": found["python_version"],
        **{"PYMAJOR": major, "PYMINOR": minor, "PYMICRO": micro},
        "PYODIDE_EMSCRIPTEN_VERSION": found["emscripten_version"],
        "PYODIDE_ABI_VERSION": found["abi_version"],
        "PLATFORM_TRIPLET": variables["MULTIARCH"],
        "SYSCONFIG_NAME": _SYSCONFIGDATA,
        "CPYTHONINSTALL": installed,
        "TARGETINSTALLDIR": installed,
        "PYTHONINCLUDE": installed / "include" / f"python{major}.{minor}",
        "CFLAGS_BASE": base,
        # Emscripten expects a linker for which libraries are nothing experimental any more;
        # Debian's LLVM is older, and warns, and pyodide-build makes warnings errors.
        "LDFLAGS_BASE": f"{base} -Wl,--experimental-pic",
    }
    lines = [f"export {name}={value}\n" for name, value in values.items()]
    (root / "Makefile.envs").write_text("".join([*lines, ".output_vars:\n\t@env\n"]))
    (root.parent / "requirements.txt").touch()
