"""Editable wheels, with a runner in the place of CMake."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from support.fake_cmake import CMAKE, CROSS, PYPROJECT, X86_64, FakeCMake
from support.machines import LINUX_CP311

from py_build_cmake.base.console import Console
from py_build_cmake.base.errors import ConfigError, Error
from py_build_cmake.building import wheel as backend
from py_build_cmake.building.session import Session
from py_build_cmake.cli.program import program
from py_build_cmake.config.settings import parse_config_settings
from py_build_cmake.editable.isolation import advice, temporary_directories, what_will_be_missed
from py_build_cmake.editable.runtime.state import State

INSTALLED = {
    "pkg/_m.so": X86_64,
    "pkg/sub/made.pyi": b"x: int\n",
    "pkg-1.0.data/scripts/tool": b"#!python\n",
}
MODES = ("symlink", "hook", "wrapper")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "pkg" / "sub").mkdir(parents=True)
    (root / "pkg" / "plain").mkdir()
    for place in ("__init__.py", "sub/__init__.py", "plain/__init__.py", "plain/m.py"):
        (root / "pkg" / place).write_text("x = 1\n")
    (root / "pkg" / "py.typed").touch()
    (root / "CMakeLists.txt").touch()
    return root


@pytest.fixture
def session(project: Path, tmp_path: Path) -> Session:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("cmake", "make"):
        (programs / name).write_text("#!/bin/sh\necho cmake version 3.25.1\n")
        (programs / name).chmod(0o755)
    machine = replace(LINUX_CP311, environ={"PATH": str(programs), "DESTDIR": "/d"})
    settings = parse_config_settings({}, {})
    return Session(project, settings, machine, Console(), FakeCMake(INSTALLED), editable=True)


def configure(session: Session, *tables: str) -> None:
    (session.project_dir / "pyproject.toml").write_text(PYPROJECT + "".join(tables))


def editable(mode: str, *, build_hook: bool = False) -> str:
    hook = str(build_hook).lower()
    return f'[tool.py-build-cmake.editable]\nmode = "{mode}"\nbuild_hook = {hook}\n'


def build(session: Session) -> dict[str, str]:
    """Return the texts of the wheel, without the modules that all wheels have, and dist-info."""
    out = session.project_dir.parent / "out"
    with zipfile.ZipFile(out / backend.build_editable(session, out, None)) as wheel:
        return {
            name: wheel.read(name).decode()
            for name in wheel.namelist()
            if ".dist-info/" not in name and ("_hook/" not in name or "__init__" in name)
        }


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("build_hook", [False, True])
def test_wheel_and_tree(session: Session, mode: str, build_hook: bool) -> None:
    configure(session, CMAKE, editable(mode, build_hook=build_hook))
    files = build(session)
    hook = "pkg_build_hook" if build_hook and mode != "hook" else "pkg_editable_hook"
    expected = {"pkg.pth", f"{hook}/__init__.py", "pkg-1.0.data/scripts/tool"}
    cache = session.project_dir / ".py-build-cmake_cache" / "cp311-cp311-linux_x86_64"
    tree = cache / ("editable" if mode == "symlink" else "editable-output")
    if mode == "wrapper":
        expected |= {"pkg/__init__.py", "pkg/py.typed"}
        assert repr(str(session.project_dir / "pkg")) in files["pkg/__init__.py"]
    if mode == "symlink" and not build_hook:
        expected.add("pkg_editable_hook.pth")
        assert files["pkg.pth"] == f"{tree}\n"
        assert files["pkg_editable_hook.pth"] == "import pkg_editable_hook\n"
    elif mode == "symlink":
        assert files["pkg.pth"] == f"{tree}\nimport pkg_build_hook\n"
    else:
        assert files["pkg.pth"] == f"{session.project_dir}\n{tree}\nimport {hook}\n"
    assert set(files) == expected
    compile(files[f"{hook}/__init__.py"], "hook", "exec")
    assert (tree / "pkg/_m.so").read_bytes() == X86_64
    assert not (tree / "pkg-1.0.data").exists()
    if mode == "symlink":
        assert (tree / "pkg/plain").is_symlink()
        assert (tree / "pkg/sub/__init__.py").is_symlink()
        assert not (tree / "pkg-stubs").exists()
    else:
        assert not (tree / "pkg/plain").exists()
        assert (tree / "pkg-stubs/py.typed").read_text() == "partial\n"
        assert (tree / "pkg-stubs/sub/made.pyi").read_text() == "x: int\n"
    state = State.read(tree.with_name(f"{tree.name}.json"))
    assert [command.kind for command in state.commands] == ["configure", "build", "install"]
    assert state.build_dirs == [str(cache)]
    assert state.commands[0].unset == ["DESTDIR"]
    assert "PATH" not in state.commands[0].environ
    assert (session.project_dir / ".py-build-cmake_cache" / ".gitignore").exists()
    assert not list(cache.glob("*.building"))


@pytest.mark.parametrize("mode", MODES)
def test_start_files(session: Session, mode: str) -> None:
    """PEP 829, simulated: no Python that knows them is here. What they name can be called."""
    configure(session, CMAKE, editable(mode))
    assert not [place for place in build(session) if place.endswith(".start")]
    newer = replace(session.machine, version_info=(3, 15, 0))
    files = build(replace(session, machine=newer))
    (start,) = (place for place in files if place.endswith(".start"))
    # That file's import lines are not executed, so it must be the one that has them.
    assert "import pkg_editable_hook\n" in files[start.replace(".start", ".pth")]
    module, function = files[start].strip().split(":")
    names: dict[str, Any] = {}
    exec(files[f"{module}/__init__.py"].replace("sys.meta_path.insert", "[].insert"), names)
    assert names[function]() is None


@pytest.mark.parametrize("mode", MODES)
def test_paths_that_are_not_ascii(session: Session, mode: str) -> None:
    """Every locale can read the files; the hook adds the directories as the locale writes them."""
    project_dir = session.project_dir.rename(session.project_dir.with_name("prüfung"))
    session = replace(session, project_dir=project_dir)
    configure(session, CMAKE, editable(mode))
    files = build(session)
    assert files["pkg.pth"] == "import pkg_editable_hook\n"
    hook = files["pkg_editable_hook/__init__.py"]
    assert "pkg_editable_hook.pth" not in files
    assert hook.isascii()
    before = list(sys.path)
    try:
        exec(hook.replace("sys.meta_path.insert", "[].insert"), {})
        added = [path for path in sys.path if path not in before]
    finally:
        sys.path[:] = before
    found = project_dir.glob(".py-build-cmake_cache/*/editable*")
    (tree,) = [path for path in found if path.is_dir()]
    assert added == ([str(tree)] if mode == "symlink" else [str(project_dir), str(tree)])
    if mode == "wrapper":
        assert files["pkg/__init__.py"].isascii()
        assert f"fsdecode({os.fsencode(project_dir)!r}" in files["pkg/__init__.py"]


def test_pure_projects(session: Session) -> None:
    for mode in MODES:
        configure(session, editable(mode, build_hook=True))
        files = build(session)
        assert "pkg_editable_hook/__init__.py" in files
        assert "state=''" in files["pkg_editable_hook/__init__.py"], "there is nothing to build"
    tree = session.project_dir / ".py-build-cmake_cache" / "py3" / "editable"
    assert (tree / "pkg").readlink() == session.project_dir / "pkg"


def test_what_cmake_overwrites_wins(session: Session) -> None:
    configure(session, CMAKE, editable("symlink"))
    cmake = FakeCMake({**INSTALLED, "pkg/plain/m.py": b"x = 2\n", "pkg/py.typed": b""})
    build(replace(session, runner=cmake))
    (tree,) = session.project_dir.rglob("editable")
    assert (tree / "pkg/plain/m.py").read_text() == "x = 2\n"
    assert (tree / "pkg/py.typed").is_symlink(), "it is the same"
    # And when it does no more, the source is seen again.
    build(session)
    assert (tree / "pkg/plain/m.py").read_text() == "x = 1\n"


def test_parts_of_namespaces_have_names_of_their_own(session: Session) -> None:
    (session.project_dir / "pkg" / "__init__.py").unlink()
    module = '[tool.py-build-cmake.module]\nname = "pkg"\nnamespace = true\n'
    configure(session, module, editable("hook"))
    pyproject = session.project_dir / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace('name = "pkg"', 'name = "other"', 1))
    assert set(build(session)) == {"pkg_other.pth", "pkg_other_editable_hook/__init__.py"}


@pytest.mark.parametrize(
    ("module", "message"),
    [
        ("namespace = true", "a namespace package has no __init__.py"),
        ("generated = 'package'", "a generated module have no __init__.py"),
        ("name = 'single'", "single.py is no package"),
    ],
)
def test_modules_that_cannot_be_wrapped(session: Session, module: str, message: str) -> None:
    (session.project_dir / "single.py").touch()
    if "namespace" in module:
        (session.project_dir / "pkg" / "__init__.py").unlink()
    configure(session, f"[tool.py-build-cmake.module]\n{module}\n", CMAKE, editable("wrapper"))
    with pytest.raises(ConfigError, match=message) as e:
        build(session)
    assert e.value.problems[0].where == "pyproject.toml: `tool.py-build-cmake.editable.mode`"
    assert "'hook'" in e.value.problems[0].hint


def test_cross_builds_cannot_be_editable(session: Session, tmp_path: Path) -> None:
    configure(session, CMAKE, CROSS)
    message = "a cross build cannot be editable: it is for linux_aarch64"
    with pytest.raises(ConfigError, match=message):
        build(session)
    with pytest.raises(ConfigError, match=message):
        backend.announce_metadata(session, tmp_path)


def test_links_that_are_not_permitted(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(1, "a privilege is missing")

    monkeypatch.setattr(os, "symlink", refuse)
    monkeypatch.setattr(Path, "symlink_to", refuse)
    configure(session, CMAKE, editable("symlink"))
    with pytest.raises(Error, match=r"not permitted here \(a privilege is missing\)") as e:
        build(session)
    assert "'hook' or 'wrapper', or 'auto'" in e.value.problems[0].hint
    configure(session, CMAKE, editable("auto"))
    assert str(session.project_dir) in build(session)["pkg.pth"].splitlines()


def test_auto_is_symlink_where_links_are_permitted(session: Session) -> None:
    configure(session, CMAKE, editable("auto"))
    assert build(session)["pkg.pth"].endswith("/editable\n")
    configure(
        session, "[tool.py-build-cmake.module]\ngenerated='package'\n", CMAKE, editable("auto")
    )
    assert build(session)["pkg.pth"].endswith("/editable\n")


def test_isolated_builds(
    session: Session, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    overlay = tmp_path / "pip-build-env-abc_1" / "overlay"
    cmake = overlay / "bin" / "cmake"
    cmake.parent.mkdir(parents=True)
    cmake.write_text("#!/bin/sh\n")
    cmake.chmod(0o755)
    (tmp_path / "bin" / "cmake").unlink()
    path = os.pathsep.join([str(cmake.parent), session.machine.environ["PATH"]])
    isolated = replace(session.machine, environ={"PATH": path, "PYTHONPATH": "/x"})
    requires = '[build-system]\nrequires = ["py-build-cmake", "thing>=2"]\n'
    configure(session, CMAKE, editable("hook", build_hook=True), requires)
    build(replace(session, machine=isolated))
    (state_file,) = session.project_dir.rglob("editable-output.json")
    state = State.read(state_file)
    assert state.temporary == list(dict.fromkeys([str(overlay), os.path.realpath(overlay)]))
    assert state.tools["cmake"] == str(cmake)
    err = capsys.readouterr().err
    assert "warning: The build environment, which is gone after the installation" in err
    assert "provided: cmake." in err
    assert "pip install py-build-cmake 'thing>=2'" in err
    assert f"pip install --no-build-isolation -e {session.project_dir}" in err


def test_what_temporary_environments_are_called() -> None:
    for place, root in {
        "/tmp/pip-build-env-x1/overlay/bin": "/tmp/pip-build-env-x1/overlay",
        "/tmp/build-env-y_2/bin": "/tmp/build-env-y_2",
        "/home/u/.cache/uv/builds-v0/.tmpAb1/bin": "/home/u/.cache/uv/builds-v0/.tmpAb1",
    }.items():
        machine = replace(LINUX_CP311, environ={"PATH": f"/usr/bin:{place}"})
        assert temporary_directories(machine) == [root]
    for place in ("/home/u/build-env", "/tmp/pytest-1/venv/bin", "/x/builds-v0/bin"):
        assert temporary_directories(replace(LINUX_CP311, environ={"PATH": place})) == []


def test_what_will_be_missed(tmp_path: Path) -> None:
    root, build_dir = "/tmp/build-env-1", Path("/b")
    links = "/b/py-build-cmake/requirements/1/0/thing"
    cache = {
        "thing_DIR": links,
        "Python_EXECUTABLE": f"{root}/python",
        "a": "/usr/a",
        "b": f"{root}/b",
    }
    tools = {"cmake": f"{root}/bin/cmake", "ninja": "", "python": f"{root}/python"}
    assert what_will_be_missed({build_dir: cache}, tools, [], "") == []
    missed = what_will_be_missed({build_dir: cache}, tools, [root], f"{root}/bin")
    assert missed == ["cmake", "thing_DIR", "b"]
    (tmp_path / "cmake").touch()
    (tmp_path / "cmake").chmod(0o755)
    assert "cmake" not in what_will_be_missed({}, tools, [root], f"{root}/bin:{tmp_path}")
    assert advice([], tmp_path, []) == []


@pytest.mark.parametrize("mode", MODES)
def test_the_wheel_can_be_imported(session: Session, mode: str, tmp_path: Path) -> None:
    """From the wheel alone, by an interpreter that has nothing else."""
    cmake = FakeCMake({"pkg/made.py": b"y = 2\n", "pkg/sub/made.py": b"z = 3\n", "top.py": b""})
    configure(session, CMAKE, editable(mode), "[tool.py-build-cmake.wheel]\npure_python=true\n")
    out = tmp_path / "out"
    name = backend.build_editable(replace(session, runner=cmake), out, None)
    with zipfile.ZipFile(out / name) as wheel:
        wheel.extractall(tmp_path / "site")
    code = f"import site; site.addsitedir({str(tmp_path / 'site')!r}); "
    code += (
        "import pkg, pkg.made, pkg.sub.made, pkg.plain.m, top; print(pkg.made.y, pkg.sub.made.z)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.stdout == "2 3\n", done.stderr


def test_the_program_rebuilds(session: Session, tmp_path: Path) -> None:
    configure(session, CMAKE, editable("symlink"))
    build(session)
    (state_file,) = session.project_dir.rglob("editable.json")
    state = json.loads(state_file.read_text())
    target = Path(state["staging"], "pkg", "fresh.py")
    writes = f"import pathlib as p; t = p.Path({str(target)!r})"
    writes += "; t.parent.mkdir(parents=True); t.write_text('new')"
    install = {**state["commands"][-1], "argv": [sys.executable, "-c", writes]}
    state.update(commands=[install], tools={})
    state_file.write_text(json.dumps(state))
    arguments = ["rebuild", str(session.project_dir)]
    result = CliRunner().invoke(program, arguments)
    assert result.exit_code == 0, result.output
    (tree,) = session.project_dir.rglob("editable")
    assert (tree / "pkg" / "fresh.py").read_text() == "new"
    assert not (tree / "pkg" / "_m.so").exists()

    install["argv"] = [sys.executable, "-c", "raise SystemExit('an error: no')"]
    state_file.write_text(json.dumps({**state, "commands": [install]}))
    result = CliRunner().invoke(program, arguments)
    assert result.exit_code == 1
    assert "CMake installation failed (exit status 1)" in result.output
    Path(state["lock"]).unlink()
    Path(state["lock"]).mkdir()
    assert "cannot be rebuilt" in CliRunner().invoke(program, arguments).output
    result = CliRunner().invoke(program, ["rebuild", str(tmp_path)])
    assert "there is no editable install" in result.output
