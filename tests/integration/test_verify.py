"""The proof of wheels, with files that real compilers made."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import pytest
from support.backend import Backend
from support.builds import CommandFailed, run
from support.packed import write_packed
from support.projects import LOCAL, edit, write

from py_build_cmake.verify.formats.reading import read_binary
from py_build_cmake.verify.formats.report import BinaryReport
from py_build_cmake.verify.inspect import inspect_wheel
from py_build_cmake.verify.loader.manylinux import newest_glibc_symbol

Package = Callable[[str], Path]

LIBRARY = """\
#include <math.h>
#include <stdio.h>
double answer(double x) { printf("%f", x); return pow(x, 0.5); }
"""
PROGRAM = "int main(void) { return 0; }\n"


@dataclass(frozen=True)
class Compiler:
    """A C compiler of Debian, and what its files are."""

    prefix: str
    machine: str
    tag: str
    float_abi: str = ""

    def compile(self, directory: Path, name: str, text: str, *options: str) -> Path:
        source = directory / f"{name}.c"
        source.write_text(text)
        output = directory / name
        run(f"{self.prefix}gcc", "-O1", "-fPIC", source, "-o", output, *options)
        return output

    def read(self, directory: Path, name: str, text: str, *options: str) -> BinaryReport:
        found = read_binary(self.compile(directory, name, text, *options))
        assert found is not None
        assert not found.is_damaged
        assert (found.format, found.machines) == ("ELF", {self.machine})
        return found


COMPILERS = [
    Compiler("aarch64-linux-gnu-", "aarch64", "aarch64"),
    Compiler("arm-linux-gnueabihf-", "arm", "armv7l", "hard"),
    Compiler("i686-linux-gnu-", "i686", "i686"),
    Compiler("riscv64-linux-gnu-", "riscv64", "riscv64", "double"),
    Compiler("s390x-linux-gnu-", "s390x", "s390x"),
    Compiler("x86_64-linux-gnu-", "x86_64", "x86_64"),
]


@pytest.fixture(params=COMPILERS, ids=lambda compiler: compiler.machine)
def compiler(request: pytest.FixtureRequest) -> Compiler:
    found: Compiler = request.param
    if not shutil.which(f"{found.prefix}gcc"):
        pytest.skip(f"no {found.prefix}gcc on PATH")
    return found


@pytest.fixture
def native() -> Compiler:
    if sys.platform != "linux" or not shutil.which("gcc"):
        pytest.skip("needs gcc on Linux")
    machine = platform.machine()
    return Compiler("", machine, machine)


def pack(path: Path, **files: Path) -> Path:
    """Write a wheel whose files have dots for double underscores, and slashes for triple ones."""
    contents = {f"m/{name.replace('__', '.')}": file.read_bytes() for name, file in files.items()}
    return write_packed(path, contents)


def errors(path: Path) -> list[str]:
    """Return what is wrong with the compiled files of a wheel."""
    problems = inspect_wheel(path).errors
    return [p.message for p in problems if p.where.endswith(".so") or p.where == ""]


def test_shared_libraries(compiler: Compiler, tmp_path: Path) -> None:
    options = ("-shared", "-Wl,-soname,libx.so.1", "-Wl,-rpath,/opt/x", "-lm")
    found = compiler.read(tmp_path, "libx.so", LIBRARY, *options)
    assert (found.kind, found.libc, found.float_abi) == ("library", "glibc", compiler.float_abi)
    assert set(found.needed) >= {"libm.so.6", "libc.so.6"}
    assert (found.soname, found.rpaths) == ("libx.so.1", ("/opt/x",))
    power = [v for v in found.versions if "pow" in v.symbols]
    assert [(v.library, v.is_weak) for v in power] == [("libm.so.6", False)]
    assert newest_glibc_symbol(found.versions).startswith("GLIBC_2.")


def test_programs(compiler: Compiler, tmp_path: Path) -> None:
    dynamic = compiler.read(tmp_path, "dynamic", PROGRAM)
    assert (dynamic.kind, dynamic.libc) == ("executable", "glibc")
    assert "ld" in dynamic.interpreter
    fixed = compiler.read(tmp_path, "fixed", PROGRAM, "-no-pie")
    assert fixed.kind == "executable"
    static = compiler.read(tmp_path, "static", PROGRAM, "-static")
    assert (static.kind, static.libc, static.needed) == ("executable", "", ())


def test_objects_and_static_libraries(compiler: Compiler, tmp_path: Path) -> None:
    objects = []
    for name in ("a-name-that-is-too-long-for-the-header.o", "b.o"):
        assert compiler.read(tmp_path, name, LIBRARY, "-c").kind == "object"
        objects.append(tmp_path / name)
    archive = tmp_path / "libx.a"
    run(f"{compiler.prefix}gcc-ar", "rcs", archive, *objects)
    found = read_binary(archive)
    assert found is not None
    assert (found.kind, found.machines) == ("archive", {compiler.machine})
    assert found.members[0][0] == objects[0].name
    assert not found.is_damaged


def test_stripped_files(compiler: Compiler, tmp_path: Path) -> None:
    """Section headers are not needed, and files of debugging symbols alone are no trouble."""
    path = compiler.compile(tmp_path, "libx.so", LIBRARY, "-shared", "-lm", "-g")
    whole = read_binary(path)
    symbols = tmp_path / "libx.debug"
    run(f"{compiler.prefix}objcopy", "--only-keep-debug", path, symbols)
    run(f"{compiler.prefix}strip", path)
    assert read_binary(path) == whole
    debug = read_binary(symbols)
    assert debug is not None
    assert (debug.machines, debug.needed, debug.is_damaged) == ({compiler.machine}, (), False)


def test_a_wheel_for_the_machine_and_for_another(compiler: Compiler, tmp_path: Path) -> None:
    library = compiler.compile(tmp_path, "libx.so", LIBRARY, "-shared", "-lm")
    for kind in ("linux", "manylinux_2_99"):
        good = pack(tmp_path / f"m-1.0-py3-none-{kind}_{compiler.tag}.whl", x__so=library)
        assert errors(good) == []
    other = "linux_ppc64le"
    bad = pack(tmp_path / f"m-1.0-py3-none-{other}.whl", x__so=library)
    assert [message.split(",")[0] for message in errors(bad)] == [f"is ELF for {compiler.machine}"]
    musl = pack(tmp_path / f"m-1.0-py3-none-musllinux_1_2_{compiler.tag}.whl", x__so=library)
    assert "linked to glibc" in errors(musl)[0]
    assert "every machine" in errors(pack(tmp_path / "m-1.0-py3-none-any.whl", x__so=library))[0]


def test_symbols_that_are_too_new(native: Compiler, tmp_path: Path) -> None:
    script = tmp_path / "versions"
    for version in ("GLIBC_2.30", "GLIBC_2.99"):
        # A libc that never was: what counts is what the library that is linked to says.
        script.write_text(f"{version} {{ gettid; }};\n")
        stub = native.compile(
            *(tmp_path, "libc.so.6", "int gettid(void) { return 1; }\n", "-shared", "-nostdlib"),
            *("-Wl,-soname,libc.so.6", f"-Wl,--version-script={script}"),
        )
        user = native.compile(
            *(tmp_path, "user.so", "int gettid(void); int g(void) { return gettid(); }\n"),
            *("-shared", "-nostdlib", str(stub)),
        )
        tag = f"manylinux_2_34_{native.tag}"
        found = inspect_wheel(pack(tmp_path / f"m-1.0-py3-none-{tag}.whl", x__so=user))
        assert found.is_sound is (version == "GLIBC_2.30")
        for problem in found.errors:
            assert "needs GLIBC_2.99 of libc.so.6 for gettid" in problem.message
            assert f"`manylinux_2_99_{native.tag}` would be right" in problem.hint


def test_soft_float(tmp_path: Path) -> None:
    compiler = COMPILERS[1]
    if not shutil.which(f"{compiler.prefix}gcc"):
        pytest.skip(f"no {compiler.prefix}gcc on PATH")
    options = ("-shared", "-nostdlib", "-march=armv6", "-marm", "-mfloat-abi=soft")
    library = compiler.compile(tmp_path, "libx.so", "int f(void) { return 1; }\n", *options)
    assert read_binary(library).float_abi == "soft"  # type: ignore[union-attr]
    wheel = pack(tmp_path / "m-1.0-py3-none-manylinux_2_31_armv7l.whl", x__so=library)
    assert "promises hard float" in errors(wheel)[0]
    assert errors(pack(tmp_path / "m-1.0-py3-none-linux_armv7l.whl", x__so=library)) == []
    old = pack(tmp_path / "m-1.0-py3-none-linux_armv6l.whl", x__so=library)
    assert inspect_wheel(old).warnings == ()
    library = compiler.compile(tmp_path, "libx.so", "int f(void) { return 1; }\n", *options[:2])
    new = pack(tmp_path / "m-1.0-py3-none-linux_armv6l.whl", x__so=library)
    assert any("ARMv7" in message for message in errors(new))


# An assembler source that says nothing of the stack, for any machine.
ASSEMBLER = ".text\n.globl f\n.type f, %function\nf: .long 0\n"


def codes(compiler: Compiler, library: Path, kind: str = "manylinux_2_99") -> set[str]:
    """Return the kinds of findings about a library in a wheel."""
    tag = f"{kind}_{compiler.tag}"
    name = f"m-1.0-cp311-abi3-{tag}.whl" if "abi3" in library.name else f"m-1.0-py3-none-{tag}.whl"
    wheel = pack(library.parent / name, x__so=library)
    return {f.code.text for f in inspect_wheel(wheel).findings}


def test_what_a_file_wants_of_memory(compiler: Compiler, tmp_path: Path) -> None:
    source = tmp_path / "stack.s"
    source.write_text(ASSEMBLER)
    shared = (*(tmp_path, "x.so", LIBRARY, "-shared", "-lm"),)
    assert codes(compiler, compiler.compile(*shared)) == set()
    # On machines that have executable stacks unless a file says that it needs none.
    said = codes(compiler, compiler.compile(*shared, str(source)))
    is_executable = compiler.machine in ("arm", "i686", "s390x", "x86_64")
    assert said == ({"executable-stack"} if is_executable else set())
    assert "executable-stack" in codes(compiler, compiler.compile(*shared, "-Wl,-z,execstack"))
    said = codes(compiler, compiler.compile(*shared, "-Wl,-z,max-page-size=4096"))
    assert said == ({"small-pages"} if compiler.machine == "aarch64" else set())


def test_what_a_file_wants_of_the_processor(compiler: Compiler, tmp_path: Path) -> None:
    options = {"x86_64": "-Wl,-z,x86-64-v3", "riscv64": "-march=rv64gc_zbb"}
    newer = options.get(compiler.machine)
    if newer is None:
        pytest.skip("files do not say it, or have one processor")
    library = compiler.compile(tmp_path, "x.so", LIBRARY, "-shared", "-lm", newer)
    assert codes(compiler, library) == {"newer-cpu"}


def test_symbols_that_are_nowhere(compiler: Compiler, tmp_path: Path) -> None:
    """Of a real C library, whatever versions it has, and of Python."""
    text = "#include <stdio.h>\nint PyLong_Check_(void), forgotten(void);\n"
    text += 'int f(void) { return puts("") + PyLong_Check_() + forgotten(); }\n'
    library = compiler.compile(tmp_path, "x.so", text, "-shared")
    assert codes(compiler, library) == {"undefined-symbol"}
    assert errors(tmp_path / f"m-1.0-py3-none-manylinux_2_99_{compiler.tag}.whl") == [
        "needs forgotten, which no library that it needs has"
    ]
    # Without the library that it is linked to by its source: every Python has loaded it.
    math = "double pow(double, double); double f(double x) { return pow(x, x); }\n"
    library = compiler.compile(tmp_path, "x.so", math, "-shared")
    assert codes(compiler, library) == set()
    atomic = "struct s { long a[4]; } g; struct s f(void) { struct s r;"
    atomic += " __atomic_load(&g, &r, 5); return r; }\n"
    library = compiler.compile(tmp_path, "x.so", atomic, "-shared")
    assert codes(compiler, library) == {"undefined-symbol"}
    assert codes(
        compiler, compiler.compile(*(tmp_path, "x.so", atomic, "-shared"), "-latomic")
    ) == {"missing-library"}


@pytest.mark.skipif(sys.version_info < (3, 10), reason="its headers lack PyModule_AddType")
def test_the_stable_abi_that_is_used(backend: Backend, package: Package) -> None:
    """The tag follows from what the module needs of Python, and is not believed if it is lower."""
    project = package("c-extension")
    edit(
        project / "CMakeLists.txt", '".${Python3_SOABI}${CMAKE_SHARED_MODULE_SUFFIX}"', '".abi3.so"'
    )
    with (project / "CMakeLists.txt").open("a") as file:
        file.write("target_compile_definitions(_native PRIVATE Py_LIMITED_API=0x03090000)\n")
    call = "PyObject_GetIter(arguments), PyModule_AddType(self, 0);"
    edit(
        project / "src" / "_native.c",
        "{ return PyLong_FromLong(42)",
        f"{{ {call} return PyLong_FromLong(42)",
    )
    write(project / LOCAL, '[wheel]\npython_abi = "abi3"\n')
    built = backend.build_wheel(project)
    assert "-cp310-abi3-linux_" in built.path.name
    assert "python tag: cp310 (the stable ABI that is used)" in built.log
    write(project / LOCAL, '[wheel]\npython_abi = "abi3"\nabi3_minimum_cpython_version = 39\n')
    with pytest.raises(CommandFailed) as failure:
        backend.build_wheel(project)
    assert "[newer-stable-abi]" in failure.value.log


def test_doctored_wheels(backend: Backend, package: Package, tmp_path: Path) -> None:
    """A wheel of the backend under tags that it does not keep."""
    path = backend.build_wheel(package("c-extension")).path
    assert inspect_wheel(path).is_sound
    assert [file.suffix is not None for file in inspect_wheel(path).files] == [True]
    base, python, abi, tag = path.name[: -len(".whl")].rsplit("-", 3)
    another = "cp310" if python == "cp39" else "cp39"
    for name, message in (
        (f"{python}-{abi}-win_amd64", "is ELF for"),
        (f"{python}-{abi}-macosx_11_0_universal2", "is ELF for"),
        (f"{another}-{another}-{tag}", f"its suffix is that of {python}"),
        (f"{python}-{abi}t-{tag}", "its suffix is that of another ABI"),
        (f"{python}-abi3-{tag}", f"its suffix is that of {python} alone"),
        ("py3-none-any", "every machine"),
    ):
        with zipfile.ZipFile(path) as wheel:
            members = [name for name in wheel.namelist() if ".dist-info/" not in name]
            files = {member: wheel.read(member) for member in members}
        doctored = write_packed(tmp_path / f"{base}-{name}.whl", files)
        (found,) = errors(doctored)
        assert message in found


def test_the_lowest_tag(backend: Backend, package: Package, native: Compiler) -> None:
    """The front end is told the same tag before and after, and nothing is compiled twice."""
    project = package("c-extension")
    write(project / LOCAL, '[wheel]\nplatform_tag = "auto"\n')
    log: list[str] = []
    hooks = backend.hooks(project, log)
    metadata = project / "metadata"
    metadata.mkdir()
    name = hooks.prepare_metadata_for_build_wheel(str(metadata))
    wheel_text = (metadata / name / "WHEEL").read_text()
    assert "manylinux_2_" in wheel_text
    built = backend.build_wheel(project, metadata=metadata / name)
    assert "-manylinux_2_" in built.path.name
    assert built.wheel.header("Tag") == [wheel_text.split("Tag: ")[1].strip()]
    assert "Building C object" in log[0]
    assert "Building C object" not in built.log
    assert inspect_wheel(built.path).is_sound
    directories = [p.name for p in (project / ".py-build-cmake_cache").iterdir() if p.is_dir()]
    assert [name.rpartition("-")[2] for name in directories] == [f"linux_{native.tag}"]


def test_expected_and_forbidden_files(backend: Backend, package: Package) -> None:
    project = package("c-extension")
    write(project / LOCAL, '[wheel]\nexpect = ["*.pyi"]\nforbid = ["__init__.py"]\n')
    message = backend.refusal(project)
    for part in (
        "`wheel.expect`: nothing in the wheel matches '*.pyi'",
        "c_extension/__init__.py: must not be in the wheel",
    ):
        assert part in message
    write(project / LOCAL, '[wheel]\nexpect = ["_native.*"]\nforbid = ["*.pdb"]\n')
    assert backend.build_wheel(project).path.exists()


def test_a_path_of_the_build_tree(backend: Backend, package: Package, native: Compiler) -> None:
    """Files that are installed without CMake's help keep what they were linked with."""
    project = package("c-extension")
    edit(
        project / "CMakeLists.txt",
        "install(TARGETS",
        'file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/helper.c "int helper(void) { return 1; }")\n'
        "add_library(helper SHARED ${CMAKE_CURRENT_BINARY_DIR}/helper.c)\n"
        "target_link_libraries(_native PRIVATE -Wl,--no-as-needed helper)\n"
        "install(FILES $<TARGET_FILE:_native> $<TARGET_FILE:helper> DESTINATION c_extension/x)\n"
        "install(TARGETS",
    )
    with pytest.raises(CommandFailed) as failure:
        backend.build_wheel(project)
    log = failure.value.log
    said = [line for line in log.splitlines() if "error: " in line and "[build-rpath]" in line]
    assert len(said) == 1
    assert "c_extension/x/_native" in said[0]
    assert f"looks for libraries in {project}" in said[0]
    assert "INSTALL_RPATH '$ORIGIN/x'" in log
    # With the paths that the message proposes.
    edit(project / "CMakeLists.txt", "install(FILES $<TARGET_FILE:_native> ", "install(FILES ")
    with (project / "CMakeLists.txt").open("a") as file:
        file.write("set_target_properties(_native PROPERTIES INSTALL_RPATH [[$ORIGIN/x]])\n")
    assert inspect_wheel(backend.build_wheel(project).path).is_sound


def test_inspect_reads_what_readelf_reads(native: Compiler) -> None:
    """The reader against binutils, on a program with many needs."""
    if not shutil.which("readelf"):
        pytest.skip("no readelf on PATH")
    path = Path(sys.executable).resolve()
    found = read_binary(path)
    assert found is not None
    command = ["readelf", "--wide", "-d", "-V", str(path)]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    needed = [line.split("[")[1].rstrip("]") for line in text.splitlines() if "(NEEDED)" in line]
    assert list(found.needed) == needed
    tail = text.partition(".gnu.version_r")[2]
    names = {line.split("Name: ")[1].split()[0] for line in tail.splitlines() if "Name: " in line}
    assert {version.name for version in found.versions} == names
