"""``cross.toolchain``: zig and a cross GCC from the platform tag, with what they made run."""

from __future__ import annotations

import os
import re
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from support.backend import Backend
from support.builds import REPOSITORY, CommandFailed, install_and_run, run
from support.cmake_packages import PLACES, install_packages, lists
from support.examples import MINIMAL, USE_EXCEPTIONS, copy_example
from support.hosts import Host, needs_python_of
from support.projects import edit, write
from support.wheels import Wheel
from support.zig import install_zig

from py_build_cmake.base.places import Place
from py_build_cmake.platforms.build_machine import detect_build_machine
from py_build_cmake.platforms.machines import MACHINES
from py_build_cmake.toolchains.toolchain_file import ToolchainRequest
from py_build_cmake.toolchains.zig import zig_toolchain
from py_build_cmake.verify.contents import check_machine

PACKAGES = REPOSITORY / "tests" / "packages"
MANYLINUX = "manylinux_2_28_aarch64"
ZIG = {"cross.arch": MANYLINUX, "cross.toolchain": "zig"}


@pytest.fixture(scope="session")
def zig_packages() -> Path:
    """The directory to import zig from."""
    return install_zig()


@pytest.fixture(scope="session")
def with_zig(backend: Backend, zig_packages: Path) -> Backend:
    """The same beside zig."""
    return backend.with_env(PYTHONPATH=str(zig_packages))


def auditwheel(wheel: Path, zig_packages: Path) -> str:
    """Return the platform tag that auditwheel finds."""
    env = {"PYTHONPATH": str(zig_packages)}
    said = run(sys.executable, "-m", "auditwheel", "show", wheel, env=env)
    found = re.search(r"platform\s+tag:\s+\"(\w+)\"", said)
    assert found, said
    return found[1]


def run_on(host: Host, wheel: Path, code: str, directory: Path) -> str:
    """Run code with an unpacked wheel on the host's Python."""
    shutil.unpack_archive(wheel, directory, "zip")
    return run(host.python, "-c", code, env={"PYTHONPATH": str(directory)})


def test_two_settings_are_a_cross_configuration(
    aarch64: Host, with_zig: Backend, zig_packages: Path, tmp_path: Path
) -> None:
    """In a folder with a blank, from nothing but the headers of the Python that runs it."""
    needs_python_of(aarch64)
    project = copy_example(MINIMAL, tmp_path / "with blank")
    with (project / "CMakeLists.txt").open("a") as file:
        # In both ways in which CMake writes them; zig's linker knows neither option.
        for options in ("LINKER:--exclude-libs,ALL", "LINKER:-Bsymbolic-functions,-z,now"):
            file.write(f'target_link_options(_add_module PRIVATE "{options}")\n')
        file.write("target_link_options(_add_module PRIVATE -Wl,-z,now,--exclude-libs,ALL)\n")
    # Headers of this machine: with them, glibc would be of another architecture and version.
    with_zig = with_zig.with_env(CPATH="/usr/include:/usr/include/x86_64-linux-gnu")
    built = with_zig.build_wheel(project, ZIG)
    assert "finds nothing of this machine: CPATH=/usr/include:" in built.log
    assert built.path.name == f"{MINIMAL.distribution}-cp311-cp311-{MANYLINUX}.whl"
    assert set(built.wheel.payload) == MINIMAL.payload(aarch64.suffix)
    assert set(built.wheel.machines.values()) == {"aarch64"}
    code = "from minimal import _add_module as m; print(m.__file__)"
    assert run_on(aarch64, built.path, code, tmp_path / "unpacked").strip().endswith(aarch64.suffix)
    # The oldest glibc that it runs with is not newer than that of the tag.
    found = re.fullmatch(r"manylinux_2_(\d+)_aarch64", auditwheel(built.path, zig_packages))
    assert found
    assert int(found[1]) <= 28
    again = with_zig.build_wheel(project, ZIG)
    assert "Building C object" not in again.log
    assert again.wheel.payload == built.wheel.payload


def test_zig_for_a_host_of_32_bits(armhf: Host, with_zig: Backend, tmp_path: Path) -> None:
    """With the headers of the Python that runs the build, and with Debian's, in two halves."""
    needs_python_of(armhf)
    project = copy_example(MINIMAL, tmp_path)
    settings = {"cross.arch": "linux_armv7l", "cross.toolchain": "zig"}
    code = "from minimal import _add_module as m; print(m.add(1, 2))"
    for name, more in (("build", {}), ("debian", {"cross.include_dir": str(armhf.include_dir)})):
        built = with_zig.build_wheel(project, {**settings, **more}, out=tmp_path / name)
        assert built.path.name == f"{MINIMAL.distribution}-{armhf.tag}.whl"
        assert run_on(armhf, built.path, code, tmp_path / f"unpacked-{name}") == "3\n"
    # What cannot work is refused before anything is compiled.
    wrong = {**settings, "cross.arch": "linux_s390x", "cross.include_dir": str(armhf.include_dir)}
    message = with_zig.refusal(project, wrong)
    assert "only includes that of a machine, and there is no" in message
    assert "s390x-linux-gnu/python3.11/pyconfig.h" in message


