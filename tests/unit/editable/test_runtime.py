"""What editable wheels bring along: finding, linking, stamps, rebuilding. No CMake."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from py_build_cmake.editable.runtime import dependencies, execution, lock, stamp
from py_build_cmake.editable.runtime import execution as tools
from py_build_cmake.editable.runtime.finder import Finder
from py_build_cmake.editable.runtime.links import is_unfinished, mirror, unfinished
from py_build_cmake.editable.runtime.outputs import put
from py_build_cmake.editable.runtime.rebuild import begin, rebuild_for_import, rebuild_install
from py_build_cmake.editable.runtime.resources import with_resources
from py_build_cmake.editable.runtime.state import BuildFailed, RecordedCommand, State
from py_build_cmake.editable.runtime.times import (
    Unnoticed,
    begin_build,
    forget_times,
    remember_times,
    unnoticed,
)
from py_build_cmake.editable.runtime.wrapper import load

posix = pytest.mark.skipif(os.name == "nt", reason="links and signals of POSIX")


def write(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


class Project:
    """A project whose build is done by scripts, with a state in a cache."""

    def __init__(self, root: Path) -> None:
        self.source = write(root / "pkg" / "__init__.py", "x = 1\n").parent
        self.root = root
        self.cache = root / ".py-build-cmake_cache" / "tag"
        self.tree = self.cache / "editable"
        self.state_file = self.cache / "editable.json"
        self.staging = self.cache / "staging"
        write(root / "input.txt", "1")
        self.old()
        self.state = State(
            name="pkg",
            project=str(root),
            tree=str(self.tree),
            source=str(self.source),
            staging=str(self.staging),
            lock=str(self.cache / "lock"),
            log=str(self.cache / "log"),
            python_version="{}.{}".format(*sys.version_info),
            stub_package=False,
            is_ninja=False,
            roots=[str(root)],
            not_modules=["pkg-1.0.data/"],
            kept=["pkg/kept.pyi"],
            tools={"python": sys.executable},
            temporary=[],
            advice=[],
            configured={str(self.cache): ""},
            given={},
            owned=[],
            ours="editable.*|staging",
            objects=r"\.o$",
            scripts={},
            hidden=["hunter2"],
            commands=[],
        )
        self.installs("(t / 'made.txt').write_text((r / 'input.txt').read_text())")

    def old(self) -> None:
        for path in self.root.rglob("*"):
            os.utime(path, (1, 1))

    def installs(self, code: str, **changes: Any) -> None:
        head = f"import pathlib; r = pathlib.Path({str(self.root)!r}); "
        head += f"t = pathlib.Path({str(self.staging)!r}, 'pkg'); t.mkdir(exist_ok=True); "
        self.runs([self.command("install", python(head + code))], **changes)

    def command(self, kind: str, argv: Sequence[str]) -> RecordedCommand:
        purpose = f"CMake {kind}"
        return RecordedCommand(
            kind, purpose, [*argv], str(self.root), str(self.cache), {"A": "1"}, ["HOME"]
        )

    def runs(self, commands: Sequence[RecordedCommand], **changes: Any) -> None:
        self.state = replace(self.state, commands=[*commands], **changes)
        self.state.write(self.state_file)

    @property
    def made(self) -> str:
        return (self.tree / "pkg" / "made.txt").read_text()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project")


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BUILD_HOOK", "EDITABLE_SKIP", "EDITABLE_VERBOSE"):
        monkeypatch.delenv(f"PY_BUILD_CMAKE_{name}", raising=False)


# Links and outputs


@posix
def test_mirror(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "tree" / "pkg"
    for place in ("a.py", "sub/b.py", "mixed/c.py", "mixed/made.py", "__pycache__/a.pyc"):
        write(source / place)
    mirror(str(source), str(target))
    assert target.readlink() == source
    put({"pkg/mixed/made.py": write(tmp_path / "made.py", "made")}, tmp_path / "tree")
    mirror(str(source), str(target))
    assert (target / "sub").is_symlink()
    assert (target / "mixed" / "c.py").is_symlink()
    assert (target / "mixed" / "made.py").read_text() == "made"
    assert not (target / "__pycache__").exists()
    (source / "a.py").unlink()
    write(source / "new.py")
    other = write(target / ".x.1.pbc-link")
    mirror(str(source), str(target))
    assert not (target / "a.py").is_symlink()
    assert (target / "new.py").exists()
    assert other.exists(), "another process is about to move it"
    # A directory becomes a file, and back.
    (source / "sub" / "b.py").unlink()
    (source / "sub").rmdir()
    write(source / "sub")
    mirror(str(source), str(target))
    assert (target / "sub").is_file()


@posix
def test_put(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    one, two = write(tmp_path / "one", "1"), write(tmp_path / "two", "2")
    os.utime(one, (1, 1))
    assert put({"p/a": one, "p/q/b": two}, tree) == ["p/a", "p/q/b"]
    assert (tree / "p/a").stat().st_mtime > 1
    before = (tree / "p/a").stat()
    write(tree / "p/q/__pycache__/x.pyc")
    write(Path(unfinished(str(tree / "p/a"), "file")))
    assert put({"p/a": one}, tree) == ["p/q/b"]
    assert (tree / "p/a").stat() == before
    assert sorted(path.name for path in tree.rglob("*")) == ["a", "p"]
    # A directory in the place of a file, and a file in that of a directory.
    put({"p/a/c": two}, tree)
    assert (tree / "p/a/c").read_text() == "2"
    put({"p/a": one}, tree)
    assert (tree / "p/a").read_text() == "1"
    assert is_unfinished(Path(unfinished("x", "file")).name)


def test_a_file_that_is_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows refuses to replace a module that is loaded, and lets it be renamed."""
    tree = tmp_path / "tree"
    put({"m.pyd": write(tmp_path / "one", "1")}, tree)
    original = Path.replace
    refused: list[Path] = []

    def refuse_once(self: Path, target: Any) -> Path:
        if not refused and Path(target).name == "m.pyd":
            refused.append(self)
            raise PermissionError
        return original(self, target)

    monkeypatch.setattr(Path, "replace", refuse_once)
    put({"m.pyd": write(tmp_path / "two", "2")}, tree)
    assert (tree / "m.pyd").read_text() == "2"
    assert refused


