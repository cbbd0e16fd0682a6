"""The commands of the command line program, in this process."""

from __future__ import annotations

import json
import os
import re
import runpy
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from generators.cli_manual import manual_page
from support.machines import LINUX_CP311

from py_build_cmake.base.errors import ProjectError
from py_build_cmake.building import session as session_module
from py_build_cmake.building.by_hand import Changes, Selection
from py_build_cmake.cli import clean as clean_module
from py_build_cmake.cli import doctor as doctor_module
from py_build_cmake.cli import stages
from py_build_cmake.cli.cross.list import linux_platforms
from py_build_cmake.cli.init import TEMPLATES, render
from py_build_cmake.cli.program import program
from py_build_cmake.cli.terminal import has_colours, open_screen
from py_build_cmake.toolchains.zig import REQUIREMENT

REPOSITORY = Path(__file__).resolve().parents[3]
PYPROJECT = """\
[project]
name = "pkg"
version = "1"
[tool.py-build-cmake.cmake]
"""
SDIST = """\
[tool.py-build-cmake.sdist]
include = ["CMakeLists.txt", "data"]
exclude = ["data/b"]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    path = (tmp_path / "project").resolve()
    (path / "pkg").mkdir(parents=True)
    (path / "pkg" / "__init__.py").touch()
    (path / "pyproject.toml").write_text(PYPROJECT)
    (path / "CMakeLists.txt").touch()
    return path


def run(*arguments: object, input: str | None = None) -> Result:
    return CliRunner().invoke(program, [str(a) for a in arguments], input=input)


def commands(group: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    for name, command in getattr(group, "commands", {}).items():
        yield from commands(command, (*path, name))


def find(path: tuple[str, ...]) -> click.Command:
    command: click.Command = program
    for name in path:
        assert isinstance(command, click.Group)
        command = command.commands[name]
    return command


def examples(path: tuple[str, ...]) -> list[str]:
    output = run(*path, "--help").output
    lines = [line.strip() for line in output.splitlines()]
    return [line for line in lines if re.match(r"(\$ )?py-build-cmake ", line)]


def test_summaries_are_not_cut() -> None:
    for path in commands(program):
        if isinstance(find(path), click.Group):
            listed = run(*path, "--help").output.partition("Commands:")[2]
            assert "..." not in listed.partition("Example")[0], path


@pytest.mark.parametrize("path", list(commands(program)), ids="-".join)
def test_help_has_examples_that_are_understood(
    path: tuple[str, ...], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(*path, "--help").exit_code == 0
    shown = examples(path)
    assert shown, "give the command an example, see `example` in cli/options.py"
    monkeypatch.chdir(project)
    for name in ("hello", "dist"):
        (project / name).mkdir()
    for line in shown:
        for word in shlex.split(line):
            if word.endswith((".whl", ".toml")):
                (project / word).touch()
        # What is parsed is not run.
        words = shlex.split(line)[1:]
        context = program.make_context("py-build-cmake", list(words))
        command: click.Command = program
        while isinstance(command, click.Group):
            # click 8.2 gave it another name.
            protected = getattr(context, "_protected_args", None) or context.protected_args
            rest = [*protected, *context.args]
            name, command, rest = command.resolve_command(context, rest)
            context = command.make_context(name, rest, parent=context)
        assert tuple(context.command_path.split()[1:])[: len(path)] == path


def test_the_manual_is_current() -> None:
    generate = runpy.run_path(str(REPOSITORY / "docs" / "generate.py"))
    path = REPOSITORY / "docs" / "reference" / "cli.md"
    assert path.read_text("utf-8") == generate["generated"]()[path], "run docs/generate.py"
    page = manual_page(program)
    for words in commands(program):
        if not isinstance(find(words), click.Group):
            assert f"## `py-build-cmake {' '.join(words)}`" in page


# configure, build, install


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Selection, Changes]]:
    made: list[tuple[str, Selection, Changes]] = []
    monkeypatch.setattr(stages, "run_verb", lambda _, *rest: made.append(rest))
    return made


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["configure"], ("configure", Selection(), Changes())),
        (
            ["configure", "--preset", "p", "--use-build-presets", "-DA=1", "--index", "2"],
            (
                "configure",
                Selection(),
                Changes("p", arguments=("-DA=1", "--index", "2")),
            ),
        ),
        # The letters of what goes to CMake are not options of ours.
        (["configure", "-Dfoo=o"], ("configure", Selection(), Changes(arguments=("-Dfoo=o",)))),
        (
            ["configure", "-ocmake.jobs=1", "--preset=p", "--index", "1", "--", "--preset=q"],
            ("configure", Selection(1), Changes("p", arguments=("--preset=q",))),
        ),
        (
            ["build", "--preset", "a", "--preset", "b", "--config", "D", "--all", "x", "--all"],
            (
                "build",
                Selection(is_whole=True),
                Changes(build_presets=("a", "b"), configurations=("D",), arguments=("x", "--all")),
            ),
        ),
        (
            ["install", "--native", "--component", "a", "--component", "b", "--", "-x"],
            (
                "install",
                Selection(is_native=True),
                Changes(components=("a", "b"), arguments=("-x",)),
            ),
        ),
    ],
)
def test_stages(
    calls: list[tuple[str, Selection, Changes]],
    project: Path,
    arguments: list[str],
    expected: tuple[str, Selection, Changes],
) -> None:
    result = run("--directory", project, *arguments)
    assert result.exit_code == 0, result.output
    assert calls == [expected]


def test_preset_files(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Selection] = []
    monkeypatch.setattr(stages, "write_user_presets", lambda _, selection: made.append(selection))
    result = run("--directory", project, "configure", "--preset-file", "--all")
    assert result.exit_code == 0, result.output
    assert made == [Selection(is_whole=True)]
    for words in (["--native"], ["--preset", "p"], ["-DA=1"]):
        result = run("--directory", project, "configure", "--preset-file", *words)
        assert result.exit_code == 2
        assert "--preset-file is about the wheel" in result.output


def test_wrong_options_of_stages(project: Path) -> None:
    result = run("--directory", project, "build", "--native", "--all")
    assert result.exit_code == 2
    assert "give one of them" in result.output
    result = run("--directory", project, "build", "--index", "x")
    assert result.exit_code == 2


def test_build_path_and_dry_run(project: Path, tmp_path: Path) -> None:
    directory = tmp_path / 'build "x" \\ é'
    (project / "pyproject.toml").write_text(PYPROJECT.replace(".cmake", ".cmake.0"))
    options = (
        "-n",
        "-v",
        "--directory",
        project,
        "-B",
        directory / "{build_config}",
        "-C",
        "cross.arch=win32",
    )
    result = run(*options, "-C", "cross.abi=cp312", "configure")
    assert result.exit_code == 0, result.output
    (command,) = [line for line in result.output.splitlines() if line.startswith("+ ")]
    words = shlex.split(command)
    assert Path(words[words.index("-B") + 1]).parent == directory
    assert words[words.index("-B") + 1].endswith("-cp312-win32")
    assert "cmake_minimum_required" in result.output
    assert not directory.exists()


def test_interrupted(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(stages, "run_verb", interrupt)
    result = run("--directory", project, "build")
    assert result.exit_code == 130
    assert result.output == "py-build-cmake: interrupted\n"


def test_the_systems_refusals_are_the_users(project: Path) -> None:
    (project / "file").touch()
    result = run("--directory", project, "-B", project / "file" / "x", "configure")
    assert result.exit_code == 1
    assert "the operating system refuses" in result.output


# tags and sdist


def test_tags(project: Path) -> None:
    cross = ("-C", "cross.arch=linux_aarch64", "-C", "cross.abi=cp312")
    result = run("--directory", project, "tags", *cross)
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert lines[:2] == [
        "tag:   cp312-cp312-linux_aarch64",
        "wheel: pkg-1-cp312-cp312-linux_aarch64.whl",
    ]
    assert all(line.startswith("note:  ") for line in lines[2:])
    shown = json.loads(run("--directory", project, "tags", "--json", *cross).output)
    assert shown["tag"] == "cp312-cp312-linux_aarch64"
    assert shown["platform_tag_follows_build"] is False
    assert not (project / ".py-build-cmake_cache").exists()


def test_tags_that_follow_the_build(project: Path) -> None:
    result = run("--directory", project, "tags", "-C", "wheel.platform_tag=[auto]")
    assert "found out from what is built" in result.output
    result = run("--directory", project, "tags", "--json", "-C", "wheel.platform_tag=[auto]")
    assert json.loads(result.output)["platform_tag_follows_build"] is True
    result = run("--directory", project, "tags", "-C", "wheel.python_abi=abi3")
    assert "The python tag is found out from what is built" in result.output
    shown = run("--directory", project, "tags", "--json", "-C", "wheel.python_abi=abi3").output
    assert json.loads(shown)["python_tag_follows_build"] is True


def test_tags_warn_and_refuse(project: Path) -> None:
    (project / "pkg" / "__init__.py").unlink()
    result = run("--directory", project, "tags")
    assert result.exit_code == 1
    assert "has no __init__.py" in result.output


def test_sdist_list(project: Path) -> None:
    (project / "pyproject.toml").write_text(PYPROJECT + SDIST)
    (project / "data").mkdir()
    for name in "ab":
        (project / "data" / name).touch()
    (project / "other").touch()
    (project / "pkg" / "m.py").touch()
    (project / "pkg" / "__pycache__").mkdir()
    result = run("--directory", project, "sdist", "--list")
    assert result.exit_code == 0, result.output
    assert [re.sub(r"  +", "  ", line) for line in result.output.splitlines()] == [
        "+ CMakeLists.txt  `sdist.include`: 'CMakeLists.txt'",
        "+ data/a  `sdist.include`: 'data'",
        "- data/b  `sdist.exclude`: 'data/b'",
        "- other  no rule includes it",
        "+ pkg/__init__.py  every source distribution has it",
        "- pkg/__pycache__/  never part of a source distribution",
        "+ pkg/m.py  module 'pkg'",
        "+ pyproject.toml  every source distribution has it",
        "5 of 8 are included, and PKG-INFO is added",
    ]
    listed = json.loads(run("--directory", project, "sdist", "--list", "--json").output)
    assert listed[2] == {"file": "data/b", "included": False, "rule": "`sdist.exclude`: 'data/b'"}
    assert not (project / "dist").exists()


def test_sdist_list_warns(project: Path) -> None:
    result = run("--directory", project, "sdist", "--list")
    assert "the source distribution lacks CMakeLists.txt" in result.output
    assert "add it to `sdist.include`" in result.output


def test_sdist(project: Path, tmp_path: Path) -> None:
    (project / "pyproject.toml").write_text(PYPROJECT + SDIST)
    touch(project / "data" / "a", project / "data" / "b")
    archive = project / "dist" / "pkg-1.tar.gz"
    assert run("-n", "--directory", project, "sdist").output == f"would write {archive}\n"
    assert not archive.exists()
    result = run("--directory", project, "sdist")
    assert result.output == f"{project / 'dist' / 'pkg-1.tar.gz'}\n"
    assert (project / "dist" / "pkg-1.tar.gz").is_file()
    result = run("--directory", project, "sdist", "--output", tmp_path / "out", "--json")
    assert json.loads(result.output) == {"sdist": str(tmp_path / "out" / "pkg-1.tar.gz")}


def test_install_rules_that_nobody_runs_are_said(project: Path) -> None:
    (project / "pyproject.toml").write_text(PYPROJECT.partition("[tool.")[0])
    (project / "CMakeLists.txt").write_text("install(FILES x DESTINATION y)\n")
    for command in ("tags", "doctor"):
        assert (
            "warning: CMakeLists.txt has install rules"
            in run("--directory", project, command).output
        )


# clean


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(3000))


def test_clean_removes_nothing_by_itself(project: Path) -> None:
    assert run("--directory", project, "clean").output == "nothing to remove\n"
    cache = project / ".py-build-cmake_cache"
    touch(cache / "x" / "py-build-cmake" / "lock", cache / "x" / "editable" / "m.py")
    result = run("--directory", project, "clean")
    assert result.exit_code == 0
    assert f"remove {cache} (6 KiB)" in result.output
    assert "an editable install uses it" in result.output
    assert "nothing was removed" in run("--directory", project, "-n", "clean", "--yes").output
    assert cache.is_dir()
    result = run("--directory", project, "clean", "--yes")
    assert result.output.endswith("removed\n")
    assert not cache.exists()


@pytest.mark.parametrize(("answer", "stays"), [("y\n", False), ("n\n", True), ("\n", True)])
def test_clean_asks(
    project: Path, monkeypatch: pytest.MonkeyPatch, answer: str, stays: bool
) -> None:
    cache = project / ".py-build-cmake_cache"
    touch(cache / "x")

    monkeypatch.setattr(clean_module, "is_terminal", lambda: True)
    assert run("--directory", project, "clean", input=answer).exit_code == 0
    assert cache.exists() == stays


def test_clean_leaves_alone_what_is_not_ours(project: Path, tmp_path: Path) -> None:
    preload = "py-build-cmake-preload.cmake"
    builds = tmp_path / "builds"
    touch(builds / "b-one-x" / "sub" / preload, builds / "b-two-x" / "sub" / "other")
    touch(builds / "one-x" / "sub" / preload, builds / "b-one" / "sub" / preload)
    touch(tmp_path / "linked" / "file")
    (builds / "b-link-x").symlink_to(tmp_path / "linked")
    (project / ".py-build-cmake_cache").symlink_to(tmp_path / "linked")
    result = run(
        "--directory", project, "-B", builds / "b-{build_config}-x" / "sub", "clean", "--yes"
    )
    assert result.exit_code == 0, result.output
    assert "is a link" in result.output
    left = sorted(path.relative_to(builds).as_posix() for path in builds.rglob("*"))
    assert "b-one-x/sub" not in left
    assert {"b-two-x/sub/other", f"one-x/sub/{preload}", f"b-one/sub/{preload}"} <= set(left)
    assert (tmp_path / "linked" / "file").is_file()


@pytest.mark.parametrize("path", [".", "..", "pkg"])
def test_clean_keeps_the_project(project: Path, path: str) -> None:
    directory = (project / path).resolve()
    touch(directory / "py-build-cmake-preload.cmake")
    result = run("--directory", project, "-B", directory, "clean", "--yes")
    assert result.exit_code == 0
    assert "has files of the project in it" in result.output
    assert (project / "pkg" / "__init__.py").is_file()


def test_sizes(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(3 << 30)
    assert clean_module._size(tmp_path) == "3.0 GiB"


# init


@pytest.mark.parametrize("template", TEMPLATES)
def test_init(template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "My-Folder").mkdir()
    (tmp_path / "My-Folder" / "README.md").write_text("mine")
    dry = run("-n", "init", "-t", template, "My-Folder")
    assert [*(tmp_path / "My-Folder").iterdir()] == [tmp_path / "My-Folder" / "README.md"]
    result = run("init", "-t", template, "My-Folder")
    assert result.exit_code == 0, result.output
    assert dry.output.replace("would write", "wrote") == result.output
    root = tmp_path / "My-Folder"
    assert (root / "README.md").read_text() == "mine"
    assert (root / "src" / "my_folder" / "__init__.py").is_file()
    assert 'name = "My-Folder"' in (root / "pyproject.toml").read_text()
    assert (root / ".github" / "workflows" / "wheels.yml").is_file()
    assert "${{ matrix.os }}" in (root / ".github" / "workflows" / "wheels.yml").read_text()
    for path in root.rglob("*"):
        if path.is_file():
            assert not re.search("@[A-Z_]+@", path.read_text())
            assert path.suffix != ".in"
    # The configuration is a correct one.
    assert json.loads(run("--directory", root, "tags", "--json").output)["wheel"].startswith(
        "my_folder-0.1.0"
    )
    listed = run("--directory", root, "wheels", "--matrix", root / "wheels.toml", "--list")
    targets = re.findall(r'^    "(\w+)",$', (root / "wheels.toml").read_text(), re.MULTILINE)
    assert len(targets) == 11
    assert all(f"-{target}.whl" in listed.output for target in targets), listed.output
    again = run("init", "-t", template, "My-Folder")
    assert again.exit_code == 1
    assert again.output.count("is there already") >= 5
    assert "README" not in again.output


def test_the_matrix_of_the_example_is_that_of_new_projects() -> None:
    matrix = REPOSITORY / "examples" / "nanobind-stubs" / "wheels.toml"
    assert matrix.read_text("utf-8") == render("nanobind", "cpp-math", "explicit")["wheels.toml"]


def test_init_in_a_checkout_of_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    refused = run("init", "--sdist-mode", "git", "a")
    assert refused.exit_code == 1
    assert "git does not know the files of" in refused.output
    assert not (tmp_path / "a").exists()
    assert "git add" not in run("init", "b").output
    assert "include = [" in (tmp_path / "b" / "pyproject.toml").read_text()
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    result = run("init", "below/c")
    assert result.exit_code == 0, result.output
    assert "git add ." in result.output
    assert 'mode = "git"' in (tmp_path / "below" / "c" / "pyproject.toml").read_text()
    subprocess.run(["git", "add", "below"], cwd=tmp_path, check=True)
    listed = json.loads(run("--directory", "below/c", "sdist", "--list", "--json").output)
    assert all(file["included"] for file in listed)
    assert "git add" not in run("init", "--sdist-mode", "explicit", "d").output


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("-x", "cannot be the name of a package"),
        ("", "cannot be the name of a package"),
        ("a b", "cannot be the name of a package"),
        ("1a", "is not a name in Python"),
        ("class", "is not a name in Python"),
        ("nanobind", "is imported already"),
    ],
)
def test_init_refuses_names(name: str, message: str) -> None:
    with pytest.raises(ProjectError, match=message):
        render("c", name)


# doctor and cross list


def test_a_rebuild_takes_no_configuration(tmp_path: Path) -> None:
    """It would have no effect."""
    for option in ("--local", "--cross", "-C"):
        result = run("--directory", tmp_path, option, "x=y", "rebuild", "--fresh")
        assert (result.exit_code, "is that of the installation" in result.output) == (2, True)


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    directory = tmp_path / "programs"
    directory.mkdir()
    for name in ("cmake", "cc", "aarch64-linux-gnu-gcc", "qemu-arm"):
        (directory / name).write_text(f"#!/bin/sh\necho {name} of Vendor 1.2.3\n")
        (directory / name).chmod(0o755)
    return directory


def test_doctor_names_missing_keys_of_uv(
    programs: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = replace(LINUX_CP311, environ={"PATH": str(programs)}, include_dir=None)
    monkeypatch.setattr(session_module, "detect_build_machine", lambda: machine)
    advice = "uv does not build again when CMakeLists.txt changes; write cache-keys = ["
    (project / "pyproject.toml").write_text(PYPROJECT + SDIST)
    assert advice not in run("--directory", project, "doctor").output
    (programs / "uv").write_text("#!/bin/sh\n")
    (programs / "uv").chmod(0o755)
    assert advice in run("--directory", project, "doctor").output
    keys = '[tool.uv]\ncache-keys = [{ file = "pyproject.toml" }, { file = "CMakeLists.txt" }]\n'
    (project / "pyproject.toml").write_text(PYPROJECT + SDIST + keys)
    assert advice not in run("--directory", project, "doctor").output


def test_findings(programs: Path, tmp_path: Path) -> None:
    machine = replace(
        LINUX_CP311, environ={"PATH": str(programs), "CXX": "c++x -O2"}, include_dir=tmp_path
    )
    found = {finding.name: finding for finding in doctor_module.examine(machine)}
    assert found["cmake"].version == "1.2.3"
    assert found["C compiler"].place == str(programs / "cc")
    assert found["C++ compiler"].advice == "CXX names c++x, which was not found"
    assert found["C++ compiler"].is_bad
    assert not found["Fortran compiler"].is_bad
    assert found["aarch64-linux-gnu-gcc"].purpose == "compiling for linux_aarch64"
    assert found["qemu-arm"].purpose == "running what is for linux_armv6l, linux_armv7l"
    assert found["Python.h"].is_bad
    (tmp_path / "Python.h").touch()
    assert not {f.name: f for f in doctor_module.examine(machine)}["Python.h"].is_bad


def test_doctor(programs: Path, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = replace(LINUX_CP311, environ={"PATH": str(programs)}, include_dir=None)
    monkeypatch.setattr(session_module, "detect_build_machine", lambda: machine)
    result = run("--directory", project, "doctor")
    assert result.exit_code == 1
    assert "Python.h: install the headers of Python" in result.output
    assert "this project's build would first install: " in result.output
    assert "\x1b" not in result.output
    result = run("--directory", project, "doctor", "--json")
    assert result.exit_code == 1
    assert isinstance(json.loads(result.output)["project_requires"], list)
    machine = replace(machine, include_dir=project)
    (project / "Python.h").touch()
    result = run("--directory", project / "pkg", "doctor")
    assert result.exit_code == 0, result.output
    assert "nothing that every build needs is missing" in result.output
    (programs / "cc").unlink()
    result = run("--directory", project, "doctor")
    assert result.exit_code == 1
    assert "C compiler: install a compiler, name it in CC, or write" in result.output
    result = run("--directory", project, "doctor", "-C", "cmake.toolchain=zig")
    assert result.exit_code == 0, result.output


EXTERNAL = """
[external]
build-requires = ["dep:virtual/compiler/c", "dep:virtual/compiler/rust", "dep:generic/flex"]
host-requires = ["dep:generic/zlib", "dep:virtual/interface/blas", "dep:generic/own"]
"""


def test_doctor_looks_for_what_comes_from_elsewhere(
    programs: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pkg-config is a stand-in, which knows a `zlib`, and an `own` under the name `libown`."""
    answers = "case $2 in zlib) echo 1.3;; libown) echo 2.0;; *) exit 1;; esac"
    (programs / "flex").write_text("#!/bin/sh\necho flex 2.6.4\n")
    (programs / "pkg-config").write_text(f"#!/bin/sh\n{answers}\n")
    for name in ("flex", "pkg-config"):
        (programs / name).chmod(0o755)
    machine = replace(LINUX_CP311, environ={"PATH": str(programs)}, include_dir=project)
    monkeypatch.setattr(session_module, "detect_build_machine", lambda: machine)
    (project / "Python.h").touch()
    (project / "pyproject.toml").write_text(PYPROJECT + EXTERNAL)
    result = run("--directory", project, "doctor", "--json")
    assert result.exit_code == 0, result.output
    found = [f for f in json.loads(result.output)["findings"] if f["group"] == "external"]
    assert {f["name"]: f["version"] for f in found} == {
        "dep:virtual/compiler/c": "1.2.3",
        "dep:virtual/compiler/rust": "",
        "dep:generic/flex": "2.6.4",
        "dep:generic/zlib": "1.3",
        "dep:virtual/interface/blas": "",
        "dep:generic/own": "2.0",
    }
    assert "not found" in run("--directory", project, "doctor").output
    (project / "pyproject.toml").write_text(PYPROJECT + '\n[external]\ndependencies = ["x"]\n')
    result = run("--directory", project, "doctor")
    assert result.exit_code == 1
    assert "external.dependencies" in result.output


