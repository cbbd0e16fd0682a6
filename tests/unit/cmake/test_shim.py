"""The interpreter shim: a Python that runs here and names modules for another system."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import sysconfig
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import pytest
from support.configs import cross_config

from py_build_cmake.cmake.shim import (
    CONFIGURES,
    Shim,
    forget_questions,
    make_shim,
    read_questions,
    shim_script,
    sysconfig_module,
)
from py_build_cmake.platforms.build_machine import detect_build_machine
from py_build_cmake.platforms.host import HostPlatform
from py_build_cmake.platforms.host_variables import HostPaths, build_time_variables
from py_build_cmake.platforms.tags import PlatformTag

HOST = HostPlatform(
    "cp", "312", "cp312t", ("linux_s390x",), is_cross=True, soabi="cpython-312t-s390x-linux-gnu"
)
INCLUDE = Path("/sys root/usr/include/python3.12")
ASK = """
import sys, sysconfig
print(sysconfig.get_config_var("EXT_SUFFIX"), sysconfig.get_config_var("SOABI"))
print(sysconfig.get_config_var("Py_GIL_DISABLED"), sysconfig.get_platform())
print(sysconfig.get_path("include"))
print(sys.version_info[:2] == tuple(map(int, sys.argv[1].split("."))), sys.prefix)
"""
VERSION = "{}.{}".format(*sys.version_info[:2])

posix = pytest.mark.skipif(os.name != "posix", reason="the shim is a shell script")


@pytest.fixture
def shim(tmp_path: Path) -> Path:
    machine = detect_build_machine()
    modules = tmp_path / "it's $HOME"
    modules.mkdir()
    (modules / f"{machine.sysconfigdata}.py").write_text(
        sysconfig_module(build_time_variables(HOST, HostPaths(INCLUDE)))
    )
    script = tmp_path / "python3"
    script.write_text(shim_script(machine, HOST, modules))
    script.chmod(0o755)
    return script


def ask(shim: Path, *options: str, **environ: str) -> list[str]:
    done = subprocess.run(
        [shim, *options, "-c", ASK, VERSION],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **environ},
    )
    return done.stdout.splitlines()


@posix
def test_sysconfig_speaks_for_the_host(shim: Path) -> None:
    assert ask(shim) == [
        ".cpython-312t-s390x-linux-gnu.so cpython-312t-s390x-linux-gnu",
        "1 linux-s390x",
        str(INCLUDE),
        f"True {sys.prefix}",
    ]


@posix
@pytest.mark.parametrize("option", ["-I", "-E"])
def test_without_pythonpath_it_still_works(shim: Path, option: str) -> None:
    natively = subprocess.run(
        [sys.executable, option, "-c", ASK, VERSION], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert ask(shim, option)[0] == natively[0]


@posix
def test_what_is_on_pythonpath_stays_importable(shim: Path, tmp_path: Path) -> None:
    (tmp_path / "requirement.py").write_text("value = 'there'\n")
    done = subprocess.run(
        [shim, "-c", "import requirement; print(requirement.value)"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    assert done.stdout == "there\n"


@posix
def test_arguments_and_status_pass_unchanged(shim: Path) -> None:
    code = "import sys; print(sys.argv[1:]); sys.exit(3)"
    words = ["a b", "$HOME", "'", "", "*"]
    done = subprocess.run([shim, "-c", code, *words], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == (f"{words}\n", 3)


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("linux_armv7l", "linux-armv7l"),
        ("manylinux_2_17_aarch64", "linux-aarch64"),
        ("manylinux2014_x86_64", "linux-x86_64"),
        ("manylinux1_i686", "linux-i686"),
        ("musllinux_1_2_x86_64", "linux-x86_64"),
        ("macosx_11_0_arm64", "macosx-11.0-arm64"),
        ("win_arm64", "win-arm64"),
        ("win32", "win32"),
    ],
)
def test_names_of_platforms(tag: str, name: str) -> None:
    assert PlatformTag.parse(tag).sysconfig_name == name


def test_windows_modules_end_with_pyd(monkeypatch: pytest.MonkeyPatch) -> None:
    # The module changes them.
    monkeypatch.setattr(sysconfig, "_INSTALL_SCHEMES", deepcopy(sysconfig._INSTALL_SCHEMES))
    host = replace(HOST, platform_tags=("win_amd64",), soabi="cp312-win_amd64", abi_tag="cp312")
    variables: dict[str, dict[str, object]] = {}
    exec(sysconfig_module(build_time_variables(host, HostPaths())), variables)
    assert variables["build_time_vars"]["EXT_SUFFIX"] == ".cp312-win_amd64.pyd"
    assert variables["build_time_vars"]["Py_GIL_DISABLED"] == 0


# --- The whole shim: its answers in each kind of process ---


@pytest.fixture
def whole(tmp_path: Path) -> Shim:
    """The shim for a host of 32 bits, of another byte order and another system in theory."""
    machine = detect_build_machine()
    arm = HostPlatform(
        *("cp", "312", "cp312", ("linux_armv7l",)),
        is_cross=True,
        soabi="cpython-312-arm-linux-gnueabihf",
    )
    made = make_shim(tmp_path / "cross dir", machine, arm, cross_config(include_dir=INCLUDE))
    for path, text in made.files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for program in made.programs:
        program.chmod(0o755)
    return made


def run_shim(shim: Shim, *words: str | Path, configures: bool = False, **environ: str) -> str:
    env = {**os.environ, **({CONFIGURES: "1"} if configures else {}), **environ}
    done = subprocess.run(
        [shim.interpreter, *words], capture_output=True, text=True, check=False, env=env
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


OF_THE_HOST = "armv7l|armv7l|32bit|4|4|4|2147483647|3.12|(3, 12)|armv7l|armv7l|3.12"
QUESTIONS = """
import ctypes, os, platform, struct, sys
from platform import machine
import importlib.machinery, sysconfig
print(platform.machine(), machine(), platform.architecture()[0], struct.calcsize("P"),
      struct.calcsize("@l"), ctypes.sizeof(ctypes.c_void_p), sys.maxsize,
      ".".join(platform.python_version().split(".")[:2]), tuple(sys.version_info[:2]),
      os.uname().machine, platform.uname().machine, sysconfig.get_python_version(), sep="|")