# The stamp


def test_stamp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, state = tmp_path / "root", str(tmp_path / "state.json")
    for place in ("a.c", "sub/b.c", ".git/x", "build/CMakeCache.txt", "__pycache__/m.pyc"):
        os.utime(write(root / place), (1, 1))
    elsewhere = write(tmp_path / "header.h")
    os.utime(elsewhere, (1, 1))

    def save() -> None:
        newest = stamp.recent()
        text = stamp.snapshot([str(root)], [str(elsewhere)], newest=newest)
        assert text is not None
        stamp.write_stamp(state, text)

    assert not stamp.is_fresh(state)
    save()
    assert stamp.is_fresh(state)
    for ignored in (".git/y", "build/z", "sub/__pycache__/b.pyc", "c.pyc"):
        write(root / ignored)
    assert stamp.is_fresh(state)
    for change in (
        lambda: os.utime(root / "a.c", (2, 2)),
        lambda: os.utime(write(root / "new.c"), (1, 1)),
        (root / "sub" / "b.c").unlink,
        elsewhere.unlink,
    ):
        save()
        change()
        assert not stamp.is_fresh(state)
    # A file that is this new may change again within the same tick of the clock.
    write(root / "now.c")
    save()
    assert not stamp.is_fresh(state)
    (root / "now.c").unlink()
    (root / "dangling").symlink_to("nowhere")
    save()
    assert stamp.is_fresh(state)
    Path(stamp.stamp_file(state)).write_text("broken")
    assert not stamp.is_fresh(state)
    monkeypatch.setattr(stamp, "LIMIT", 3)
    assert stamp.snapshot([str(root)], [], newest=None) is None
    assert stamp.snapshot([str(tmp_path / "none")], [], newest=None) is not None


def test_stamp_needs_little_to_import() -> None:
    """What every import of a package loads is small."""
    code = """
import sys
before = set(sys.modules)
from py_build_cmake.editable.runtime import finder, links, stamp, wrapper
print(*sorted(name for name in set(sys.modules) - before if "py_build_cmake" not in name))
"""
    import subprocess

    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    heavy = {"pathlib", "typing", "re", "json", "subprocess", "contextlib", "dataclasses"}
    assert not set(done.stdout.split()) & heavy


