"""Editable installs in every mode: what they consist of, and what works with them."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Callable

import pytest
from support.backend import Backend
from support.builds import CommandFailed, run
from support.editable import Environment, files_of, tree_of
from support.projects import LOCAL, copy_package, edit, write

Package = Callable[[str], Path]

MODES = ("symlink", "hook", "wrapper")
DIST_INFO = {
    "edit_me-1.0.dist-info/METADATA",
    "edit_me-1.0.dist-info/RECORD",
    "edit_me-1.0.dist-info/WHEEL",
    "edit_me-1.0.dist-info/entry_points.txt",
}
DATA = {
    "edit_me-1.0.data/data/share/edit_me/shared.txt",
    "edit_me-1.0.data/headers/edit_me.h",
    "edit_me-1.0.data/scripts/edit-me-script",
}


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory, backend: Backend) -> Environment:
    return Environment.make(tmp_path_factory.mktemp("environment") / "venv", backend)


@pytest.fixture(scope="module", params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, environment: Environment, mode: str) -> Path:
    """A project that is installed in a mode, for tests that do not change it."""
    project = copy_package("editable", tmp_path_factory.mktemp(f"mode-{mode}") / "project")
    environment.install(project, mode=mode)
    return project


def test_contents(environment: Environment, project: Path, mode: str) -> None:
    (path,) = (project / "dist").iterdir()
    wheel = environment.build(project, mode=mode).wheel
    assert path.name == wheel.name
    own = set(wheel.files) - DIST_INFO - DATA
    assert set(wheel.files) >= DIST_INFO | DATA
    hook = {name for name in own if name.startswith("edit_me_editable_hook/")}
    assert "edit_me_editable_hook/__init__.py" in hook
    root, tree = project / "src", tree_of(project, mode)
    if mode == "symlink":
        assert own - hook == {"edit_me.pth", "edit_me_editable_hook.pth"}
        assert wheel.files["edit_me.pth"].decode() == f"{tree}\n"
    else:
        wrapper = {"edit_me/__init__.py", "edit_me/py.typed"} if mode == "wrapper" else set()
        assert own - hook == {"edit_me.pth", *wrapper}
        lines = wheel.files["edit_me.pth"].decode().splitlines()
        # The last but one is for type checkers, which find stubs of compiled modules there.
        assert lines == [str(root), str(tree), "import edit_me_editable_hook"]
    assert not wheel.machines, "nothing compiled is copied into the wheel"
    assert sum(map(len, wheel.files.values())) < 50_000


def test_tree(project: Path, mode: str) -> None:
    files = files_of(tree_of(project, mode))
    links = {place: to for place, to in files.items() if to != "file"}
    compiled = {place.partition(".cpython")[0] for place in files if ".cpython" in place}
    assert compiled == {"edit_me/_native", "edit_me/sub/_inner"}
    made = {"edit_me/made.py", "edit_me/made.txt", "edit_me/_native.pyi"}
    assert {place for place, to in files.items() if to == "file"} >= made
    if mode == "symlink":
        places = ("__init__.py", "__main__.py", "data.txt", "py.typed", "pure", "sub/__init__.py")
        source = project / "src" / "edit_me"
        assert links == {f"edit_me/{place}": str(source / place) for place in places}
    else:
        assert links == {}


@pytest.mark.usefixtures("project")
def test_imports_from_anywhere(environment: Environment, project: Path) -> None:
    code = "import edit_me, edit_me.sub._inner as i, edit_me.made as m, edit_me.pure.numbers as n"
    for cwd in (project, project / "src", project.parent):
        said = environment.run(
            f"{code}; print(edit_me.answer(), i.answer(), m.LEVEL, n.double(2))", cwd=cwd
        )
        assert said == "42 42 1 4"


@pytest.mark.usefixtures("project")
def test_what_is_installed_elsewhere(environment: Environment) -> None:
    scripts = environment.python.parent
    assert run(scripts / "edit-me-script").strip() == "script 42"
    assert run(scripts / "edit-me").strip() == "main 42"
    prefix = scripts.parent
    assert (prefix / "share" / "edit_me" / "shared.txt").is_file()
    assert list((prefix / "include").rglob("edit_me.h"))


def test_introspection(environment: Environment, project: Path) -> None:
    code = """
    import importlib.util, inspect, os, pkgutil, edit_me, edit_me.pure.numbers
    assert "Something to pickle" in inspect.getsource(edit_me.Point)
    assert "with compiled modules" in inspect.getsource(edit_me)
    print(os.path.realpath(inspect.getsourcefile(edit_me.Point)))
    print(os.path.realpath(edit_me.__file__))
    print(sorted(m.name for m in pkgutil.walk_packages(edit_me.__path__, "edit_me.")))
    print(importlib.util.find_spec("edit_me").name, edit_me.__doc__)
    importlib.reload(edit_me)
    print(edit_me.answer())
    """
    lines = environment.run(_dedent(code)).splitlines()
    main = str((project / "src" / "edit_me" / "__init__.py").resolve())
    names = ["__main__", "_native", "made", "pure", "pure.numbers", "sub", "sub._inner"]
    assert lines[:2] == [main, main]
    assert lines[2] == str([f"edit_me.{name}" for name in names])
    assert lines[3] == "edit_me A package with compiled modules in itself and in a package below."
    assert lines[4] == "42"


@pytest.mark.usefixtures("project")
def test_resources(environment: Environment, mode: str) -> None:
    if mode != "symlink" and sys.version_info < (3, 10):
        pytest.skip("importlib.resources knows one directory only")
    code = """
    from importlib.resources import files
    print([(files("edit_me") / name).read_text().strip() for name in ("data.txt", "made.txt")])
    """
    assert environment.run(_dedent(code)) == "['by hand', 'made by CMake']"


@pytest.mark.usefixtures("project")
def test_modules_as_programs(environment: Environment, tmp_path: Path) -> None:
    assert run(environment.python, "-m", "edit_me", cwd=tmp_path).strip() == "main 42"
    code = """
    import pickle, subprocess, sys, edit_me
    data = pickle.dumps(edit_me.Point(7))
    other = "import pickle, sys; print(pickle.load(sys.stdin.buffer).x)"
    print(subprocess.run([sys.executable, "-c", other], input=data, capture_output=True).stdout)
    """
    assert environment.run(_dedent(code)) == str(b"7\n")


def test_distribution(environment: Environment, project: Path) -> None:
    """The environment knows the version, and the entry point."""
    code = "from importlib.metadata import version as v; print(v('edit-me'))"
    assert environment.run(code) == "1.0"
    assert project.is_dir()


def test_sources_appear_and_disappear(
    environment: Environment, package: Package, mode: str
) -> None:
    project = package("editable")
    environment.install(project, mode=mode)
    source = project / "src" / "edit_me"
    places = ("new", "sub.new", "pure.new", "folder.new")
    for name in places:
        write(source / f"{name.replace('.', '/')}.py", "x = 'new'\n")
    write(source / "new.txt", "new data\n")
    code = "".join(f"import edit_me.{name} as m; print(m.x); " for name in places)
    assert environment.run(code).split() == ["new"] * len(places)
    data = "import edit_me, os; print(os.path.exists(edit_me.__path__[0] + '/new.txt'))"
    assert environment.run(data) == "True"
    for name in places:
        (source / f"{name.replace('.', '/')}.py").unlink()
    (source / "new.txt").unlink()
    shutil.rmtree(source / "folder")
    for name in places:
        with pytest.raises(CommandFailed, match="ModuleNotFoundError"):
            environment.run(f"import edit_me.{name}")
    assert environment.run(data) == "False"
    write(source / "__init__.py", "print('changed')\n")
    assert environment.run("import edit_me") == "changed"


@pytest.mark.parametrize("mode", MODES[:2])
@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("pure-module", "import pure_module as m; print(m.__name__)"),
        ("generated-module", "import generated_module as m; print(m.name)"),
        ("namespace-package", "import shared_namespace.part as m; print(m.__name__)"),
    ],
)
def test_other_kinds_of_modules(
    environment: Environment, package: Package, mode: str, name: str, code: str
) -> None:
    project = package(name)
    environment.install(project, mode=mode)
    expected = {"namespace-package": "shared_namespace.part"}.get(name, name.replace("-", "_"))
    for cwd in (project, project.parent):
        assert environment.run(code, cwd=cwd) == expected
    environment.pip("uninstall", "--yes", name)
    with pytest.raises(CommandFailed, match="No module named"):
        environment.run(code)


@pytest.mark.parametrize("mode", MODES[:2])
def test_parts_of_a_namespace_that_cmake_completes(
    environment: Environment, package: Package, mode: str
) -> None:
    """Each of the two finders answers for the packages of its own distribution only."""
    names = []
    for name in ("first", "second"):
        project = copy_package("namespace-package", package("namespace-package").parent / name)
        shutil.rmtree(project.with_name("namespace-package"))
        edit(project / "pyproject.toml", 'name = "namespace-package"', f'name = "{name}-part"')
        with (project / "pyproject.toml").open("a") as file:
            file.write("[tool.py-build-cmake.cmake]\n")
        (project / "src/shared_namespace/part").rename(project / "src/shared_namespace" / name)
        write(
            project / "CMakeLists.txt",
            "cmake_minimum_required(VERSION 3.15...4.1)\nproject(part LANGUAGES NONE)\n"
            'file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/made.py" "name = __name__")\n'
            'install(FILES "${CMAKE_CURRENT_BINARY_DIR}/made.py"\n'
            f"  DESTINATION shared_namespace/{name})\n",
        )
        environment.install(project, mode=mode)
        names.append(f"shared_namespace.{name}.made")
    for modules in (names, names[::-1]):
        code = f"import {', '.join(modules)}; print({', '.join(f'{m}.name' for m in modules)})"
        assert environment.run(code) == " ".join(modules)
    environment.pip("uninstall", "--yes", "first-part", "second-part")


@pytest.mark.skipif(sys.platform == "win32", reason="paths are Unicode there")
def test_a_path_that_an_ascii_locale_cannot_read(
    environment: Environment, package: Package, mode: str
) -> None:
    """Python before 3.13 reads .pth files in the encoding of the locale, and ends otherwise."""
    original = package("editable")
    project = original.rename(original.with_name("prüfung"))
    environment.install(project, mode=mode)
    for path in environment.site.glob("edit_me*.pth"):
        assert path.read_bytes().isascii()
    ascii_locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    code = "import edit_me.made; print(ascii(edit_me.made.__name__))"
    for env in (ascii_locale, {"PYTHONUTF8": "1"}):
        assert environment.run(code, env=env) == "'edit_me.made'"
    environment.pip("uninstall", "--yes", "edit-me")


@pytest.mark.parametrize("mode", ["symlink", "hook"])
def test_two_parts_of_a_namespace(environment: Environment, package: Package, mode: str) -> None:
    first = package("namespace-package")
    second = copy_package("namespace-package", first.with_name("second"))
    edit(second / "pyproject.toml", 'name = "namespace-package"', 'name = "second-part"')
    (second / "src/shared_namespace/part").rename(second / "src/shared_namespace/other")
    for project in (first, second):
        environment.install(project, mode=mode)
    code = "import shared_namespace.part, shared_namespace.other; print('both')"
    assert environment.run(code) == "both"
    # One part is gone: the other works, and the message says what to do.
    second.rename(second.with_name("moved"))
    assert environment.run("import shared_namespace.part; print('one')") == "one"
    with pytest.raises(CommandFailed, match=r"pip install -e \."):
        environment.run(code)
    environment.pip("uninstall", "--yes", "namespace-package", "second-part")


def test_several_configurations(environment: Environment, package: Package, mode: str) -> None:
    project = package("editable")
    write(
        project / LOCAL,
        """
        [cmake.0.options]
        WHICH = "zero"
        [cmake.1.options]
        WHICH = "one"
        """,
    )
    with (project / "CMakeLists.txt").open("a") as file:
        file.write(
            'set(WHICH "" CACHE STRING "")\n'
            'file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/w.py" "which = \\"${WHICH}\\"\\n")\n'
            'install(FILES "${CMAKE_CURRENT_BINARY_DIR}/w.py" DESTINATION edit_me/sub '
            "RENAME ${WHICH}.py)\n"
        )
    environment.install(project, mode=mode)
    code = "from edit_me.sub import one, zero; print(one.which, zero.which)"
    assert environment.run(code) == "one zero"


def test_uninstalling_removes_all(
    tmp_path: Path, backend: Backend, package: Package, mode: str
) -> None:
    environment = Environment.make(tmp_path / "venv", backend)
    prefix = tmp_path / "venv"
    before = {path for path in prefix.rglob("*") if "__pycache__" not in path.parts}
    environment.install(package("editable"), mode=mode, build_hook=True)
    assert environment.run("import edit_me; print(edit_me.answer())") == "42"
    environment.pip("uninstall", "--yes", "edit-me")
    after = {path for path in prefix.rglob("*") if "__pycache__" not in path.parts}
    assert {path for path in after - before if path.is_file()} == set()
    with pytest.raises(CommandFailed, match="No module named"):
        environment.run("import edit_me")


def test_switching_modes(environment: Environment, package: Package) -> None:
    project = package("editable")
    for mode in (*MODES, MODES[0]):
        environment.install(project, mode=mode)
        code = "import edit_me, edit_me.sub._inner as i; print(edit_me.answer(), i.answer())"
        assert environment.run(code) == "42 42", mode


def test_moved_renamed_deleted(environment: Environment, package: Package, mode: str) -> None:
    """Imports work, or the message says what to do."""
    project = package("editable")
    environment.install(project, mode=mode)
    again = r"ImportError: 'edit_me' is an editable install .* run `pip install -e \.` in it again"
    shutil.rmtree(project / ".py-build-cmake_cache")
    with pytest.raises(CommandFailed, match=again):
        environment.run("import edit_me")
    environment.install(project, mode=mode)
    assert environment.run("import edit_me; print(edit_me.answer())") == "42"

    moved = project.rename(project.with_name("moved"))
    with pytest.raises(CommandFailed, match=again):
        environment.run("import edit_me")
    environment.install(moved, mode=mode)
    assert environment.run("import edit_me; print(edit_me.answer())") == "42"

    source = moved / "src" / "edit_me"
    source.rename(source.with_name("renamed"))
    with pytest.raises(CommandFailed, match=again):
        environment.run("import edit_me")


def test_another_module_of_this_name_wins(environment: Environment, project: Path) -> None:
    """What the user puts in front on the path is not hidden."""
    other = project.parent / "other"
    write(other / "edit_me.py", "print('another')\n")
    assert environment.run("import edit_me", env={"PYTHONPATH": str(other)}) == "another"


def test_stubs(with_stubgen: Backend, tmp_path: Path, package: Package, mode: str) -> None:
    project = package("stubs")
    environment = Environment.make(tmp_path / "venv", with_stubgen)
    environment.install(project, mode=mode)
    tree = tree_of(project, mode) / "stubbed"
    assert "def double(x: int) -> int: ..." in (tree / "numbers.pyi").read_text()
    assert "by hand" in (project / "src/stubbed/written.pyi").read_text()
    assert environment.run("import stubbed.numbers as n; print(n.double(2))") == "4"


def test_start_costs_nothing_but_the_line(
    tmp_path: Path, backend: Backend, package: Package
) -> None:
    """Interpreters that do not import the packages load one small module for each, no more."""
    environment = Environment.make(tmp_path / "venv", backend)
    before = set(environment.run("import sys; print(*sys.modules)").split())
    for name in ("editable", "pure-module"):
        environment.install(package(name), build_hook=True)
    after = set(environment.run("import sys; print(*sys.modules)").split())
    assert after - before == {"edit_me_build_hook", "pure_module_editable_hook"}


def _dedent(code: str) -> str:
    return "\n".join(line[4:] for line in code.splitlines())
