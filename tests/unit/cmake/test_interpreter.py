"""The modules that the interpreter of a cross build runs, called in this process.

Whole processes are in `test_shim`.
"""

from __future__ import annotations

import builtins
import importlib
import importlib.util
import os
import platform
import runpy
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from support.configs import cross_config

from py_build_cmake.cmake.interpreter import host_answers, python_config, run_program
from py_build_cmake.cmake.shim import host_paths, shim_facts
from py_build_cmake.platforms.build_machine import detect_build_machine
from py_build_cmake.platforms.host import HostPlatform

WINDOWS = HostPlatform("cp", "312", "cp312", ("win_arm64",), is_cross=True, soabi="cp312-win_arm64")
OF_WINDOWS = ("ARM64", "Windows", "ARM64")
SUFFIX = ".cp312-win_arm64.pyd"
PYPY = HostPlatform(
    *("pp", "311", "pypy311_pp73", ("linux_s390x",)),
    is_cross=True,
    soabi="pypy311-pp73-s390x-linux-gnu",
)
UNIVERSAL = HostPlatform(
    *("cp", "313", "cp313t", ("macosx_11_0_universal2",)),
    is_cross=True,
    soabi="cpython-313t-darwin",
)


def facts_of(host: HostPlatform, **cross: Any) -> dict[str, Any]:
    machine, config = detect_build_machine(), cross_config(**cross)
    paths = host_paths(machine, config)
    return shim_facts(machine, host, config, paths, Path("/cross/bin/python3"))