# The lock


@posix
def test_lock_waits_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl
    import threading

    monkeypatch.setattr(lock, "_PATIENCE", 0.01)
    said: list[str] = []
    path = write(tmp_path / "lock")
    with path.open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        threading.Timer(0.3, lambda: fcntl.flock(other, fcntl.LOCK_UN)).start()
        with lock.hold_lock(path, said.append, pytest.fail):
            pass
    assert said == [f"waiting for another build in {tmp_path} (lock is locked)"]


def test_a_file_system_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> bool:
        raise OSError("not supported")

    monkeypatch.setattr(lock, "try_lock", refuse)
    said: list[str] = []
    with lock.hold_lock(tmp_path / "lock", pytest.fail, said.append):
        pass
    assert "cannot be locked (not supported)" in said[0]


# Rebuilding


@posix
def test_rebuild(project: Project, capfd: pytest.CaptureFixture[str]) -> None:
    rebuild_install(project.state_file)
    assert project.made == "1"
    assert (project.tree / "pkg" / "__init__.py").is_symlink()
    assert "py-build-cmake: pkg: rebuilt, 1 file changed" in capfd.readouterr().err
    rebuild_install(project.state_file)
    assert capfd.readouterr().err == "", "nothing changed, nothing is said"
    rebuild_install(project.state_file, verbose=True, force=True)
    err = capfd.readouterr().err
    assert err.startswith("+ ")
    assert "rebuilt, 0 files changed" in err


@posix
def test_what_is_installed_elsewhere_and_what_is_kept(project: Project) -> None:
    write(project.tree / "pkg" / "kept.pyi", "stub")
    write(project.tree / "pkg" / "obsolete.pyi", "stub")
    code = "d = t.parent / 'pkg-1.0.data' / 'x'; d.parent.mkdir(); d.touch(); "
    code += "(t / 's.pyi').touch()"
    project.installs(code, stub_package=True, source="")
    rebuild_install(project.state_file)
    found = sorted(p.relative_to(project.tree).as_posix() for p in project.tree.rglob("*.*"))
    assert found == [
        *("pkg-stubs/kept.pyi", "pkg-stubs/py.typed", "pkg-stubs/s.pyi"),
        *("pkg/kept.pyi", "pkg/s.pyi"),
    ]