def test_dependencies(monkeypatch: pytest.MonkeyPatch) -> None:
    requires = ["packaging>=9999", "no-such-thing", "rich>=1; extra == 'cli'", "x; extra == 'test'"]
    monkeypatch.setattr(doctor_module.metadata, "requires", lambda _: requires)
    found = {finding.name: finding for finding in doctor_module._dependencies()}
    assert list(found) == ["packaging", "no-such-thing", "rich"]
    assert found["packaging"].advice == "install 'packaging>=9999'"
    assert found["no-such-thing"].advice == "install 'no-such-thing'"
    assert (found["rich"].advice, found["rich"].purpose) == ("", "the command line")

    def fail(_: str) -> None:
        raise doctor_module.metadata.PackageNotFoundError

    monkeypatch.setattr(doctor_module.metadata, "requires", fail)
    assert list(doctor_module._dependencies()) == []


def test_cross_list(programs: Path) -> None:
    machine = replace(LINUX_CP311, environ={"PATH": str(programs)})
    targets = {target.machine: target for target in linux_platforms(machine)}
    assert targets["aarch64"].compilers == (str(programs / "aarch64-linux-gnu-gcc"),)
    assert targets["armv7l"].emulators == (str(programs / "qemu-arm"),)
    assert targets["riscv64"].compilers == ()
    assert targets["riscv64"].zig == "riscv64-linux-gnu.2.27"
    assert targets["armv6l"].zig is None
    listed = json.loads(run("cross", "list", "--json").output)
    assert {target["machine"] for target in listed["linux"]} == set(targets)
    shown = run("cross", "list").output
    assert all(machine in shown for machine in targets)
    assert "win_arm64" in shown
    assert "aarch64-linux-gnu.2.17" in shown