print(importlib.machinery.EXTENSION_SUFFIXES[0], sys.platform, sys.byteorder, sys.executable,
      sep="|")
"""


@posix
def test_a_line_that_cmake_asks_is_answered_for_the_host(whole: Shim) -> None:
    said = run_shim(whole, "-c", QUESTIONS, configures=True)
    suffix = ".cpython-312-arm-linux-gnueabihf.so"
    assert said == f"{OF_THE_HOST}\n{suffix}|linux|little|{whole.interpreter}"
    # Also where the environment would be ignored.
    for option in ("-I", "-E"):
        assert run_shim(whole, option, "-c", QUESTIONS, configures=True) == said


@posix
def test_programs_know_their_own_process(whole: Shim, tmp_path: Path) -> None:
    truth = subprocess.run(
        [sys.executable, "-c", QUESTIONS], capture_output=True, text=True, check=True
    ).stdout.strip()
    mine = truth.rpartition("|")[0]
    script = tmp_path / "script.py"
    script.write_text(QUESTIONS)
    (tmp_path / "asked.py").write_text(QUESTIONS)
    environ = {"PYTHONPATH": str(tmp_path)}
    # Processes of the build: a line, a script, a module.
    for words in (["-c", QUESTIONS], [script], ["-m", "asked"]):
        assert run_shim(whole, *words, **environ).rpartition("|")[0] == mine
    # While CMake configures: a script, what a line imports, and what a line starts.
    import_it, start = "import asked", "import subprocess, sys; subprocess.run(['%s'] + %s)"
    lines = [
        [script],
        ["-c", import_it],
        ["-c", start % (whole.interpreter, ["-c", QUESTIONS])],
        ["-c", start % (whole.interpreter, [str(script)])],
    ]
    for words in lines:
        said = run_shim(whole, *words, configures=True, **environ)
        assert said.rpartition("|")[0] == mine


@posix
def test_scripts_that_ask_while_cmake_configures_are_noted(whole: Shim, tmp_path: Path) -> None:
    script = tmp_path / "flags.py"
    script.write_text(
        "import sys\nimport platform as p, struct\nif sys.platform == 'linux':\n    pass\n"
        "def f():\n    return p.machine()\nprint(f(), struct.calcsize('P'), sys.version_info[0])\n"
        "f()\n"
    )
    forget_questions(whole.directory)
    run_shim(whole, script)
    assert read_questions(whole.directory) == ()
    assert run_shim(whole, script, configures=True) == f"{platform.machine()} 8 3"
    found = read_questions(whole.directory)
    assert [(q.line, q.asked, q.truth, q.host) for q in found] == [
        ("6", "platform.machine()", repr(platform.machine()), "'armv7l'"),
        ("7", "struct.calcsize()", "8", "4"),
    ]
    assert str(found[0]).startswith(f"{script}:6 asks platform.machine() while CMake configures")
    forget_questions(whole.directory)
    assert read_questions(whole.directory) == ()


@posix
def test_the_interpreter_answers_under_all_names(whole: Shim) -> None:
    names = {path.name for path in whole.programs}
    version = "{}.{}".format(*sys.version_info[:2])
    assert names >= {"python", "python3", "python3.12", f"python{version}", "python3-config"}
    programs = whole.directory / "programs"
    config = programs / "python3-config"

    def ask_config(*options: str) -> list[str]:
        done = subprocess.run([config, *options], capture_output=True, text=True, check=False)
        return done.stdout.splitlines() if done.returncode == 0 else [str(done.returncode)]

    assert ask_config("--includes") == [f"-I{INCLUDE}"]
    assert ask_config("--extension-suffix", "--abiflags", "--prefix") == [
        *(".cpython-312-arm-linux-gnueabihf.so", "", str(INCLUDE.parents[1])),
    ]
    (flags,) = ask_config("--ldflags", "--embed")
    assert f"-L{INCLUDE.parents[1]}/lib -lpython3.12 " in flags
    assert ask_config("--cflags")[0].startswith(f"-I{INCLUDE} -fwrapv")
    assert ask_config("--nonsense") == ask_config() == ["1"]
    assert ask_config("--help") == []


@posix
def test_distutils_says_where_the_headers_of_the_host_are(whole: Shim) -> None:
    if sys.version_info >= (3, 12):
        pytest.importorskip("setuptools")
    code = """