def test_failure(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "print('fine'); print('x.c:1: error: no hunter2'); print('more'); raise SystemExit(3)"
    project.installs(code, advice=["do this"])
    with pytest.raises(ImportError) as e:
        rebuild_for_import(str(project.state_file), "pkg")
    message = str(e.value)
    assert e.value.name == "pkg"
    for part in (
        "CMake install failed (exit status 3)\n    x.c:1: error: no ***\n    more\n",
        f"command: cd {project.root} && {sys.executable}",
        f"log: {project.state.log}",
        "do this",
        "PY_BUILD_CMAKE_EDITABLE_SKIP=pkg",
    ):
        assert part in message
    assert "hunter2" not in message
    assert not list(project.cache.glob("*.building"))
    for path in (project.state_file, Path(project.state.log)):
        assert os.name == "nt" or path.stat().st_mode & 0o077 == 0
    monkeypatch.setenv("PY_BUILD_CMAKE_EDITABLE_VERBOSE", "1")
    with pytest.raises(ImportError, match="error: no"):
        rebuild_for_import(str(project.state_file), "pkg")
    project.runs([project.command("install", ["/nonexistent/cmake"])])
    with pytest.raises(BuildFailed, match="could not be started"):
        rebuild_install(project.state_file)
    project.state_file.write_text("{}")
    with pytest.raises(BuildFailed, match=r"is gone or cannot be read; run `pip install -e \.`"):
        rebuild_install(project.state_file)


def test_first_lines() -> None:
    assert execution.first_lines("a\nb") == "    a\n    b"
    assert execution.first_lines("\n".join(map(str, range(50)))).startswith("    38\n")
    assert execution.first_lines("errors are fine\nCMake Error at x:\n  no") == (
        "    CMake Error at x:\n      no"
    )


@posix
def test_patience(
    project: Project, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(execution, "_PATIENCE", 0.05)
    project.installs("import time; time.sleep(0.5); (t / 'made.txt').touch()")
    rebuild_install(project.state_file)
    assert f"pkg: rebuilding; the output is in {project.state.log}" in capfd.readouterr().err


@posix
def test_which_commands_are_needed(project: Project) -> None:
    """CMake configures only where there is no cache; a killed Make begins again."""
    log = project.root / "order.txt"
    appends = f"import sys; open({str(log)!r}, 'a').write(sys.argv[1] + str(len(sys.argv)) + ' ')"
    kinds = ("configure", "build", "install")
    project.runs([project.command(kind, [*python(appends), kind, "--", "-k"]) for kind in kinds])

    def ran() -> str:
        log.unlink(missing_ok=True)
        rebuild_install(project.state_file, force=True)
        return log.read_text()

    assert ran() == "configure4 build4 install4 "
    write(project.cache / "CMakeCache.txt")
    assert ran() == "build4 install4 "
    assert begin(project.state_file) is False
    assert ran() == "build5 install4 ", "with --clean-first"
    assert ran() == "build4 install4 "
    project.runs(project.state.commands, is_ninja=True)
    assert begin(project.state_file) is False
    assert ran() == "build4 install4 build5 ", "the last is the question whether it always runs"


@posix
def test_tools_that_are_gone(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = str(tmp_path / "gone")
    preload = project.cache / "preload.cmake"
    project.installs(
        "(t / 'made.txt').touch()",
        tools={"python": f"{gone}/bin/python", "tool": f"{gone}/bin/tool"},
        temporary=[gone],
        given={str(preload): f"set(X {gone}/lib/x)\n"},
        advice=["install it"],
    )
    monkeypatch.setenv("PATH", "")
    with pytest.raises(BuildFailed, match="there is no other tool\n    install it"):
        rebuild_install(project.state_file)
    tool = write(tmp_path / "bin" / "tool")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tool.parent))
    assert tools.missing_tools(project.state) == {
        f"{gone}/bin/python": sys.executable,
        f"{gone}/bin/tool": str(tool),
        gone: sys.prefix,
    }
    rebuild_install(project.state_file)
    assert preload.read_text() == f"set(X {sys.prefix}/lib/x)\n"
    after = State.read(project.state_file)
    assert after.tools == {"python": sys.executable, "tool": str(tool)}
    assert after.temporary == []
    assert after.advice == []
    other = replace(project.state, python_version="2.7")
    with pytest.raises(BuildFailed, match="no other python"):
        tools.missing_tools(other)


# What a build depends on


def test_inputs_of_make(project: Project, tmp_path: Path) -> None:
    cache, outside = project.cache, tmp_path / "outside"
    for name in ("a.h", "with space.h", "x.cmake", "data/1.txt", "file.txt"):
        write(outside / name)
    deps = f"a.o: {project.root}/input.txt \\\n  {outside}/a.h {outside}/with\\ space.h gone.h\n"
    write(cache / "CMakeFiles" / "m.dir" / "a.c.o.d", deps)
    (cache / "folder.d").mkdir()
    replies = cache / ".cmake" / "api" / "v1" / "reply"
    listed = [{"path": f"{outside}/x.cmake"}, {"path": "/usr/share/c.cmake", "isCMake": True}]
    read = {"paths": {"source": str(project.root)}, "inputs": [*listed, {"path": "CMakeLists.txt"}]}
    write(replies / "cmakeFiles-v1-1.json", json.dumps(read))
    install = f'''
file(INSTALL DESTINATION "${{P}}/x" TYPE DIRECTORY FILES "{outside}/data" "{project.root}/pkg")
file(INSTALL DESTINATION "${{P}}/x" TYPE FILE FILES "{outside}/file.txt")
'''
    write(cache / "cmake_install.cmake", install)
    build = project.command("build", ["cmake"])
    project.runs([build])
    # Nothing is known of the targets yet.
    assert dependencies.stamp_text(project.state, "r\no\nfiles", 0) is None
    write(cache / "Makefile")
    write(replies / "codemodel-v2-1.json", "{}")
    write(replies / "target-m.json", '{"type": "MODULE_LIBRARY"}')
    write(replies / "target-z.json", '{"type": "UTILITY", "isGeneratorProvided": true}')
    text = dependencies.stamp_text(project.state, "roots\n\nfiles", time.time_ns())
    assert text is not None
    head = text.splitlines()[1].split("\0")
    names = ("a.h", "data/1.txt", "file.txt", "with space.h", "x.cmake")
    assert head == [f"{outside}/{name}" for name in names]
    assert text.splitlines()[0] == "roots"
    assert text.splitlines()[-1] == "files"
    write(replies / "target-u.json", '{"type": "UTILITY"}')
    assert dependencies.stamp_text(project.state, "roots\n\nfiles", 0) is None


@posix
def test_inputs_of_ninja(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    header = write(tmp_path / "outside" / "a.h")
    ninja = write(tmp_path / "ninja", f"#!/bin/sh\necho 'a.o: #deps 1'\necho '    {header}'\n")
    ninja.chmod(0o755)
    write(project.cache / "CMakeCache.txt", f"CMAKE_MAKE_PROGRAM:FILEPATH={ninja}\n")
    quiet = project.command("build", python("print('ninja: no work to do.')"))
    project.runs([quiet], is_ninja=True)
    text = dependencies.stamp_text(project.state, "roots\n\nfiles", 0)
    assert text is not None
    assert str(header) in text
    for code in ("print('[1/1] always')", "raise SystemExit(1)"):
        project.runs([project.command("build", python(code))])
        assert dependencies.stamp_text(project.state, "roots\n\nfiles", 0) is None
    monkeypatch.setattr(stamp, "LIMIT", 0)
    project.runs([quiet])
    (project.root / "input.txt").write_text("2")
    assert not stamp.is_fresh(str(project.state_file))


def test_another_configuration_in_the_same_directory(project: Project) -> None:
    """A wheel with other options was built there: its options are not those of the install."""
    write(project.cache / "CMakeCache.txt", "OPTION:BOOL=ON")
    write(project.cache / "CMakeFiles" / "x", "")
    memory = write(project.cache / "py-build-cmake" / "configured.json", "{}")
    configure = f"from pathlib import Path; Path({str(project.cache)!r}, 'CMakeCache.txt').touch()"
    install = project.state.commands
    project.runs([project.command("configure", python(configure)), *install])
    rebuild_install(project.state_file)
    assert (project.cache / "CMakeCache.txt").read_text() == ""
    assert not (project.cache / "CMakeFiles").exists()
    assert not memory.exists(), "the next wheel begins anew"
    # Once is enough.
    write(project.cache / "CMakeFiles" / "x", "")
    rebuild_install(project.state_file, force=True)
    assert (project.cache / "CMakeFiles" / "x").exists()


@posix
def test_a_rebuild_begins_in_a_directory_like_a_new_one(project: Project) -> None:
    """A wheel wrote files and other inputs; then a script changes, an object stays."""
    script = write(project.root / "CMakeLists.txt", "set(A 1)")
    reply = {"inputs": [{"path": "CMakeLists.txt"}], "paths": {"source": str(project.root)}}
    write(project.cache / ".cmake/api/v1/query/client/x", "")
    code = (
        "import sys; from pathlib import Path; c = Path(sys.argv[1]); f = c / 'CMakeCache.txt';"
        "f.write_text((f.read_text() if f.exists() else '') + '//configured\\n');"
        "(c / 'x.c.o').exists() or (c / 'x.c.o').touch();"
        "p = c / '.cmake/api/v1/reply'; p.mkdir(exist_ok=True);"
        "(p / 'cmakeFiles-1.json').write_text(sys.argv[2])"
    )
    configure = [*python(code), str(project.cache), json.dumps(reply)]
    preload = project.cache / "py-build-cmake-preload.cmake"
    project.runs(
        [project.command("configure", configure), *project.state.commands],
        given={str(preload): "ours"},
        owned=[str(project.cache)],
        ours=r"editable.*|py-build-cmake.*|staging|lock|log|\.cmake",
    )
    write(project.cache / "out" / "of_a_wheel.txt", "")
    write(project.cache / "CMakeCache.txt", "OF_A_WHEEL")
    write(project.cache / "py-build-cmake" / "configured.json", "{}")
    write(preload, "of a wheel")
    obj, cache = write(project.cache / "x.c.o", "of a wheel"), project.cache / "CMakeCache.txt"

    def rebuilt(**options: bool) -> tuple[str, str]:
        rebuild_install(project.state_file, **options)
        return cache.read_text(), obj.read_text()

    assert rebuilt() == ("//configured\n", "")
    assert not (project.cache / "out").exists()
    assert preload.read_text() == "ours"
    assert (project.cache / ".cmake/api/v1/query/client/x").exists()
    obj.write_text("compiled")
    assert rebuilt(force=True) == ("//configured\n", "compiled")
    write(project.cache / "left.txt", "")
    script.write_text("set(A 2)")
    cache.write_text("A=1")
    assert rebuilt() == ("//configured\n", "compiled"), "the build tool compares objects"
    assert not (project.cache / "left.txt").exists()
    assert rebuilt(fresh=True) == ("//configured\n", "")
    # The time of a file that changed went back: nothing compares the object with it.
    obj.write_text("compiled")
    assert rebuilt(force=True)[1] == "compiled"
    write(project.root / "input.txt", "older")
    os.utime(project.root / "input.txt", (2, 2))
    assert rebuilt() == ("//configured\n", "")
    assert project.made == "older"


@posix
def test_a_failed_configuration_is_not_used(project: Project) -> None:
    """Also where there is no record of the one before."""
    code = (
        "import sys; from pathlib import Path; p = Path(sys.argv[1]);"
        "p.write_text('half'); sys.exit(Path(sys.argv[2]).exists())"
    )
    cache, fails = project.cache / "CMakeCache.txt", project.root / "fails"
    configure = project.command("configure", [*python(code), str(cache), str(fails)])
    project.runs([configure, *project.state.commands])
    rebuild_install(project.state_file)
    fails.touch()
    with pytest.raises(BuildFailed):
        rebuild_install(project.state_file, fresh=True)
    cache.write_text("what is left")
    fails.unlink()
    rebuild_install(project.state_file)
    assert cache.read_text() == "half"


@posix
def test_changes_that_nobody_notices(tmp_path: Path) -> None:
    root, build_dir = tmp_path / "project", tmp_path / "build"

    def age(path: Path, time: int) -> str:
        write(path, str(time))
        os.utime(path, (time, time))
        return str(path)

    for name in ("a.c", "b.c", "gone.c"):
        age(root / name, 1000)
    compiler, header = age(tmp_path / "cc", 1000), age(tmp_path / "include" / "h.h", 1000)
    other = age(tmp_path / "elsewhere" / "o.h", 1000)
    package = age(tmp_path / "pc" / "q.pc", 1000)
    pkg_config = write(tmp_path / "pkg-config", f"#!/bin/sh\necho {tmp_path}/pc\n")
    pkg_config.chmod(0o755)
    entries = {
        "CC:FILEPATH": compiler,
        "A:FILEPATH": f"{root}/a.c",
        "H:PATH": str(tmp_path / "include"),
        "PKG_CONFIG_EXECUTABLE:FILEPATH": str(pkg_config),
    }
    write(build_dir / "CMakeCache.txt", "".join(f"{k}={v}\n" for k, v in entries.items()))
    write(build_dir / "x.c.o.d", f"x.c.o: {root}/b.c {header} {other}\n")

    def now(*, remembers: bool = False, **environ: str) -> Unnoticed:
        if remembers:
            begun = begin_build([str(root)])._replace(time=5000 * 10**9)
            remember_times(str(build_dir), begun, environ=environ)
        return unnoticed(str(build_dir))

    assert now() == Unnoticed()
    assert now(remembers=True) == Unnoticed()
    age(root / "a.c", 6000)
    age(root / "new.c", 1)
    age(Path(other), 6000)
    assert now() == Unnoticed(), "the build tool sees these changes"
    (root / "gone.c").unlink()
    assert now() == Unnoticed(gone=f"{root}/gone.c")
    write(root / "gone.c~")
    assert now(remembers=True) == Unnoticed()
    for path in (root / "b.c", other, compiler):
        age(Path(path), 1001)
        assert now() == Unnoticed(older=str(path))
        assert now(remembers=True) == Unnoticed()
    for path in (header, compiler, package):
        age(Path(path), 7000)
        assert now() == Unnoticed(found=path)
        assert now(remembers=True) == Unnoticed()
    assert now(remembers=True, PKG_CONFIG_LIBDIR="/none", PKG_CONFIG_PATH="") == Unnoticed()
    age(Path(package), 8000)
    assert now() == Unnoticed(), "pkg-config did not read it"
    (root / "gone.c~").unlink()
    assert not str(now()), "a copy of an editor"
    Path(compiler).unlink()
    assert now() == Unnoticed(older=compiler)
    forget_times(str(build_dir))
    assert now() == Unnoticed()


def test_a_directory_is_marked_while_it_is_built_in(project: Project) -> None:
    """Builds of wheels, in the same directory, look for the mark."""
    mark = project.cache / "py-build-cmake" / "unfinished"
    project.installs(f"assert pathlib.Path({str(mark)!r}).exists(); (t / 'made.txt').touch()")
    rebuild_install(project.state_file, force=True)
    assert project.made == ""
    assert not mark.exists()
    project.installs("raise SystemExit(1)")
    with pytest.raises(BuildFailed):
        rebuild_install(project.state_file, force=True)
    assert not mark.exists()


# Finding


def finder(project: Project, mode: str, **changes: Any) -> Finder:
    site = project.root.parent / "site"
    given: dict[str, Any] = {
        "mode": mode,
        "project": str(project.root),
        "source": str(project.source),
        "tree": str(project.tree),
        "state": str(project.state_file),
        "site": str(site),
        "namespace": False,
        **changes,
    }
    return Finder("pkg", **given)


@posix
def test_find_in_links(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    found = finder(project, "symlink")
    with pytest.raises(ImportError, match=r"editable is gone.*run `pip install -e \.` in it again"):
        found.find_spec("pkg")
    project.tree.mkdir(parents=True)
    spec = found.find_spec("pkg")
    assert spec is not None
    assert spec.origin == str(project.tree / "pkg" / "__init__.py")
    assert project.made == "1"
    (project.root / "input.txt").write_text("2")
    assert found.find_spec("pkg") is not None
    assert project.made == "1", "once in a process"
    for name, value in (
        ("EDITABLE_SKIP", "other, pkg"),
        ("BUILD_HOOK", "x"),
        ("EDITABLE_SKIP", "*"),
    ):
        with monkeypatch.context() as patch:
            patch.setenv(f"PY_BUILD_CMAKE_{name}", value)
            assert finder(project, "symlink").find_spec("pkg") is not None
            assert project.made == "1"
    assert finder(project, "symlink").find_spec("pkg.made", [str(project.tree / "pkg")]) is None
    assert finder(project, "symlink").find_spec("pkg") is not None
    assert project.made == "2"
    # Another module in front on the path is not hidden, the sources in front are.
    other = write(project.root.parent / "other" / "pkg.py")
    monkeypatch.syspath_prepend(str(project.root))
    assert finder(project, "symlink").find_spec("pkg").origin == spec.origin  # type: ignore[union-attr]
    monkeypatch.syspath_prepend(str(other.parent))
    assert finder(project, "symlink").find_spec("pkg") is None


@posix
def test_links_that_cannot_be_made(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.tree.mkdir(parents=True)
    (project.tree / "pkg").symlink_to(project.source)
    found = finder(project, "symlink", state="")
    from py_build_cmake.editable.runtime import links

    def refuse(*_: object) -> None:
        raise OSError("read-only")

    monkeypatch.setattr(links, "mirror", refuse)
    with pytest.warns(UserWarning, match="files of 'pkg' cannot be linked: read-only"):
        assert found.find_spec("pkg") is not None


def test_find_in_two_directories(project: Project) -> None:
    write(project.source / "sub" / "__init__.py")
    write(project.source / "both.py", "source")
    write(project.tree / "pkg" / "both.py", "built")
    write(project.tree / "pkg" / "made.py")
    write(project.tree / "pkg" / "sub" / "made.py")
    found = finder(project, "hook", state="")
    spec = found.find_spec("pkg")
    assert spec is not None
    path = [str(project.source), str(project.tree / "pkg")]
    assert spec.submodule_search_locations == path
    below = found.find_spec("pkg.sub", path)
    assert below is not None
    assert below.submodule_search_locations == [f"{path[0]}/sub", f"{path[1]}/sub"]
    for name, place in (("both", project.tree), ("made", project.tree)):
        module = found.find_spec(f"pkg.{name}", path)
        assert module is not None
        assert module.origin == str(place / "pkg" / f"{name}.py")
    assert found.find_spec("pkg.none", path) is None
    assert found.find_spec("pkg.none") is None
    assert finder(project, "hook", tree="", state="").find_spec("pkg.none", path) is None
    if sys.version_info >= (3, 10):
        files = spec.loader.get_resource_reader("pkg").files()  # type: ignore[union-attr]
        assert (files / "made.py").is_file()
        assert (files / "__init__.py").is_file()
    assert with_resources("anything", path) == "anything"


def test_find_other_kinds(project: Project, tmp_path: Path) -> None:
    single = write(tmp_path / "single" / "pkg.py")
    spec = finder(project, "hook", source=str(single), tree="", state="").find_spec("pkg")
    assert spec is not None
    assert spec.origin == str(single)
    write(project.tree / "pkg.py")
    spec = finder(project, "hook", source="", state="").find_spec("pkg")
    assert spec is not None
    assert spec.origin == str(project.tree / "pkg.py")
    (project.tree / "pkg.py").unlink()
    with pytest.raises(ImportError, match="there is no module in"):
        finder(project, "hook", source="", state="").find_spec("pkg")


def test_find_in_a_namespace(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    found = finder(project, "hook", namespace=True, tree="", state="")
    assert found.find_spec("pkg") is None
    gone = finder(project, "hook", namespace=True, source="/gone/pkg", tree="", state="")
    with pytest.raises(ImportError, match="/gone/pkg is gone"):
        gone.find_spec("pkg")
    (project.source / "__init__.py").unlink()
    write(project.source / "part.py")
    monkeypatch.syspath_prepend(str(project.root))
    assert gone.find_spec("pkg") is None
    assert gone.find_spec("pkg.part", [str(project.source)]) is None
    with pytest.raises(ModuleNotFoundError, match=r"pip install -e \..*No module 'pkg.other'"):
        gone.find_spec("pkg.other", [str(project.source)])


def test_each_finder_answers_for_its_own_part_of_a_namespace(project: Project) -> None:
    (project.source / "__init__.py").unlink()
    own = write(project.source / "part.py")
    other = write(project.root.parent / "other" / "pkg" / "theirs.py")
    project.tree.joinpath("pkg").mkdir(parents=True)
    found = finder(project, "hook", namespace=True, state="")
    path = [str(own.parent), str(other.parent)]
    spec = found.find_spec("pkg.part", path)
    assert spec is not None
    assert spec.origin == str(own)
    assert found.find_spec("pkg.theirs", path) is None


def test_wrapper(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    write(project.source / "__init__.py", '"""Doc."""\nimport pkg.made\nx = pkg.made.y\n')
    write(project.tree / "pkg" / "made.py", "y = 5\n")
    site = project.root.parent / "site"
    places = [str(project.source), str(project.tree / "pkg")]
    main = write(site / "pkg" / "__init__.py")
    found = finder(project, "wrapper", state="")
    spec = found.find_spec("pkg")
    assert spec is not None
    assert spec.origin == str(main)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "pkg", module)
    load(module.__dict__, places, str(project.root))
    assert module.x == 5
    assert module.__doc__ == "Doc."
    assert module.__file__ == str(project.source / "__init__.py")
    assert module.__path__ == places
    (project.source / "__init__.py").unlink()
    with pytest.raises(ImportError, match=r"pip install -e \."):
        load(module.__dict__, places, str(project.root))
    sys.modules.pop("pkg.made", None)