@pytest.fixture
def main(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A main module, with which this process is CMake's question, or a script, for Windows."""
    main = ModuleType("__main__")
    vars(main)["__builtins__"] = builtins
    monkeypatch.setitem(sys.modules, "__main__", main)
    monkeypatch.setattr(host_answers, "FACTS", facts_of(WINDOWS))
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.setattr(sys, "executable", sys.executable)
    monkeypatch.setattr(sys, "argv", ["-c"])
    monkeypatch.setenv(host_answers.CONFIGURES, "1")
    yield main


def value_of(main: ModuleType, code: str) -> Any:
    exec(compile(code, vars(main).get("__file__", "<string>"), "exec"), vars(main))
    return vars(main)["value"]


ANSWERS: list[tuple[str, object]] = [
    ("sys; value = sys.platform, sys.maxsize > 2**32, sys.byteorder", ("win32", True, "little")),
    ("sys; value = sys.version_info[:2], sys.version_info.major", ((3, 12), 3)),
    ("sys; v = sys.version_info; value = v.minor, v.releaselevel, v.serial", (12, "final", 0)),
    ("sys; value = sys.version.split()[0].rpartition('.')[0]", "3.12"),
    ("sys; value = hex(sys.hexversion)[:6]", "0x30c0"),
    ("sys; i = sys.implementation; value = i.name, i.cache_tag", ("cpython", "cpython-312")),
    ("sys; value = sys.abiflags", ""),
    ("platform as p; value = p.machine(), p.system(), p.processor()", OF_WINDOWS),
    ("platform as p; value = p.uname().machine, p.uname().processor", ("ARM64", "ARM64")),
    ("platform as p; value = 'ARM64' in p.platform()", True),
    ("platform as p; value = p.python_version_tuple()[:2]", ("3", "12")),
    ("platform as p; value = p.python_implementation()", "CPython"),
    ("os; value = os.uname().sysname, os.uname().machine", ("Windows", "ARM64")),
    ("struct; value = [struct.calcsize(c) for c in ('l', b'P', 'lP')]", [4, 8, 16]),
    ("ctypes as c; value = c.sizeof(c.c_long), c.sizeof(c.c_char * 3)", (4, 3)),
    ("importlib.machinery as m; value = m.EXTENSION_SUFFIXES", [SUFFIX, ".pyd"]),
    ("importlib.machinery; value = importlib.machinery.EXTENSION_SUFFIXES[0]", SUFFIX),
    ("_imp; value = _imp.extension_suffixes()[0]", SUFFIX),
    ("packaging.tags as t; value = str(next(t.sys_tags()))", "cp312-cp312-win_arm64"),
    ("packaging.tags as t; value = t.interpreter_name() + t.interpreter_version()", "cp312"),
    ("packaging.tags; value = list(packaging.tags.platform_tags())", ["win_arm64"]),
    ("sysconfig; value = sysconfig.get_python_version()", "3.12"),
    ("os, json; value = type(os).__name__, type(json).__name__", ("_View", "module")),
    ("os; os.new_one = 1; del os.new_one; value = 'sep' in dir(os)", True),
]


@pytest.mark.parametrize(("code", "value"), ANSWERS)
def test_answers_to_a_line(main: ModuleType, code: str, value: object) -> None:
    if "uname" in code and os.name != "posix":
        pytest.skip("only POSIX has it")
    host_answers.speak_for_the_host()
    assert sys.executable == "/cross/bin/python3"
    assert host_answers.CONFIGURES not in os.environ
    assert value_of(main, f"import {code}") == value
    # Whoever else asks gets the truth.
    assert struct.calcsize("l") == struct.calcsize("P") or os.name != "posix"
    assert sys.platform != "win32" or os.name == "nt"


def test_answers_for_pypy(main: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_answers, "FACTS", facts_of(PYPY))
    host_answers.speak_for_the_host()
    code = "import platform, sys; value = platform.python_implementation(), sys.byteorder"
    assert value_of(main, code) == ("PyPy", "big")
    code = "import packaging.tags; value = str(next(packaging.tags.sys_tags()))"
    assert value_of(main, code) == "pp311-pypy311_pp73-linux_s390x"


def test_a_host_of_several_machines_has_no_name_for_them(
    main: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host_answers, "FACTS", facts_of(UNIVERSAL))
    host_answers.speak_for_the_host()
    code = "import platform, sys; value = platform.machine(), sys.platform, sys.abiflags"
    assert value_of(main, code) == (platform.machine(), "darwin", "t")


def test_processes_of_the_build_are_left_alone(
    main: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(host_answers.CONFIGURES)
    host_answers.speak_for_the_host()
    assert vars(main)["__builtins__"] is builtins


@pytest.mark.parametrize("place", ["project", "site-packages"])
def test_notes_about_scripts(
    main: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, place: str
) -> None:
    monkeypatch.setattr(sys, "argv", ["script.py"])
    monkeypatch.setattr(host_answers, "_HERE", str(tmp_path))
    script = tmp_path / place / "script.py"
    vars(main)["__file__"] = str(script)
    host_answers.speak_for_the_host()
    code = "\nimport sys, platform\nfrom packaging.tags import sys_tags\n"
    code += "value = platform.machine()\nnext(sys_tags())\nsys.version_info, sys.byteorder"
    assert value_of(main, code) == platform.machine()
    notes = tmp_path / "questions.txt"
    if place != "project":
        assert not notes.exists()
        return
    assert notes.read_text().splitlines() == [
        f"{script}\t4\tplatform.machine()\t{platform.machine()!r}\t'ARM64'",
        f"{script}\t5\tpackaging.tags.sys_tags()\t\t",
    ]
    monkeypatch.setattr(host_answers, "_HERE", str(tmp_path / "not there"))
    assert value_of(main, "import sys; value = sys.platform") == sys.platform


def test_modules_about_compiling_are_changed(
    main: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    package = tmp_path / "numpy"
    package.mkdir()
    (package / "__init__.py").write_text("def get_include():\n    return 'of this machine'\n")
    distutils = tmp_path / "distutils"
    distutils.mkdir()
    (distutils / "__init__.py").touch()
    (distutils / "sysconfig.py").write_text(
        "def get_python_inc(plat_specific=0, prefix=None):\n    return prefix\n"
    )
    (tmp_path / "_sysconfigdata_x.py").write_text("build_time_vars = {'CFLAGS': '-O2'}\n")
    (tmp_path / "compilers.txt").write_text("CC=gcc\nCC_FLAGS= --sysroot=/s\nAR=ar\n")
    names = ("numpy", "distutils", "distutils.sysconfig", "_sysconfigdata_x")
    for name in names:
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    # Without that of setuptools, which replaces distutils.
    finders = [finder for finder in sys.meta_path if "distutils" not in type(finder).__module__]
    monkeypatch.setattr(sys, "meta_path", finders)
    monkeypatch.setattr(host_answers, "_HERE", str(tmp_path))
    host_answers.speak_for_the_host()

    def changed(name: str) -> Any:
        sys.modules.pop(name, None)
        return importlib.import_module(name)

    with pytest.raises(RuntimeError, match=r"numpy\.get_include\(\): .*`cross\.site_packages`"):
        changed("numpy").get_include()
    monkeypatch.setitem(host_answers.FACTS, "numpy_include", "/host/numpy")
    assert changed("numpy").get_include() == "/host/numpy"
    monkeypatch.setitem(host_answers.FACTS, "native_numpy", True)
    assert changed("numpy").get_include() == "of this machine"
    changed("distutils")
    inc = changed("distutils.sysconfig").get_python_inc
    assert (inc(), inc(1, "/p")) == (host_answers.FACTS["include_dir"], "/p")
    assert changed("_sysconfigdata_x").build_time_vars == {
        **{"CC": "gcc --sysroot=/s", "LDSHARED": "gcc --sysroot=/s -shared --sysroot=/s"},
        **{"CFLAGS": "-O2 --sysroot=/s", "AR": "ar"},
    }
    (tmp_path / "compilers.txt").unlink()
    assert changed("_sysconfigdata_x").build_time_vars == {"CFLAGS": "-O2"}
    assert importlib.util.find_spec("_sysconfigdata_that_is_not_there") is None
    for name in names:
        sys.modules.pop(name, None)


def test_sitecustomize_runs_the_other_one_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said: list[str] = []
    ours = ModuleType("_py_build_cmake_host")
    vars(ours)["speak_for_the_host"] = lambda: said.append("ours")
    monkeypatch.setitem(sys.modules, "_py_build_cmake_host", ours)
    monkeypatch.setitem(sys.modules, "said", ModuleType("said"))
    vars(sys.modules["said"])["said"] = said
    monkeypatch.setitem(sys.modules, "sitecustomize", ModuleType("sitecustomize"))
    source = Path(host_answers.__file__).with_name("sitecustomize.py")
    importlib.import_module("pkgutil")  # that runpy needs
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    runpy.run_path(str(source))
    assert said == ["ours"]
    (tmp_path / "sitecustomize.py").write_text("from said import said\nsaid.append('theirs')\n")
    importlib.invalidate_caches()
    runpy.run_path(str(source))
    assert said == ["ours", "theirs", "ours"]


VARIABLES = {
    **{"INCLUDEPY": "/i", "CONFINCLUDEPY": "/i", "LDVERSION": "3.12", "LIBDIR": "/l"},
    **{"LIBPL": "/c", "Py_ENABLE_SHARED": 0, "LIBS": "-lm ", "EXT_SUFFIX": ".so", "prefix": "/"},
}


@pytest.mark.parametrize(
    ("options", "printed"),
    [
        (["--includes", "--extension-suffix"], ["-I/i", ".so"]),
        (["--libs"], ["-lm"]),
        (["--embed", "--libs"], ["-lpython3.12 -lm"]),
        (["--ldflags"], ["-L/c -L/l -lm"]),
        (["--prefix", "--exec-prefix", "--configdir", "--abiflags"], ["/", "", "/c", ""]),
        (["--cflags"], ["-I/i "]),
    ],
)
def test_python_config(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    printed: list[str],
) -> None:
    monkeypatch.setattr(python_config, "get_config_var", VARIABLES.get)
    assert python_config.main(options) == 0
    assert capsys.readouterr().out.split("\n") == [*printed, ""]


@pytest.mark.parametrize(
    ("options", "status"), [([], 1), (["--x"], 1), (["includes"], 1), (["--help"], 0)]
)
def test_usage_of_python_config(
    capsys: pytest.CaptureFixture[str], options: list[str], status: int
) -> None:
    assert python_config.main(options) == status
    assert "--includes" in capsys.readouterr().err


def test_the_next_program_of_a_name_is_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own, theirs = tmp_path / "own", tmp_path / "theirs"
    for directory in (own, theirs):
        directory.mkdir()
        (directory / "x-config").write_text(f"import sys; print({directory.name!r}, sys.argv[1:])")
    monkeypatch.setenv("PATH", os.pathsep.join(map(str, (own, tmp_path, theirs))))
    monkeypatch.setattr(sys, "argv", [])
    assert run_program.main(str(own), "x-config", ["--a"]) == 0
    assert capsys.readouterr().out == "theirs ['--a']\n"
    assert run_program.main(str(own), "y-config", []) == 127
