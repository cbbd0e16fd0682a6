"""Stubs and components, with a runner in the place of CMake."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support import compiled
from support.compiled import elf
from support.fake_cmake import AARCH64, X86_64, FakeCMake
from support.machines import LINUX_CP311

from py_build_cmake.base.console import Console
from py_build_cmake.base.errors import ConfigError, Error, MetadataError
from py_build_cmake.building.session import Session
from py_build_cmake.companions import component, stubs
from py_build_cmake.config.companions import load_component, load_stubs
from py_build_cmake.config.settings import ConfigSettings, parse_config_settings

MAIN = """
[build-system]
requires = ["py-build-cmake>=1", "Py_Build.CMake~=1.0", "py-build-cmake-extra", "nanobind>=2"]
[project]
name = "Main_Pkg"
version = "1.2"
requires-python = ">=3.9"
[tool.py-build-cmake.module]
name = "pkg"
[tool.py-build-cmake.sdist]
include = ["CMakeLists.txt"]
[tool.py-build-cmake.cmake]
build_args = ["--main"]
"""
COMPONENT = """
[project]
name = "pkg-debug"
version = "3"
[tool.py-build-cmake.component]
install_components = ["debug", "more"]
"""
STUBS = '[tool.py-build-cmake]\nmain_project = "../main"\n'
CROSS = '[tool.py-build-cmake.cross]\narch = "linux_aarch64"\n'
STUB = b"def f() -> int: ...\n"


@pytest.fixture
def main(tmp_path: Path) -> Path:
    root = tmp_path / "main"
    (root / "pkg").mkdir(parents=True)
    (root / "pkg" / "__init__.py").write_text("from ._m import (\n  f,\n)\n")
    (root / "CMakeLists.txt").touch()
    (root / "pyproject.toml").write_text(MAIN)
    return root


@pytest.fixture
def cmake() -> FakeCMake:
    name = "pkg/_m.cpython-311-x86_64-linux-gnu.so"
    files = {name: X86_64, "pkg/_m.pyi": STUB, "pkg/py.typed": b""}
    return FakeCMake(files, files)


@pytest.fixture
def session(tmp_path: Path, main: Path, cmake: FakeCMake) -> Session:
    root, programs = tmp_path / "companion", tmp_path / "bin"
    root.mkdir()
    programs.mkdir()
    for name in ("cmake", "make"):
        (programs / name).write_text("#!/bin/sh\necho cmake version 3.25.1\n")
        (programs / name).chmod(0o755)
    machine = replace(LINUX_CP311, environ={"PATH": str(programs)})
    return Session(root, ConfigSettings(), machine, Console(), cmake)


def write(session: Session, text: str) -> None:
    if "main_project" not in text:
        text = text.replace("[tool.py-build-cmake.", STUBS + "[tool.py-build-cmake.", 1)
    (session.project_dir / "pyproject.toml").write_text(text)


def with_settings(session: Session, **settings: str) -> Session:
    names = ("main", "main_project", "stubs")
    given = {key.replace("__", "."): value for key, value in settings.items()}
    return replace(session, settings=parse_config_settings(given, {}, names))


def contents(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def build_stubs(session: Session) -> dict[str, bytes]:
    out = session.project_dir / "out"
    return contents(out / stubs.build_wheel(session, out, None))


def test_stubs_of_a_project_without_a_table_of_its_own(session: Session, cmake: FakeCMake) -> None:
    write(session, STUBS)
    announced = stubs.announce_metadata(session, session.project_dir)
    assert announced == "main_pkg_stubs-1.2.dist-info"
    assert cmake.commands == []
    out = session.project_dir / "out"
    name = stubs.build_wheel(session, out, session.project_dir / announced)
    assert name == "main_pkg_stubs-1.2-py3-none-any.whl"
    files = contents(out / name)
    payload = {place: data for place, data in files.items() if ".dist-info" not in place}
    assert payload == {
        "pkg-stubs/__init__.pyi": b"from ._m import f as f\n",
        "pkg-stubs/_m.pyi": STUB,
    }
    metadata = files[f"{announced}/METADATA"].decode().splitlines()
    for line in ("Version: 1.2", "Requires-Dist: main-pkg==1.2", "Requires-Python: >=3.9"):
        assert line in metadata
    assert b"Tag: py3-none-any" in files[f"{announced}/WHEEL"]
    with zipfile.ZipFile(out / name) as archive:
        modes = {info.external_attr >> 16 & 0o777 for info in archive.infolist()}
    assert modes == {0o644}


def test_stubs_in_a_cross_build_are_those_of_the_native_one(
    session: Session, main: Path, cmake: FakeCMake
) -> None:
    write(session, STUBS)
    natively = build_stubs(session)
    (main / "pyproject.toml").write_text(MAIN + CROSS)
    cmake.commands.clear()
    assert build_stubs(session) == natively
    assert cmake.steps() == ["configure", "build", "install"]
    assert all("native-" in " ".join(command) for command in cmake.commands)


def test_partial_stubs(session: Session, cmake: FakeCMake) -> None:
    write(session, STUBS + "stubs = { partial = true }\n")
    files = {name: data for name, data in build_stubs(session).items() if "dist-info" not in name}
    assert files == {"pkg-stubs/_m.pyi": STUB, "pkg-stubs/py.typed": b"partial\n"}


def test_extension_modules_need_stubs(session: Session, cmake: FakeCMake) -> None:
    write(session, STUBS)
    cmake.files = {"pkg/_m.abi3.so": X86_64, "pkg/sub/n.pyd": b"", "pkg/libx.so.1": X86_64}
    with pytest.raises(Error) as e:
        build_stubs(session)
    assert [problem.where for problem in e.value.problems] == ["_m.abi3.so", "n.pyd"]
    assert "partial" in e.value.problems[0].hint


def test_no_stubs_at_all(session: Session, main: Path) -> None:
    write(session, STUBS + "stubs.packages = ['other']\n")
    with pytest.raises(Error, match="no stubs for 'other'"):
        build_stubs(session)


def test_stubs_of_one_file(session: Session, main: Path) -> None:
    (main / "pkg" / "__init__.py").rename(main / "pkg.py")
    (main / "pkg").rmdir()
    (main / "pkg.py").write_bytes(b"from __future__ import annotations\r\nx: int = 1\r\n")
    text = MAIN.partition("[tool.py-build-cmake.cmake]")[0]
    (main / "pyproject.toml").write_text(text)
    write(session, STUBS)
    stub = build_stubs(session)["pkg-stubs/__init__.pyi"]
    assert stub == b"from __future__ import annotations\nx: int = 1\n"


def test_what_a_stub_exports(session: Session, main: Path) -> None:
    (main / "pkg" / "__init__.py").write_text(
        "from ._m import f as g, f as _h, _p; y = 1\nfrom .. import *\n"
    )
    write(session, STUBS)
    stub = build_stubs(session)["pkg-stubs/__init__.pyi"].decode()
    assert stub == "from ._m import f as g, f as _h, _p; y = 1\nfrom .. import *\n"
    (main / "pkg" / "__init__.py").write_text("x = (\n")
    with pytest.raises(Error, match="not valid Python"):
        build_stubs(session)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("name = 'main-pkg'", "is the name of the main project"),
        ("version = '2'", "'2' is not the version of the main project, '1.2'"),
        ("dynamic = ['readme']", "'readme' cannot be dynamic"),
        ("dynamic = ['version']\nversion = '1.2'", "both dynamic and in the"),
        ("dynamic = 'version'", "must be a list of strings"),
    ],
)
def test_wrong_metadata_of_stubs(session: Session, table: str, message: str) -> None:
    write(session, f"[project]\n{table}\n{STUBS}")
    with pytest.raises(Error, match=message):
        stubs.announce_metadata(session, session.project_dir)


def test_metadata_of_stubs(session: Session) -> None:
    table = "[project]\nname = 'types-x'\ndynamic = ['version', 'dependencies']\nversion"
    write(session, f"{table.removesuffix('version')}{STUBS}")
    assert stubs.announce_metadata(session, session.project_dir) == "types_x-1.2.dist-info"


def test_requirements_are_those_of_the_main_project(session: Session, main: Path) -> None:
    write(session, STUBS)
    (main / "pyproject.toml").write_text(MAIN + "[tool.py-build-cmake.stubgen]\n")
    assert stubs.requirements_for_wheel(session) == [
        "py-build-cmake-extra",
        "nanobind>=2",
        "mypy>=1.4.0",
    ]
    write(session, COMPONENT)
    assert component.requirements_for_wheel(session) == ["py-build-cmake-extra", "nanobind>=2"]
    (main / "pyproject.toml").write_text(MAIN + CROSS + "native_build = true\n")
    assert "nanobind>=2" in component.requirements_for_wheel(session)
    (main / "pyproject.toml").write_text(
        MAIN.replace("[build-system]\nrequires", "build-system.requires = 1\nx")
    )
    with pytest.raises(ConfigError, match="list of strings"):
        component.requirements_for_wheel(session)


def test_a_mistake_of_the_main_project_names_its_file(session: Session, main: Path) -> None:
    write(session, STUBS)
    (main / "pyproject.toml").write_text(MAIN + "[tool.py-build-cmake.cmak]\n")
    for call in (
        stubs.requirements_for_wheel,
        lambda s: stubs.announce_metadata(s, session.project_dir),
    ):
        with pytest.raises(Error) as e:
            call(session)
        assert e.value.problems[0].where.startswith(str(main / "pyproject.toml"))


@pytest.mark.parametrize("text", ["archh = 'linux_aarch64'", "arch = 'aarch64'"])
def test_a_mistake_in_its_cross_file_names_that_file_in_full(
    session: Session, main: Path, text: str
) -> None:
    write(session, STUBS)
    (main / "hosts").mkdir()
    (main / "hosts" / "aarch64.toml").write_text(text)
    settings = replace(session.settings, cross=("hosts/aarch64.toml",))
    with pytest.raises(Error) as e:
        stubs.requirements_for_wheel(replace(session, settings=settings))
    file = main / "hosts" / "aarch64.toml"
    assert e.value.problems[0].where == f"{file}: `{text.split(maxsplit=1)[0]}`"


@pytest.mark.parametrize(("pack", "text"), [(stubs, STUBS), (component, COMPONENT)])
def test_a_mistake_that_the_build_finds_names_the_file_in_full(
    session: Session, main: Path, pack: Any, text: str
) -> None:
    write(session, text)
    (main / "pyproject.toml").write_text(MAIN + 'env.A = "$NONE"\n')
    with pytest.raises(Error) as e:
        pack.build_wheel(session, session.project_dir / "dist", None)
    place = f"{main / 'pyproject.toml'}: `tool.py-build-cmake.cmake.env.A`"
    assert e.value.problems[0].where == place


def test_a_wrong_override_has_no_file(session: Session, main: Path) -> None:
    write(session, STUBS)
    settings = replace(session.settings, overrides=(("<cli:1>", "cmake.jobs=x"),))
    with pytest.raises(Error) as e:
        stubs.requirements_for_wheel(replace(session, settings=settings))
    assert e.value.problems[0].where == "<cli:1>: `cmake.jobs`"


def test_sdists_have_the_main_project(session: Session, main: Path) -> None:
    (session.project_dir / "README.md").touch()
    (session.project_dir / "no").touch()
    write(
        session,
        f"[project]\nreadme = 'README.md'\n{STUBS}sdist = {{include = ['n*'], exclude = ['no']}}\n",
    )
    out = session.project_dir / "out"
    name = stubs.build_sdist(session, out)
    assert name == "main_pkg_stubs-1.2.tar.gz"
    with tarfile.open(out / name) as archive:
        places = {n.partition("/")[2] for n in archive.getnames()}
        archive.extractall(out)
    assert places == {
        "PKG-INFO",
        "README.md",
        "pyproject.toml",
        "main-project/CMakeLists.txt",
        "main-project/PKG-INFO",
        "main-project/pkg/__init__.py",
        "main-project/pyproject.toml",
    }
    unpacked = replace(session, project_dir=out / "main_pkg_stubs-1.2")
    assert build_stubs(unpacked) == build_stubs(session)
    assert stubs.build_sdist(unpacked, unpacked.project_dir / "again") == name


def test_component(session: Session, cmake: FakeCMake, main: Path) -> None:
    write(session, COMPONENT)
    cmake.files = {"pkg/_m.debug": X86_64}
    assert component.announce_metadata(session, session.project_dir) == "pkg_debug-3.dist-info"
    out = session.project_dir / "out"
    name = component.build_wheel(session, out, session.project_dir / "pkg_debug-3.dist-info")
    assert name == "pkg_debug-3-cp311-cp311-linux_x86_64.whl"
    assert [n for n in contents(out / name) if "dist-info" not in n] == ["pkg/_m.debug"]
    assert cmake.steps() == ["configure", "build", "install", "install"]
    _, compile_, *installs = cmake.commands
    assert "--main" in compile_
    assert [command[-1] for command in installs] == ["debug", "more"]
    own, of_main = cmake.environments[1], cmake.environments[0]
    assert own["PY_BUILD_CMAKE_PROJECT_NAME"] == "pkg_debug"
    assert own["PY_BUILD_CMAKE_PROJECT_VERSION"] == "3"
    assert of_main["PY_BUILD_CMAKE_PROJECT_NAME"] == "main_pkg"
    assert own["PY_BUILD_CMAKE_MODULE_NAME"] == "pkg"


class _InstallsLinks(FakeCMake):
    """Installs a library under its SONAME, with a link to it under the name for linking."""

    def __call__(self, command: Sequence[str], **surroundings: Any) -> None:
        super().__call__(command, **surroundings)
        if "--prefix" in command:
            link = Path(command[command.index("--prefix") + 1]) / "pkg" / "libx.so"
            link.unlink(missing_ok=True)
            link.symlink_to("libx.so.1")


def test_component_keeps_one_name_of_a_library(session: Session, main: Path) -> None:
    table = "[tool.py-build-cmake.wheel]\ndeduplicate_sonames = true\n"
    (main / "pyproject.toml").write_text(MAIN + table)
    write(session, COMPONENT)
    library = elf(compiled.X86_64, soname="libx.so.1")
    session = replace(session, runner=_InstallsLinks({"pkg/libx.so.1": library}))
    name = component.build_wheel(session, session.project_dir, None)
    found = contents(session.project_dir / name)
    assert [n for n in found if "dist-info" not in n] == ["pkg/libx.so.1"]


def test_component_changes_arguments(session: Session, cmake: FakeCMake) -> None:
    cmake.files = {"doc.txt": b""}
    arguments = 'build_args = ["--own"]\ninstall_args = ["--strip"]\n'
    write(session, COMPONENT + arguments)
    component.build_wheel(session, session.project_dir, None)
    assert [words[-1] for words in cmake.commands[1:]] == ["--own", "--strip", "--strip"]
    cmake.commands.clear()
    write(session, COMPONENT + "install_only = true\n")
    component.build_wheel(session, session.project_dir, None)
    assert cmake.steps() == ["configure", "install", "install"]


def test_component_in_a_cross_build(session: Session, cmake: FakeCMake, main: Path) -> None:
    (main / "pyproject.toml").write_text(MAIN + CROSS + "native_build = true\n")
    write(session, COMPONENT)
    cmake.files = {"pkg/_m.debug": AARCH64}
    name = component.build_wheel(session, session.project_dir, None)
    assert name == "pkg_debug-3-cp311-cp311-linux_aarch64.whl"
    assert cmake.steps()[:4] == ["configure", "build", "install", "configure"]
    with pytest.raises(Error, match="machine"):
        component.build_wheel(replace(session, runner=FakeCMake({"m.so": X86_64})), main, None)


def test_indices_are_those_of_the_main_project(session: Session, main: Path) -> None:
    write(session, COMPONENT.replace("component]", "component.3]"))
    with pytest.raises(ConfigError, match="no CMake configuration 3") as e:
        component.announce_metadata(session, main)
    assert e.value.problems[0].hint == "its configurations are 0"
    (main / "pyproject.toml").write_text(MAIN.partition("[tool.py-build-cmake.cmake]")[0])
    with pytest.raises(ConfigError, match="no CMake configuration 3"):
        component.announce_metadata(session, main)


def test_component_without_files(session: Session, cmake: FakeCMake) -> None:
    write(session, COMPONENT)
    cmake.files = {}
    with pytest.raises(Error, match="the components have no files"):
        component.build_wheel(session, session.project_dir, None)


def test_tag_of_a_component_that_follows_the_build(
    session: Session, cmake: FakeCMake, main: Path
) -> None:
    (main / "pyproject.toml").write_text(
        f"{MAIN}[tool.py-build-cmake.wheel]\nplatform_tag='auto'\n"
    )
    write(session, COMPONENT)
    cmake.files = {"doc.txt": b""}
    component.announce_metadata(session, session.project_dir)
    assert cmake.steps() == ["configure", "build", "install", "install"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("version", "dynamic = ['version']\nx", "no module to take dynamic metadata from"),
        ('[project]\nname = "pkg-debug"\nversion = "3"', "", "is missing"),
    ],
)
def test_metadata_of_components_are_static(
    session: Session, old: str, new: str, message: str
) -> None:
    write(session, COMPONENT.replace(old, new))
    with pytest.raises(Error, match=message):
        component.announce_metadata(session, session.project_dir)


@pytest.mark.parametrize("readme", ['"R.md"', '{ file = "R.md", content-type = "text/markdown" }'])
def test_licences_may_be_those_of_the_main_project(
    session: Session, main: Path, readme: str
) -> None:
    (main / "LICENSE").write_text("of main")
    (session.project_dir / "R.md").write_text("read me")
    keys = f'license-files = ["LICEN*"]\nreadme = {readme}\n'
    write(session, COMPONENT.replace("[tool", f"{keys}[tool"))
    name = component.announce_metadata(session, session.project_dir)
    written = session.project_dir / name
    assert (written / "licenses" / "LICENSE").read_text() == "of main"
    assert "read me" in (written / "METADATA").read_text()
    archive = component.build_sdist(session, session.project_dir)
    with tarfile.open(session.project_dir / archive) as file:
        assert "pkg_debug-3/main-project/LICENSE" in file.getnames()
        assert "pkg_debug-3/R.md" in file.getnames()


def test_licence_of_an_older_form(session: Session, main: Path) -> None:
    (main / "LICENSE").write_text("of main")
    write(session, COMPONENT.replace("[tool", 'license = { file = "LICENSE" }\n[tool'))
    name = component.announce_metadata(session, session.project_dir)
    assert (session.project_dir / name / "LICENSE").read_text() == "of main"


def test_files_from_elsewhere_are_refused(session: Session) -> None:
    (session.project_dir.parent / "R.md").touch()
    write(session, COMPONENT.replace("[tool", 'readme = "../R.md"\n[tool'))
    with pytest.raises(MetadataError, match="is outside of the project directory"):
        component.build_sdist(session, session.project_dir)


def test_sdist_of_a_main_project_that_lacks_files(
    session: Session, main: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (main / "pyproject.toml").write_text(MAIN.replace('["CMakeLists.txt"]', "[]"))
    write(session, COMPONENT)
    component.build_sdist(session, session.project_dir)
    assert "lacks CMakeLists.txt" in capsys.readouterr().err


def test_overrides_go_to_who_knows_them(session: Session) -> None:
    write(session, COMPONENT)
    settings = parse_config_settings(
        {
            "o": [
                "cmake.build_type=Debug",
                "main.cmake.generator=Ninja",
                "component.install_only=true",
                "component.main_project=../main",
                'component.sdist.include=["a"]',
                'main.sdist.include=["b"]',
                'sdist.exclude=["c"]',
            ]
        },
        {},
    )
    project = load_component(session.project_dir, settings, {})
    assert [text for _, text in project.companion.main_settings.overrides] == [
        "cmake.build_type=Debug",
        "cmake.generator=Ninja",
        'sdist.include=["b"]',
        'sdist.exclude=["c"]',
    ]
    assert project.components[0][1].install_only
    assert project.companion.sdist.include == ("a",)
    assert project.companion.sdist.exclude == ("c",)


def test_options_are_config_settings(session: Session, cmake: FakeCMake) -> None:
    write(session, STUBS)
    settings = {"stubs__partial": "true", "main__cmake__build_type": "Debug"}
    files = build_stubs(with_settings(session, **settings))
    assert "pkg-stubs/py.typed" in files
    assert "CMAKE_BUILD_TYPE:STRING=Debug" in cmake.commands[0]


def test_component_files(session: Session) -> None:
    write(session, COMPONENT)
    path = session.project_dir / "mine.toml"
    path.write_text('install_components = ["mine"]\n')
    settings = replace(session.settings, component=("mine.toml",))
    project = load_component(session.project_dir, settings, {"PWD": str(session.project_dir)})
    assert project.components[0][1].install_components == ("mine",)
    empty = session.project_dir / "empty.toml"
    empty.touch()
    settings = replace(settings, component=(str(empty),))
    assert load_component(session.project_dir, settings, {}).components[0][0] == 0


def test_all_mistakes_at_once(session: Session) -> None:
    text = "[project]\n[tool.py-build-cmake]\nmain_project = 'x'\n[tool.py-build-cmake.cmake]\n"
    write(session, text)
    overrides = (("<cli:1>", "cmak.x=1"), ("<cli:2>", "stubs.partial"), ("<cli:3>", "qqq=1"))
    with pytest.raises(ConfigError) as e:
        load_stubs(session.project_dir, replace(session.settings, overrides=overrides), {})
    text = str(e.value)
    for part in ("no directory", "of the main project", "did you mean `cmake`", "<cli:2>", "`qqq`"):
        assert part in text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('project = 1\n[tool.py-build-cmake]\nmain_project = "../main"\n', "must be a table"),
        ("tool = 1\nproject = 1", "must be a table"),
        ('[tool.py-build-cmake]\nmain_project = "."\n', "not the main project"),
        ("[tool.py-build-cmake]\nmain_project = '../main'\n", "`install_components` is missing"),
        ("[", "not valid TOML"),
    ],
)
def test_refusals(session: Session, text: str, message: str) -> None:
    (session.project_dir / "pyproject.toml").write_text(text)
    with pytest.raises(ConfigError, match=message):
        load_component(session.project_dir, session.settings, {})


@pytest.mark.parametrize("kind", ["stubs", "component"])
def test_hooks(kind: str, session: Session, monkeypatch: pytest.MonkeyPatch, main: Path) -> None:
    hooks = importlib.import_module(f"py_build_cmake.build_{kind}")
    found = {n for n in dir(hooks) if n.startswith(("build_", "get_requires_", "prepare_"))}
    assert found == set(hooks.__all__)
    # Stubs of a project without CMake; a component of it is an error.
    (main / "pyproject.toml").write_text(MAIN.partition("[tool.py-build-cmake.cmake]")[0])
    (main / "pkg" / "__init__.py").write_text("x = 1\n")
    write(session, {"stubs": STUBS, "component": COMPONENT}[kind])
    monkeypatch.chdir(session.project_dir)
    monkeypatch.setattr(os, "environ", {**os.environ, "CMAKE_GENERATOR": ""})
    assert "nanobind>=2" in hooks.get_requires_for_build_wheel()
    assert hooks.get_requires_for_build_sdist() == []
    if kind == "component":
        for call in (hooks.prepare_metadata_for_build_wheel, hooks.build_wheel, hooks.build_sdist):
            with pytest.raises(SystemExit):
                call("out")
        return
    metadata = hooks.prepare_metadata_for_build_wheel("out")
    assert hooks.build_wheel("out", {}, f"out/{metadata}") == "main_pkg_stubs-1.2-py3-none-any.whl"
    assert hooks.build_sdist("out") == "main_pkg_stubs-1.2.tar.gz"


@pytest.mark.parametrize("kind", ["stubs", "component"])
def test_importing_the_hooks_imports_nothing_else(kind: str) -> None:
    code = (
        f"import sys; before = set(sys.modules); import py_build_cmake.build_{kind};"
        "print(*sorted(set(sys.modules) - before))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    own = {"build_" + kind, "companions", "companions.hooks"}
    named = {f"py_build_cmake.{name}" for name in own}
    assert set(run.stdout.split()) == {"__future__", "py_build_cmake", *named}