def test_cross_list_says_which_zig_there_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("py_build_cmake.toolchains.zig.find_zig", lambda _: None)
    assert f"zig: not here ({REQUIREMENT}" in run("cross", "list").output
    zig = tmp_path / "zig"
    zig.write_text("#!/bin/sh\necho 0.17.1\n")
    zig.chmod(0o755)
    monkeypatch.setattr("py_build_cmake.toolchains.zig.find_zig", lambda _: zig)
    assert f"zig: {zig}, version 0.17.1 ({REQUIREMENT}" in run("cross", "list").output
    listed = json.loads(run("cross", "list", "--json").output)
    assert listed["zig"] == {"path": str(zig), "version": "0.17.1", "requirement": REQUIREMENT}


# colours


@pytest.mark.parametrize(
    ("environ", "is_terminal", "expected"),
    [
        ({}, False, False),
        ({"TERM": "xterm"}, True, True),
        ({"TERM": "dumb"}, True, False),
        ({"CLICOLOR": "0"}, True, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"CLICOLOR_FORCE": "1"}, False, True),
        ({"CLICOLOR_FORCE": "0"}, False, False),
        ({"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, False, False),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": ""}, False, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, False),
    ],
)
def test_colours(
    environ: dict[str, str],
    is_terminal: bool,
    expected: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert has_colours(environ, is_terminal=is_terminal) == expected
    if not is_terminal:
        for name in ("NO_COLOR", "CLICOLOR_FORCE", "FORCE_COLOR"):
            monkeypatch.delenv(name, raising=False)
        open_screen(environ).print("text", style="red")
        assert ("\x1b[31m" in capsys.readouterr().out) == expected


def test_colours_of_commands(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b" not in run("config", "format").output
    monkeypatch.setenv("CLICOLOR_FORCE", "1")
    assert "\x1b" in run("config", "format").output
    words = ("-C", "cross.arch=linux_aarch64", "cross", "check")
    assert "\x1b[31m" in run("--directory", project, *words).output
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in run("config", "format").output
    assert os.environ["NO_COLOR"]


def test_old_spellings_have_the_same_effect_and_a_warning(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for old, new in (
        (("-C", project, "tags"), "--directory"),
        (("-V", "--directory", project, "tags"), "write -v"),
        (
            ("--directory", project, "tags", "-o", "wheel.build_tag=1x"),
            "write -C wheel.build_tag=1x",
        ),
        (("--directory", project, "sdist", "-d", out), f"--output {out}"),
        (("--directory", project, "sdist", "-o", "sdist.include=[x]", "--list"), "-C sdist."),
    ):
        result = run(*old)
        assert result.exit_code == 0, result.output
        assert "is deprecated" in result.output
        assert new in result.output
    assert "-1x-" in run("-C", project, "tags", "-o", "wheel.build_tag=1x").output
    assert [path.suffix for path in out.iterdir()] == [".gz"]
    current = run("--directory", project, "-C", "wheel.build_tag=2x", "-C", "fresh", "tags")
    assert "deprecated" not in current.output
    assert "-2x-" in current.output


def test_neither_a_setting_nor_a_directory() -> None:
    result = run("-C", "nowhere", "tags")
    assert result.exit_code == 2
    assert "neither KEY=VALUE nor a directory" in result.output


def test_quiet(project: Path, tmp_path: Path) -> None:
    result = run("--quiet", "--verbose", "tags")
    assert result.exit_code == 2
    assert "exclude each other" in result.output
    result = run("-q", "--directory", project, "sdist", "--output", tmp_path)
    assert result.stdout == f"{next(tmp_path.glob('*.tar.gz'))}\n"
    assert "warning: the source distribution lacks CMakeLists.txt" in result.stderr


def test_errors_are_json_where_json_is_wanted(project: Path) -> None:
    with (project / "pyproject.toml").open("a") as file:
        file.write('[tool.py-build-cmake.wheel]\nverfy = "off"\n')
    result = run("--directory", project, "tags", "--json")
    assert result.exit_code == 1
    (problem,) = json.loads(result.stdout)["errors"]
    assert "verfy" in problem["where"]
    assert "verfy" in result.stderr


def test_doctor_shows_the_machine_of_a_broken_project(project: Path) -> None:
    with (project / "pyproject.toml").open("a") as file:
        file.write('[tool.py-build-cmake.wheel]\nverfy = "off"\n')
    result = run("--directory", project, "doctor")
    assert result.exit_code == 1
    assert "processors" in result.stdout
    assert "verfy" in result.stderr
    result = run("--directory", project, "doctor", "--json")
    document = json.loads(result.stdout)
    assert "verfy" in document["errors"][0]["where"]
    assert document["project_requires"] is None
    assert document["findings"]


def test_no_summary_is_cut() -> None:
    assert "..." not in run("--help").output.partition("Commands:")[2]


def test_reproduce_takes_the_newest_wheel(project: Path, tmp_path: Path) -> None:
    result = run("--directory", project, "reproduce")
    assert result.exit_code == 1
    assert "there is no wheel" in result.output
    (project / "dist").mkdir()
    for age, name in enumerate(("new.whl", "old.whl")):
        (project / "dist" / name).write_bytes(b"x")
        os.utime(project / "dist" / name, (1000 - age, 1000 - age))
    result = run("--directory", project, "reproduce")
    assert "new.whl: is not a wheel" in result.output


def test_a_source_distribution_is_checked(project: Path, tmp_path: Path) -> None:
    without_cmake = PYPROJECT.replace("[tool.py-build-cmake.cmake]\n", "")
    (project / "pyproject.toml").write_text(without_cmake)
    (project / "pkg" / "data.txt").write_text("x")
    check = ("--directory", project, "sdist", "--check", "--output", tmp_path / "out")
    result = run(*check)
    assert result.exit_code == 0, result.output
    assert "the wheel that is built from pkg-1.tar.gz is the project's" in result.output
    table = '[tool.py-build-cmake.sdist]\nexclude = ["pkg/data.txt"]\n'
    (project / "pyproject.toml").write_text(without_cmake + table)
    result = run(*check)
    assert result.exit_code == 1
    assert "pkg/data.txt: is not in the second wheel" in result.output