from distutils.sysconfig import customize_compiler, get_config_var, get_python_inc
from distutils.ccompiler import new_compiler
compiler = new_compiler()
customize_compiler(compiler)
print(get_python_inc(), get_python_inc(1), get_python_inc(prefix="/p") != get_python_inc(),
      compiler.compiler_so[0], compiler.linker_so[:2], get_config_var("LDVERSION"), sep="|")
"""
    modules = whole.interpreter.parents[1] / "sysconfig"
    environ = {"CC": "", "CFLAGS": ""}
    os_environ = {n: v for n, v in environ.items() if n in os.environ}
    triplet = "arm-linux-gnueabihf-gcc"
    assert run_shim(whole, "-W", "ignore", "-c", code, **os_environ) == (
        f"{INCLUDE}|{INCLUDE}|True|{triplet}|['{triplet}', '-shared']|3.12"
    )
    (modules / "compilers.txt").write_text("CC=/x/gcc\nCC_FLAGS= --sysroot=/s\n")
    said = run_shim(whole, "-W", "ignore", "-c", code, **os_environ)
    assert said.endswith("|/x/gcc|['/x/gcc', '--sysroot=/s']|3.12")


@posix
@pytest.mark.parametrize("where", ["", "site"])
def test_numpy_has_the_headers_of_the_host_or_says_what_to_set(
    whole: Shim, tmp_path: Path, where: str
) -> None:
    package = tmp_path / "natively" / "numpy"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("def get_include():\n    return 'of this machine'\n")
    code = "import numpy; print(numpy.get_include())"
    environ = {"PYTHONPATH": str(package.parent)}
    if not where:
        with pytest.raises(AssertionError, match=r"numpy.get_include\(\): .*`cross.site_packages`"):
            run_shim(whole, "-c", code, **environ)
        return
    include = tmp_path / "site" / "numpy" / "_core" / "include"
    (include / "numpy").mkdir(parents=True)
    (include / "numpy" / "arrayobject.h").touch()
    (tmp_path / "site" / "numpy" / "version.py").write_text('version = "2.2.6"\n')
    cross = cross_config(include_dir=INCLUDE, site_packages=tmp_path / "site")
    host = replace(HOST, soabi="")
    made = make_shim(whole.directory, detect_build_machine(), host, cross)
    for path, text in made.files.items():
        path.write_text(text)
    assert run_shim(whole, "-c", code, **environ) == str(include)


@posix
def test_another_sitecustomize_is_run_as_well(whole: Shim, tmp_path: Path) -> None:
    """Pip's isolated builds have one, which sets the paths of packages."""
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.path.append('/theirs')\n")
    code = "import sys; print('/theirs' in sys.path, sys.executable)"
    said = run_shim(whole, "-c", code, PYTHONPATH=str(tmp_path))
    assert said == f"True {whole.interpreter}"


