"""What is printed, and where."""

from __future__ import annotations

import io
import shlex
import sys
from pathlib import Path

import pytest

from py_build_cmake import __version__
from py_build_cmake.base.console import Console, StepBegins
from py_build_cmake.base.errors import CommandError, ConfigError, Diagnostic, Error, Problem

TWO_PROBLEMS = ConfigError.from_problems(
    [Problem("100% wrong", "a.toml: `x`", "do\r\nthis"), Problem("also wrong")]
)


def test_progress_goes_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console()
    console.step(2, 3, "build")
    console.info("version '3.11'")
    out, err = capsys.readouterr()
    assert out == "py-build-cmake: [2/3] build\npy-build-cmake: version '3.11'\n"
    assert err == ""


@pytest.mark.parametrize("verbose", [True, False])
def test_details_need_a_verbose_build(capsys: pytest.CaptureFixture[str], verbose: bool) -> None:
    Console(verbose=verbose).detail("small print")
    out, _ = capsys.readouterr()
    assert out == ("py-build-cmake: small print\n" if verbose else "")


def test_a_command_can_be_pasted(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["cmake", "-D", "A=b;c 'd' \"e\" $f\\", ""]
    Console().command(command)
    out, _ = capsys.readouterr()
    plus, _, pasted = out.partition(" ")
    assert plus == "+"
    assert shlex.split(pasted) == command


def test_diagnostics_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console()
    console.warning("odd")
    console.error(TWO_PROBLEMS)
    out, err = capsys.readouterr()
    assert out == ""
    first, second = TWO_PROBLEMS.problems
    assert err == (
        "py-build-cmake: warning: odd\n"
        f"py-build-cmake: error: {first}\n"
        f"py-build-cmake: error: {second}\n"
    )


def decode_workflow_command(line: str) -> tuple[str, str]:
    """Read a line as GitHub Actions does it (workflow commands: ``::name::value``)."""
    empty, name, value = line.split("::", 2)
    assert empty == ""
    for escape, character in (("%0A", "\n"), ("%0D", "\r"), ("%25", "%")):
        value = value.replace(escape, character)
    return name, value


def test_annotations_are_single_lines(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console(annotations=True)
    console.warning("odd")
    console.error(TWO_PROBLEMS)
    _, err = capsys.readouterr()
    assert "100%25 wrong" in err
    assert "do%0D%0Athis\n" in err
    assert [decode_workflow_command(line) for line in err.splitlines()] == [
        ("warning", "py-build-cmake: warning: odd"),
        *(("error", f"py-build-cmake: error: {problem}") for problem in TWO_PROBLEMS.problems),
    ]


def test_a_defect_names_the_version_and_asks_for_a_report(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Console().defect()
    _, err = capsys.readouterr()
    assert err.startswith("py-build-cmake: error: this is a defect of py-build-cmake")
    assert __version__ in err
    assert "report" in err


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_what_a_log_cannot_express_does_not_end_the_build(
    monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding=encoding))
    Console().info("/home/\N{HIRAGANA LETTER A}/\udcff")
    printed = written.getvalue().decode(encoding)
    hiragana = "\N{HIRAGANA LETTER A}" if encoding == "utf-8" else "\\u3042"
    assert printed == f"py-build-cmake: /home/{hiragana}/\\udcff\n"


@pytest.mark.parametrize(
    ("file", "shown"),
    [
        ("/work space/repo/src/a,b.c", "src/a%2Cb.c"),
        ("/project/src/copied.c", "src/copied.c"),
        ("/project/src/generated.c", ""),
        ("/usr/include/a.h", ""),
        ("src/a.c", "src/a.c"),
        ("", ""),
    ],
)
def test_errors_of_compilers_are_annotations(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    file: str,
    shown: str,
) -> None:
    """Files are those of the checkout, also where a copy of them is compiled."""
    repository, project = tmp_path / "work space" / "repo", tmp_path / "project"
    (repository / "src").mkdir(parents=True)
    (repository / "src" / "copied.c").touch()
    project.mkdir()
    monkeypatch.chdir(project)
    console = Console(annotations=True, workspace=str(repository))
    path = f"{tmp_path}{file}" if file.startswith("/") else file
    diagnostic = Diagnostic("100% wrong", (), path, 7)
    console.error(CommandError("build", ["make"], 2, diagnostics=[diagnostic]))
    first, *rest = capsys.readouterr().err.splitlines()
    if shown:
        assert first == f"::error file={shown},line=7::100%25 wrong"
        (first,) = rest
    assert first.startswith("::error::py-build-cmake: error: build failed")


def test_without_a_workspace_files_are_relative_to_the_project(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    diagnostics = [Diagnostic("wrong", (), str(tmp_path / "a.c"))]
    Console(annotations=True).error(CommandError("x", ["y"], 1, diagnostics=diagnostics))
    assert capsys.readouterr().err.startswith("::error file=a.c::wrong\n")


def test_secrets_are_nowhere(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console.of_environment(
        {"MY_TOKEN": "hunter2", "GITHUB_ACTIONS": "true"}, verbose=True
    )
    for say in (console.info, console.detail, console.warning):
        say("it is hunter2")
    console.command(["cmake", "hunter2"])
    console.error(ConfigError("not 'hunter2'"))
    out, err = capsys.readouterr()
    assert "hunter2" not in out + err
    assert (out + err).count("***") == 5


def test_steps_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    told: list[StepBegins] = []
    console = Console(on_step=told.append)
    console.step(1, 2, "configure for linux_aarch64")
    assert told == [StepBegins(1, 2, "configure for linux_aarch64")]
    assert capsys.readouterr().out == f"py-build-cmake: {told[0]}\n"
    assert str(told[0]) == "[1/2] configure for linux_aarch64"


@pytest.mark.parametrize(
    ("level", "shown"),
    [
        ("DEBUG", {"step", "info", "+", "warning", "error"}),
        ("INFO", {"step", "info", "+", "warning", "error"}),
        ("WARNING", {"warning", "error"}),
        ("ERROR", {"error"}),
        ("CRITICAL", {"error"}),
    ],
)
def test_levels(capsys: pytest.CaptureFixture[str], level: str, shown: set[str]) -> None:
    console = Console(level=level)
    console.step(1, 2, "step")
    console.info("info")
    console.command(["+"])
    console.warning("warning")
    console.error(Error("error"))
    captured = capsys.readouterr()
    assert {line.split()[-1] for line in (captured.out + captured.err).splitlines()} == shown


def test_words_of_diagnostics_are_coloured(capsys: pytest.CaptureFixture[str]) -> None:
    environ = {"CLICOLOR_FORCE": "1"}
    Console.of_environment(environ).warning("beware")
    assert capsys.readouterr().err == "py-build-cmake: \033[1;33mwarning:\033[0m beware\n"
    Console.of_environment({}).warning("beware")
    assert capsys.readouterr().err == "py-build-cmake: warning: beware\n"