def test_a_file_of_two_lines(with_zig: Backend, tmp_path: Path) -> None:
    project = copy_example(MINIMAL, tmp_path)
    (project / "py-build-cmake.cross.toml").write_text(
        'arch = "musllinux_1_2_x86_64"\ntoolchain = "zig"\n'
    )
    built = with_zig.build_wheel(project)
    version = "{}{}".format(*sys.version_info)
    tag = f"cp{version}-cp{version}-musllinux_1_2_x86_64"
    assert built.path.name == f"{MINIMAL.distribution}-{tag}.whl"
    (module,) = built.wheel.machines
    # Before 3.11, CPython did not tell the C libraries apart in its suffix.
    libc = "musl" if sys.version_info >= (3, 11) else "gnu"
    assert module.endswith(f".cpython-{version}-x86_64-linux-{libc}.so")
    assert b"GLIBC_" not in built.wheel.files[module]


def test_exceptions_are_translated(aarch64: Host, with_zig: Backend, tmp_path: Path) -> None:
    """In pybind11's and nanobind's modules, on the real Python of the host, which tries them."""
    project = Path(shutil.copytree(PACKAGES / "exceptions", tmp_path / "exceptions"))
    settings = {**ZIG, "cross.python": str(aarch64.sysroot), "cross.test_import": "true"}
    built = with_zig.build_wheel(project, {**settings, "cross.emulator": "auto"})
    assert "imported exceptions._nanobind" in built.log
    assert "imported exceptions._pybind" in built.log
    assert run_on(aarch64, built.path, USE_EXCEPTIONS, tmp_path / "unpacked") == "translated\n"


def test_libraries_with_a_runtime_each_are_refused(with_zig: Backend, tmp_path: Path) -> None:
    """What one throws, the other cannot catch."""
    project = copy_example(MINIMAL, tmp_path)
    write(project / "src" / "thrower.cpp", "void fail() { throw 1; }\n")
    write(
        project / "src" / "catcher.cpp",
        "void fail();\n"
        'extern "C" int caught() { try { fail(); return 0; } catch (int) { return 1; } }\n',
    )
    edit(project / "CMakeLists.txt", "LANGUAGES C)", "LANGUAGES C CXX)")
    with (project / "CMakeLists.txt").open("a") as lists:
        lists.write(
            "add_library(thrower SHARED src/thrower.cpp)\n"
            "target_sources(_add_module PRIVATE src/catcher.cpp)\n"
            "target_link_libraries(_add_module PRIVATE thrower)\n"
            "install(TARGETS thrower DESTINATION minimal)\n"
        )
    with pytest.raises(CommandFailed) as e:
        with_zig.build_wheel(project, ZIG)
    assert "needs libthrower.so, and each of the two has a C++ runtime of its own" in e.value.log
    assert not list((project / "dist").iterdir())


def test_libraries_of_other_compilers_are_refused(with_zig: Backend, tmp_path: Path) -> None:
    """Static libraries that g++ made with libstdc++, and gcc for glibc."""
    project = copy_example(MINIMAL, tmp_path)
    source = tmp_path / "vendor.cpp"
    source.write_text(
        "#include <string>\n#include <vector>\n"
        'extern "C" int vendor(const char *s) { std::vector<std::string> v; v.emplace_back(s);'
        " v.push_back(v[0] + s); return (int)v[1].size(); }\n"
    )
    vendor = project / "vendor.o"
    use = project / "src" / "use.c"
    use.write_text('int vendor(const char *); int use_vendor(void) { return vendor("a"); }\n')
    with (project / "CMakeLists.txt").open("a") as lists:
        lists.write(
            "target_sources(_add_module PRIVATE src/use.c)\n"
            "target_link_libraries(_add_module PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/vendor.o)\n"
        )
    run("aarch64-linux-gnu-g++", "-O1", "-fPIC", "-c", source, "-o", vendor)
    with pytest.raises(CommandFailed) as e:
        with_zig.build_wheel(project, ZIG)
    assert "[undefined-symbol]" in e.value.log
    assert re.search(r"needs _Z\w+", e.value.log)
    assert "another compiler" in e.value.log
    source = tmp_path / "vendor.c"
    source.write_text(
        "#include <ctype.h>\nint vendor(const char *s) { return isdigit(s[0]) + isalpha(s[0]); }\n"
    )
    run("gcc", "-O2", "-fPIC", "-c", source, "-o", vendor)
    with pytest.raises(CommandFailed) as e:
        with_zig.build_wheel(
            project, {"cross.arch": "musllinux_1_2_x86_64", "cross.toolchain": "zig"}
        )
    assert "needs __ctype_b_loc, to which only headers of glibc refer" in e.value.log