@posix
def test_programs_of_packages_speak_for_the_host(tmp_path: Path) -> None:
    program = tmp_path / "bin" / "pybind11-config"
    program.parent.mkdir()
    text = "import sys, sysconfig\nprint(sysconfig.get_path('include'), sys.argv[1:])\n"
    machine = detect_build_machine()
    program.write_text(f"#!/bin/sh\n'''exec' \"{machine.executable}\" \"$0\" \"$@\"\n' '''\n{text}")
    program.chmod(0o755)
    (program.parent / "other-config").write_text("#!/usr/bin/perl\n")
    (program.parent / "python3.9-config").write_text(f"#!{machine.executable}\n")
    (program.parent / "directory-config").mkdir()
    machine = replace(machine, environ={"PATH": f"/nowhere::{program.parent}"})
    made = make_shim(tmp_path / "cross", machine, HOST, cross_config(include_dir=INCLUDE))
    for path, contents in made.files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(contents)
        path.chmod(0o755)
    names = {path.name for path in made.programs}
    assert "pybind11-config" in names
    assert not names & {"other-config", "python3.9-config", "directory-config"}
    programs = made.directory / "programs"
    path = os.pathsep.join([str(programs), str(program.parent), os.environ["PATH"]])
    command = [programs / "pybind11-config", "--includes"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "PATH": path}
    )
    assert done.stdout == f"{INCLUDE} ['--includes']\n"
    program.unlink()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, "no such program" in done.stderr) == (127, True)


@posix
def test_programs_of_others_run_with_the_python_that_they_have_natively(
    whole: Shim, tmp_path: Path
) -> None:
    theirs = tmp_path / "their bin"
    theirs.mkdir()
    (theirs / "python3").write_text('#!/bin/sh\necho "their Python: $*"\n')
    (theirs / "generator").write_text("#!/usr/bin/env python3\nimport sys; print(sys.executable)\n")
    for program in theirs.iterdir():
        program.chmod(0o755)
    mine = tmp_path / "generator"
    mine.write_text((theirs / "generator").read_text())
    mine.chmod(0o755)
    path = os.pathsep.join(map(str, (whole.directory / "programs", theirs, "/usr/bin", "/bin")))

    def said(*command: str | Path) -> str:
        env = {**os.environ, "PATH": path}
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=env)
        return done.stdout.strip()

    assert said(theirs / "generator", "x") == f"their Python: {theirs}/generator x"
    assert said(mine) == str(whole.interpreter)
    named = whole.directory / "programs" / "python3"
    assert said(named, mine) == said(named, "-c", "import sys; print(sys.executable)")
    # For what the host's Python is called there is no other one.
    host_name = whole.directory / "programs" / "python3.12"
    if not (Path("/usr/bin/python3.12").exists() or sys.version_info[:2] == (3, 12)):
        assert said(host_name, theirs / "generator") == str(whole.interpreter)
