"""``py-build-cmake cross``: what it prints, and what it finds wrong."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from py_build_cmake.base.console import Console
from py_build_cmake.base.errors import Error
from py_build_cmake.building import session as session_module
from py_build_cmake.building import toolchain_check as cross_toolchain
from py_build_cmake.building.cross_check import with_reasons
from py_build_cmake.cli.cross import init as cross_init
from py_build_cmake.cli.program import program
from py_build_cmake.cmake.probes import Preset, Program, ToolchainVariables
from py_build_cmake.config.load import load_config
from py_build_cmake.config.settings import ConfigSettings
from py_build_cmake.platforms.build_machine import BuildMachine, detect_build_machine
from py_build_cmake.project.plan import make_plan

MINOR = sys.version_info[1]
PATCHLEVEL = f"#define PY_MAJOR_VERSION 3\n#define PY_MINOR_VERSION {MINOR}\n"
SOABI = f"cpython-3{MINOR}-aarch64-linux-gnu"
# The header of an empty object file.
X86_64 = bytes.fromhex("7f454c46020101000000000000000000 03003e0001000000") + bytes(40)
CROSS = "python = 'sysroot'\narch = 'linux_aarch64'\ntoolchain_file = 't.cmake'\n"
GCC = Path("/opt/bin/aarch64-linux-gnu-gcc")
RIGHT = {
    "CMAKE_SYSTEM_NAME": "Linux",
    "CMAKE_SYSTEM_PROCESSOR": "aarch64",
    "CMAKE_CROSSCOMPILING": "TRUE",
}


def compiler(target: str = "aarch64-linux-gnu", path: Path | None = GCC, **more: str) -> Program:
    variable = more.get("variable", "CMAKE_C_COMPILER")
    return Program(variable, str(path), path, "the toolchain", target)


def tool(path: str, source: str = "the toolchain", variable: str = "CMAKE_STRIP") -> Program:
    return Program(variable, path, Path(path), source)


class Machine:
    """What a build would find."""

    def __init__(self, include_dir: Path) -> None:
        self.include_dir = include_dir
        self.variables: Mapping[str, str] = RIGHT
        self.compilers = [compiler()]
        self.tools: list[Program] = []

    def platform(self) -> BuildMachine:
        own = detect_build_machine()
        linux = replace(own, platform_tag="linux_x86_64", os="linux", implementation="cp")
        return replace(linux, include_dir=self.include_dir)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    path = (tmp_path / "project").resolve()
    (path / "sysroot/include/python3").mkdir(parents=True)
    (path / "pyproject.toml").write_text(
        '[project]\nname = "a-b"\nversion = "1"\n[tool.py-build-cmake.cmake]\n'
    )
    (path / "a_b.py").write_text('"""A module."""\n__version__ = "1"\n')
    for name in ("CMakeLists.txt", "t.cmake"):
        (path / name).touch()
    (path / "sysroot/include/python3/patchlevel.h").write_text(PATCHLEVEL)
    (path / "sysroot/include/python3/pyconfig.h").write_text("#define SIZEOF_VOID_P 8\n")
    (path / "py-build-cmake.cross.toml").write_text(CROSS)
    return path


@pytest.fixture
def machine(project: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """The programs and variables that a build would find, which a test may change."""
    found = Machine(project / "sysroot/include/python3")
    monkeypatch.setattr(cross_toolchain, "cmake_program", lambda _: Path("cmake"))
    monkeypatch.setattr(
        cross_toolchain, "probe_toolchain", lambda *_: ToolchainVariables(found.variables)
    )
    monkeypatch.setattr(cross_toolchain, "compilers", lambda *_: iter(found.compilers))
    monkeypatch.setattr(cross_toolchain, "tools", lambda *_: iter(found.tools))
    monkeypatch.setattr(session_module, "detect_build_machine", found.platform)
    return found


def run(project: Path, *arguments: object) -> Result:
    return CliRunner().invoke(program, ["--directory", str(project), "cross", *map(str, arguments)])


def checked(project: Path, *arguments: object) -> dict[str, Any]:
    result = run(project, "check", "--json", *arguments)
    found: dict[str, Any] = json.loads(result.stdout)
    assert result.exit_code == (0 if found["is_right"] else 1), result.output
    assert found["is_right"] == (not found["problems"])
    return found


def messages(found: dict[str, Any], kind: str = "problems") -> list[str]:
    return [problem["message"] for problem in found[kind]]


def test_everything_that_will_be_used(project: Path, machine: Machine) -> None:
    machine.tools = [tool("/opt/bin/aarch64-linux-gnu-strip")]
    found = checked(project)
    assert (messages(found), messages(found, "warnings")) == ([], [])
    assert found["tag"] == f"cp3{MINOR}-cp3{MINOR}-linux_aarch64"
    assert found["wheel"] == f"a_b-1-{found['tag']}.whl"
    assert (found["ext_suffix"], found["stable_abi_suffix"]) == (f".{SOABI}.so", ".abi3.so")
    python = {fact["name"]: (fact["value"], fact["source"]) for fact in found["python"]}
    headers = project / "sysroot/include/python3"
    assert python["version"] == (f"3{MINOR}", str(headers / "patchlevel.h"))
    assert python["abi"] == (f"cp3{MINOR}", str(headers / "pyconfig.h"))
    assert python["arch"] == ("linux_aarch64", "py-build-cmake.cross.toml: `arch`")
    assert python["soabi"] == (SOABI, "abi and arch")
    assert found["hints"][0]["Python_INCLUDE_DIR"] == headers.as_posix()
    assert found["hints"][0]["Python3_SOABI"] == SOABI
    assert [p["path"] for p in found["programs"]] == [str(GCC), "/opt/bin/aarch64-linux-gnu-strip"]
    assert found["native_build"] == ""


def test_the_text_for_people(project: Path, machine: Machine) -> None:
    result = run(project, "check", "-C", "cross.native_build=true")
    assert result.exit_code == 0, result.output
    assert "native pre-build: `native_build`" in result.output
    assert f"CMAKE_C_COMPILER = {GCC}, for aarch64-linux-gnu  (the toolchain)" in result.output
    assert f"Python_SOABI = {SOABI}" in result.output
    assert result.output.endswith("nothing is wrong\n")
    machine.compilers = [compiler(path=None)]
    result = run(project, "check")
    assert result.exit_code == 1
    assert "NOT FOUND" in result.output
    assert result.output.endswith("1 thing is wrong\n")


@pytest.mark.parametrize(
    ("found", "variables", "said"),
    [
        ([], {}, ["no compiler is named"]),
        ([compiler(path=None)], {}, ["None was not found"]),
        (
            [compiler("x86_64-linux-gnu", Path("/usr/bin/gcc")), tool("/usr/bin/ar", "CMake")],
            {},
            ["/usr/bin/gcc compiles for x86_64-linux-gnu: the tag linux_aarch64 is for aarch64"],
        ),
        ([compiler("aarch64-w64-mingw32")], {}, ["is for linux, and aarch64-w64-mingw32"]),
        ([compiler()], {"CMAKE_SYSTEM_NAME": "Windows"}, ["CMAKE_SYSTEM_NAME is Windows"]),
        ([compiler()], {"CMAKE_SYSROOT": "/no/where"}, ["there is no directory /no/where"]),
        (
            [compiler(), tool("/opt/bin/x86_64-linux-gnu-strip")],
            {},
            ["x86_64-linux-gnu-strip, which the toolchain names, belongs to the machine that"],
        ),
        ([compiler(), tool("/opt/llvm/bin/llvm-strip")], {}, []),
        ([compiler(path=Path("/opt/x/gcc")), tool("/opt/x/strip")], {}, []),
    ],
)
def test_what_is_wrong_with_a_toolchain(
    project: Path,
    machine: Machine,
    found: list[Program],
    variables: dict[str, str],
    said: list[str],
) -> None:
    machine.compilers = [p for p in found if p.variable.endswith("COMPILER")]
    machine.tools = [p for p in found if p not in machine.compilers]
    machine.variables = {**RIGHT, **variables}
    problems = messages(checked(project))
    assert len(problems) == len(said)
    assert all(text in message for text, message in zip(said, problems))


def test_a_plain_strip_of_the_system(
    project: Path, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "resolve", lambda self, strict=False: self)
    machine.tools = [tool("/usr/bin/strip")]
    (message,) = messages(checked(project))
    assert message == (
        "/usr/bin/strip, which the toolchain names, belongs to the machine that builds"
    )


@pytest.mark.parametrize(
    ("found", "variables", "said"),
    [
        ([compiler("")], RIGHT, "does not say what it compiles for"),
        ([compiler("?")], RIGHT, "says '?' what it compiles for"),
        ([compiler()], {}, "does not know that it cross-compiles"),
        (
            [compiler(variable="CMAKE_CXX_COMPILER")],
            RIGHT,
            "CMAKE_C_COMPILER is not set",
        ),
        (
            [compiler()],
            {**RIGHT, "CMAKE_SYSTEM_PROCESSOR": "armv7l"},
            "CMAKE_SYSTEM_PROCESSOR is armv7l",
        ),
    ],
)
def test_what_is_doubtful(
    project: Path, machine: Machine, found: list[Program], variables: dict[str, str], said: str
) -> None:
    machine.compilers, machine.variables = found, variables
    warnings = messages(checked(project), "warnings")
    assert any(said in warning for warning in warnings)


@pytest.mark.parametrize(
    ("cross", "said"),
    [
        ("arch = 'linux_aarch64'\n", "nothing says where the headers"),
        ("arch = 'linux_aarch64'\nversion = '312'\ninclude_dir='sysroot'\n", "no patchlevel.h in"),
        (
            "arch = 'linux_aarch64'\nversion = '31'\ninclude_dir='sysroot/include/python3'\n",
            f"says that version is '3{MINOR}', and the host system's Python has '31'",
        ),
        ("arch = 'linux_riscv32'\n", "the SOABI is not known"),
        (
            "arch = 'linux_aarch64'\nversion = '39'\nprefix = 'other'\n",
            "other has the headers of python3.99, and the wheel is for Python 3.9",
        ),
    ],
)
@pytest.mark.usefixtures("machine")
def test_a_python_that_cannot_be_found_or_is_another(project: Path, cross: str, said: str) -> None:
    (project / "other/include/python3.99").mkdir(parents=True)
    (project / "other/include/python3.99/patchlevel.h").touch()
    (project / "py-build-cmake.cross.toml").write_text(cross)
    found = checked(project)
    assert any(said in text for kind in ("problems", "warnings") for text in messages(found, kind))


def test_headers_that_options_or_the_sysroot_lead_to(project: Path, machine: Machine) -> None:
    """Nothing is doubtful then, although no key of the cross file says where the headers are."""
    text = f"arch = 'linux_aarch64'\nversion = '3{MINOR}'\ntoolchain_file = 't.cmake'\n"
    (project / "py-build-cmake.cross.toml").write_text(text)
    assert messages(checked(project), "warnings")
    machine.variables = {**RIGHT, "Python3_ROOT_DIR": "/opt/python"}
    assert messages(checked(project), "warnings") == []
    headers = project / f"root/usr/include/python3.{MINOR}"
    headers.mkdir(parents=True)
    (headers / "patchlevel.h").touch()
    machine.variables = {**RIGHT, "CMAKE_FIND_ROOT_PATH": str(project / "root")}
    assert messages(checked(project), "warnings") == []


@pytest.mark.usefixtures("machine")
def test_a_failed_build_says_what_the_check_finds(
    project: Path, machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = make_plan(load_config(project, ConfigSettings(), machine.platform()), machine.platform())
    machine.compilers = [compiler(path=None)]
    machine.variables = {**RIGHT, "CMAKE_SYSTEM_PROCESSOR": "riscv64"}
    first, *more = with_reasons(Error("it failed"), plan, Console()).problems
    assert first.message == "it failed"
    assert [problem.message for problem in more] == ["None was not found"]
    assert "CMAKE_SYSTEM_PROCESSOR is riscv64" in capsys.readouterr().err


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize("folder", ["plain", "Ada's", "a \"b\" 'c'"])
def test_what_was_read_is_named_whatever_its_path_is(project: Path, folder: str) -> None:
    """Values are handed on as values: no quotation mark in them makes a difference."""
    sysroot = project / folder
    (project / "sysroot").rename(sysroot)
    quoted = json.dumps(f"{folder}/include/python3")
    text = f"arch = 'linux_aarch64'\ntoolchain_file = 't.cmake'\npython = {quoted}\n"
    (project / "py-build-cmake.cross.toml").write_text(text)
    facts = {fact["name"]: fact for fact in checked(project)["python"]}
    assert facts["include_dir"]["value"] == str(sysroot / "include" / "python3")
    assert facts["include_dir"]["source"].startswith(str(sysroot))
    assert facts["version"]["value"] == f"3{MINOR}"


@pytest.mark.usefixtures("machine")
def test_a_library_of_another_machine(project: Path) -> None:
    (project / "libpython3.so").write_bytes(X86_64)
    (message,) = messages(checked(project, "-C", "cross.library=libpython3.so"))
    assert "libpython3.so" in message


@pytest.mark.usefixtures("machine")
def test_debians_pyconfig_needs_the_sysroot(project: Path, machine: Machine) -> None:
    pyconfig = project / "sysroot/include/python3/pyconfig.h"
    pyconfig.write_text("#include <aarch64-linux-gnu/python3/pyconfig.h>\n")
    warnings = messages(checked(project), "warnings")
    assert any("finds only below its CMAKE_SYSROOT" in warning for warning in warnings)
    (project / "sysroot/usr").mkdir()
    (project / "sysroot/usr/include").symlink_to("../include")
    machine.variables = {**RIGHT, "CMAKE_SYSROOT": str(project / "sysroot")}
    assert messages(checked(project), "warnings") == []


def test_a_toolchain_file_that_fails(
    project: Path, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> ToolchainVariables:
        raise Error("CMake cannot begin", where="t.cmake")

    monkeypatch.setattr(cross_toolchain, "probe_toolchain", fail)
    found = checked(project)
    assert machine.compilers
    assert messages(found) == ["CMake cannot begin"]
    assert found["wheel"]


def test_a_preset_is_looked_into(
    project: Path, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    preset = Preset(
        {"CMAKE_TOOLCHAIN_FILE": (":FILEPATH", "/p/t.cmake"), "X": ("", "1")}, {"CC": "own"}
    )
    asked: list[tuple[object, Mapping[str, str], list[str]]] = []

    def probe(*arguments: Any) -> ToolchainVariables:
        asked.append(arguments[2:])
        return ToolchainVariables({"CMAKE_CROSSCOMPILING": "TRUE"})

    monkeypatch.setattr(cross_toolchain, "probe_preset", lambda *_: preset)
    monkeypatch.setattr(cross_toolchain, "probe_toolchain", probe)
    machine.compilers = [compiler(path=None)]
    (project / "py-build-cmake.cross.toml").write_text(CROSS.replace("toolchain_file", "# "))
    found = checked(project, "-C", "cmake.preset=p")
    ((file, environ, definitions),) = asked
    assert (file, environ["CC"], definitions) == (None, "own", preset.definitions)
    assert found["problems"][0]["where"] == "/p/t.cmake: CMAKE_C_COMPILER"


def test_mistakes_in_the_configuration_have_the_same_form(project: Path) -> None:
    (project / "py-build-cmake.cross.toml").write_text("arch = 'aarch64'\n")
    found = checked(project)
    assert "is an architecture, not a platform tag" in messages(found)[0]
    result = run(project, "check")
    assert result.exit_code == 1
    assert "py-build-cmake: error: py-build-cmake.cross.toml: `arch`" in result.output


def test_a_project_without_a_cross_build(project: Path) -> None:
    (project / "py-build-cmake.cross.toml").unlink()
    result = run(project, "check")
    assert result.exit_code == 1
    assert "there is no cross configuration" in result.output
    assert "the environment asks for no cross build" in result.output
    assert "not Pyodide: PYODIDE is not 1" in result.output


def test_the_environment_asks_for_a_cross_build(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "py-build-cmake.cross.toml").unlink()
    monkeypatch.setenv("_PYTHON_HOST_PLATFORM", "linux-riscv64")
    result = run(project, "check")
    assert "cross-compiling for linux_riscv64: _PYTHON_HOST_PLATFORM=linux-riscv64" in result.output
    assert "not Pyodide: PYODIDE is not 1" in result.output


@pytest.mark.usefixtures("machine")
def test_a_project_without_cmake(project: Path) -> None:
    (project / "pyproject.toml").write_text(
        '[project]\nname = "a-b"\nversion = "1"\n[tool.py-build-cmake]\n'
    )
    assert messages(checked(project), "warnings") == [
        "there is no CMake configuration; nothing will be compiled"
    ]


@pytest.mark.usefixtures("machine")
def test_a_file_that_init_wrote_is_right(project: Path) -> None:
    output = project / "sub" / "aarch64.toml"
    output.parent.mkdir()
    arguments = ("init", "--python", project / "sysroot", "--toolchain", project / "t.cmake")
    result = run(project, *arguments, "--arch", "linux_aarch64", "-o", output)
    assert result.exit_code == 0, result.output
    text = output.read_text()
    assert 'python = "../sysroot"\n' in text
    assert 'toolchain_file = "../t.cmake"\n' in text
    assert 'arch = "linux_aarch64"\n' in text
    assert f'# version = "3{MINOR}"\n' in text
    assert checked(project, "--cross", output)["tag"] == f"cp3{MINOR}-cp3{MINOR}-linux_aarch64"


@pytest.mark.usefixtures("machine")
def test_init_replaces_nothing_unless_told(project: Path) -> None:
    output = project / "py-build-cmake.cross.toml"
    arguments = ("init", "--python", project / "sysroot", "--arch", "linux_aarch64")
    result = run(project, *arguments)
    assert result.exit_code == 1
    assert "exists already" in result.output
    assert output.read_text() == CROSS
    assert run(project, *arguments, "--force").exit_code == 0
    assert '# toolchain_file = "aarch64.toolchain.cmake"' in output.read_text()


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--python", "nowhere"), "there is no file or directory nowhere"),
        (("--python", "{sysroot}"), "does not say which platform it is for"),
        (
            ("--python", "{sysroot}", "--arch", "win32", "--toolchain", "none"),
            "no file none",
        ),
        (
            ("--python", "{sysroot}", "--arch", "win32", "-o", "/no/where/x"),
            "no directory /no/where",
        ),
        (
            ("--python", "build", "--arch", "ios_13_0_arm64_iphoneos"),
            "for Linux, Windows and macOS only",
        ),
        (("--python", "{sysroot}", "--arch", "linux_arm64"), "write 'linux_aarch64'"),
        (("--python", "{sysroot}", "--arch", "linux_sparc64"), "give `--allow-unknown-tags`"),
    ],
)
def test_init_says_what_is_missing(project: Path, arguments: tuple[str, ...], said: str) -> None:
    (project / "py-build-cmake.cross.toml").unlink()
    words = [word.format(sysroot=project / "sysroot") for word in arguments]
    result = run(project, "init", *words)
    assert result.exit_code == 1
    assert said in result.output
    assert not (project / "py-build-cmake.cross.toml").exists()


@pytest.mark.usefixtures("machine")
def test_init_for_a_machine_that_is_not_known_here(project: Path) -> None:
    arguments = ("init", "--force", "--python", project / "sysroot", "--allow-unknown-tags")
    result = run(project, *arguments, "--arch", "linux_sparc64")
    assert result.exit_code == 0, result.output
    found = checked(project)
    assert found["tag"].endswith("-linux_sparc64")


@pytest.mark.usefixtures("machine")
def test_init_for_the_headers_of_the_build_python(project: Path) -> None:
    result = run(
        project, "init", "--force", "--python", "build", "--arch", "manylinux_2_28_aarch64"
    )
    assert result.exit_code == 0, result.output
    text = (project / "py-build-cmake.cross.toml").read_text()
    assert 'python = "build"\narch' not in text
    assert 'python = "build"\n' in text
    found = checked(project)
    assert found["hints"][0]["Python_INCLUDE_DIR"].endswith("py-build-cmake/cross/include")


@pytest.mark.usefixtures("machine")
def test_init_with_a_named_toolchain(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cross_init, "TOOLCHAINS", ("gnu",))
    arguments = ("init", "--force", "--python", "build", "--arch", "linux_aarch64")
    assert run(project, *arguments, "--toolchain", "gnu").exit_code == 0
    lines = (project / "py-build-cmake.cross.toml").read_text().splitlines()
    assert 'toolchain = "gnu"' in lines
    result = run(project, *arguments, "--toolchain", "gun")
    assert "there is no file gun" in result.output
    assert "name a file, or gnu" in result.output


@pytest.mark.parametrize("name", ["zig", "gnu"])
def test_a_named_toolchain_is_what_a_build_would_have(
    project: Path, machine: Machine, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    programs = project / "programs"
    programs.mkdir()
    for text, program_name in (("echo 0.17.1", "zig"), ("exit 1", "aarch64-linux-gnu-gcc")):
        (programs / program_name).write_text(f"#!/bin/sh\n{text}\n")
        (programs / program_name).chmod(0o755)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    own = replace(machine.platform(), environ={"PATH": str(programs)}, scripts_dir=project)
    monkeypatch.setattr(session_module, "detect_build_machine", lambda: own)
    asked: list[Path] = []

    def probe(_cmake: Path, _config: object, file: Path, *_: object) -> ToolchainVariables:
        asked.append(file)
        return ToolchainVariables(RIGHT)

    monkeypatch.setattr(cross_toolchain, "probe_toolchain", probe)
    cross = f"arch = 'manylinux_2_28_aarch64'\ntoolchain = '{name}'\n"
    (project / "py-build-cmake.cross.toml").write_text(cross)
    found = checked(project)
    assert messages(found) == []
    (file,) = asked
    assert "set(CMAKE_SYSTEM_PROCESSOR aarch64)" in file.read_text()
    # What is not there is said as in a build.
    for program_name in ("zig", "aarch64-linux-gnu-gcc"):
        (programs / program_name).unlink()
    (message,) = messages(checked(project))
    assert {"zig": "or newer is wanted; not found", "gnu": "no compiler for"}[name] in message