@pytest.mark.parametrize(
    "architecture",
    sorted({name for name, row in MACHINES.items() if row.zig} - {"aarch64", "x86_64"}),
)
def test_every_other_architecture_can_be_linked(
    zig_packages: Path, tmp_path: Path, architecture: str
) -> None:
    """With the oldest glibc that a tag promises."""
    environ = {**os.environ, "PATH": f"{zig_packages / 'ziglang'}:{os.environ['PATH']}"}
    machine = replace(detect_build_machine(), environ=environ, scripts_dir=tmp_path)
    source = tmp_path / "module.c"
    source.write_text('#include <stdio.h>\nvoid f(void) { puts("f"); }\n')
    tag = f"linux_{architecture}"
    toolchain = zig_toolchain(ToolchainRequest(tmp_path / tag, (tag,), Place("here")), machine)
    toolchain.write()
    module = tmp_path / f"{tag}.so"
    (compiler,) = (path for path in toolchain.programs if path.name == "cc")
    run(compiler, "-shared", "-fPIC", source, "-o", module)
    # No promise of the tag is broken.
    assert check_machine(module, module.name, (tag,)) is None


def test_no_fortran(with_zig: Backend, tmp_path: Path) -> None:
    project = copy_example(MINIMAL, tmp_path)
    lists = project / "CMakeLists.txt"
    lists.write_text(lists.read_text().replace("LANGUAGES C", "LANGUAGES C Fortran"))
    with pytest.raises(CommandFailed) as e:
        with_zig.build_wheel(project, ZIG)
    assert "zig has no Fortran compiler: write `toolchain = 'gnu'`" in e.value.log
    assert "Traceback" not in e.value.log


def test_two_builds_at_once_with_a_launcher(with_zig: Backend, tmp_path: Path) -> None:
    launcher = tmp_path / "launcher"
    launcher.write_text(f'#!/bin/sh\necho "$1" >> {tmp_path}/launched\nexec "$@"\n')
    launcher.chmod(0o755)
    settings = {**ZIG, "cmake.options.CMAKE_C_COMPILER_LAUNCHER": str(launcher)}
    projects = [copy_example(MINIMAL, tmp_path / name) for name in ("a", "b")]
    with ThreadPoolExecutor() as pool:
        one, two = pool.map(lambda project: with_zig.build_wheel(project, settings), projects)
    assert one.path.read_bytes() == two.path.read_bytes()
    launched = (tmp_path / "launched").read_text().split()
    assert len(set(launched)) == 2
    assert all(path.endswith("/toolchain/bin/cc") for path in launched)


def test_native_build_without_a_compiler(
    with_zig: Backend, zig_packages: Path, tmp_path: Path
) -> None:
    project = copy_example(MINIMAL, tmp_path)
    path = f"{with_zig.python.parent}:/nowhere"
    environment = with_zig.with_env(PATH=path)
    built = environment.build_wheel(project, {"cmake.toolchain": "zig"})
    assert "The C compiler identification is Clang" in built.log
    code = "from minimal import _add_module as m; print(m.add(1, 2))"
    assert install_and_run(built.path, code, tmp_path / "venv") == "3\n"
    # The auditwheel of older Pythons sees no C library in what needs none of its symbols.
    if sys.version_info >= (3, 10):
        assert auditwheel(built.path, zig_packages).startswith("manylinux_2_")


def test_zig_is_a_requirement_where_it_is_asked_for(backend: Backend, tmp_path: Path) -> None:
    hooks = backend.hooks(copy_example(MINIMAL, tmp_path))
    assert "ziglang" not in str(hooks.get_requires_for_build_wheel({}))
    assert "ziglang" not in str(hooks.get_requires_for_build_sdist(ZIG))
    assert any(r.startswith("ziglang>=") for r in hooks.get_requires_for_build_wheel(ZIG))


def test_gnu(aarch64: Host, backend: Backend, tmp_path: Path) -> None:
    project = copy_example(MINIMAL, tmp_path)
    settings = {
        "cross.arch": "linux_aarch64",
        "cross.toolchain": "gnu",
        "cross.python": str(aarch64.sysroot),
        "cross.test_import": "true",
    }
    built = backend.build_wheel(project, settings)
    assert "imported minimal._add_module" in built.log
    assert built.path.name == f"{MINIMAL.distribution}-{aarch64.tag}.whl"
    # What cannot be imported is not packed.
    (project / "src" / "minimal" / "__init__.py").write_text(
        '"""Needs what is not there."""\n__version__ = "1.2.3"\nimport not_there\n'
    )
    with pytest.raises(CommandFailed) as e:
        backend.build_wheel(project, settings, out=tmp_path / "out")
    assert "the extension modules cannot be imported on linux_aarch64" in e.value.log
    assert "No module named 'not_there'" in e.value.log
    assert not list((tmp_path / "out").iterdir())


# The CMakeLists.txt of the example projects of scikit-build and of nanobind.
COPIED = {
    "pybind11": """
cmake_minimum_required(VERSION 3.15...3.26)
project(example LANGUAGES CXX)
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)
find_package(pybind11 CONFIG REQUIRED)
pybind11_add_module(_core MODULE main.cpp)
target_link_libraries(_core PRIVATE pybind11::headers)
install(TARGETS _core DESTINATION example)
""",
    "nanobind": """
cmake_minimum_required(VERSION 3.15...3.27)
project(example LANGUAGES CXX)
find_package(Python 3.9 REQUIRED COMPONENTS Interpreter Development.Module
    OPTIONAL_COMPONENTS Development.SABIModule)
find_package(nanobind CONFIG REQUIRED)
nanobind_add_module(_core NB_STATIC main.cpp)
install(TARGETS _core LIBRARY DESTINATION example)
""",
}
ADD = {
    "pybind11": "#include <pybind11/pybind11.h>\nPYBIND11_MODULE(_core, m)",
    "nanobind": "#include <nanobind/nanobind.h>\nNB_MODULE(_core, m)",
}


@pytest.mark.parametrize("binding", COPIED)
def test_the_most_copied_projects(
    aarch64: Host, backend: Backend, tmp_path: Path, binding: str
) -> None:
    """As they are, for the build machine, in the native pre-build, and for the host; and with CMake
    packages in all places where requirements have them.
    """
    project = tmp_path / "project"
    write(project / "CMakeLists.txt", COPIED[binding])
    write(
        project / "main.cpp",
        ADD[binding] + ' { m.def("add", [](int a, int b) { return a + b; }); }',
    )
    write(project / "example" / "__init__.py", '"""Example."""')
    write(
        project / "pyproject.toml",
        """
        [project]
        name = "example"
        version = "1.0"
        [tool.py-build-cmake.cmake]
        generator = "Ninja"
        """,
    )
    if binding == "pybind11":
        backend = backend.with_env(PYTHONPATH=str(install_packages(tmp_path / "site")))
        parts = lists("CXX").split("project(finds LANGUAGES CXX)")
        with (project / "CMakeLists.txt").open("a") as file:
            file.write(parts[1])
    code = "from example import _core; print(_core.add(1, 2))"
    native = backend.build_wheel(project)
    assert install_and_run(native.path, code, tmp_path / "venv") == "3\n"
    settings = {
        "cross.arch": "linux_aarch64",
        "cross.toolchain": "gnu",
        "cross.python": str(aarch64.sysroot),
        "cross.native_build": "true",
    }
    built = backend.build_wheel(project, settings)
    assert built.path.name == f"example-1.0-{aarch64.tag}.whl"
    assert run_on(aarch64, built.path, code, tmp_path / "unpacked") == "3\n"
    if binding == "pybind11":
        found = {name for name in built.wheel.payload if name.endswith(".txt")}
        assert found == {f"finds/{name}.txt" for name in PLACES}


def test_gnu_with_the_headers_of_the_build_python(
    aarch64: Host, backend: Backend, tmp_path: Path
) -> None:
    needs_python_of(aarch64)
    project = copy_example(MINIMAL, tmp_path)
    settings = {"cross.arch": "linux_aarch64", "cross.toolchain": "gnu"}
    built = backend.build_wheel(project, settings)
    code = "from minimal import _add_module as m; print(m.add(1, 2))"
    assert run_on(aarch64, built.path, code, tmp_path / "unpacked") == "3\n"
    assert Wheel.read(built.path).header("Tag") == [aarch64.tag]


def test_no_gnu_compiler(backend: Backend, tmp_path: Path) -> None:
    project = copy_example(MINIMAL, tmp_path)
    settings = {"cross.arch": "linux_loongarch64", "cross.toolchain": "gnu"}
    with pytest.raises(CommandFailed) as e:
        backend.build_wheel(project, settings)
    for triple in ("loongarch64-linux-gnu", "loongarch64-conda-linux-gnu"):
        assert f"{triple}-gcc" in e.value.log
