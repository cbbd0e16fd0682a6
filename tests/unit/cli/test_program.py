"""The command line program, in this process."""

from __future__ import annotations

import builtins
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from py_build_cmake import __version__, cli
from py_build_cmake.cli import config as config_module
from py_build_cmake.cli.program import program
from py_build_cmake.cli.reference import reference_page
from py_build_cmake.config.schema import ROOT, WHEN

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PYPROJECT = """\
[project]
name = "a-b"
version = "1"
[tool.py-build-cmake.cmake]
build_type = "Release"
args = ["-Wdev"]
options = { A = ["x", "y"], B = true, "c d" = "\\u00e9\\n\\"" }
env = { PATH = "x" }
[tool.py-build-cmake.linux.cmake]
args = ["-l"]
[[tool.py-build-cmake.when]]
match = { cross = true }
cmake.build_type = "MinSizeRel"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    path = (tmp_path / "project").resolve()
    path.mkdir()
    (path / "pyproject.toml").write_text(PYPROJECT)
    (path / "CMakeLists.txt").touch()
    (path / "aarch64.cross.toml").write_text('arch = "linux_aarch64"\nos = "linux"\n')
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(program, [str(argument) for argument in arguments])


def test_secrets_in_the_configuration(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Logs of services show what the command prints."""
    secret = "hunter2hunter2"
    (project / "py-build-cmake.local.toml").write_text(
        f'[cmake]\nargs = ["-DDB_PASSWORD={secret}"]\n'
        f'options = {{ MY_TOKEN = "{secret}", U = "https://{secret}@h/x", X_KEY = true }}\n'
        f'env = {{ API_KEY = "{secret}" }}\n'
    )
    overridden = "-C", 'cmake.options.MY_TOKEN="other-secret"'
    for more in ((), ("--json",)):
        text = show(project, *overridden, *more)
        assert "other-secret" not in text
        assert secret not in text
        assert "-DDB_PASSWORD=***" in text
        assert "https://***@h/x" in text
    assert json.loads(text)["options"]
    monkeypatch.setenv("PY_BUILD_CMAKE_VERBOSE_ENV", "1")
    assert secret in show(project)


def show(project: Path, *arguments: object) -> str:
    result = run("--directory", project, "config", "show", *arguments)
    assert result.exit_code == 0, result.output
    return result.output


def options_of(project: Path, *arguments: object) -> dict[str, Any]:
    shown = json.loads(show(project, "--json", *arguments))
    return {option["key"]: option for option in shown["options"]}


def test_the_effective_configuration_is_toml(project: Path) -> None:
    shown = tomllib.loads(show(project, "--cross", project / "aarch64.cross.toml"))
    assert shown["cmake"]["build_type"] == "MinSizeRel"
    assert shown["cmake"]["args"] == ["-Wdev", "-l"]
    assert shown["cmake"]["options"] == {"A": ["x", "y"], "B": {"value": True, "type": "BOOL"}} | {
        "c d": 'é\n"'
    }
    assert shown["cmake"]["env"] == {"PATH": "x"}
    assert shown["cross"]["arch"] == "linux_aarch64"
    assert shown["module"]["name"] == "a_b"
    assert shown["module"]["directory"] == str(project)
    assert "native" not in shown


def test_origins_in_text(project: Path) -> None:
    lines = show(project, "-C", "cmake.build_type=Debug", "-C", "cmake.build_type+=X").splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("build_type"))
    assert [" ".join(line.split()) for line in lines[first : first + 2]] == [
        'build_type = "DebugX" # -C cmake.build_type',
        '# instead of "Release" (pyproject.toml: `tool.py-build-cmake.cmake.build_type`)',
    ]
    text = show(project, "-C", "cmake.build_type=!")
    assert "# build_type is not set" in text
    assert "preset is not set" in text


def test_origins_in_json(project: Path) -> None:
    cross = project / "aarch64.cross.toml"
    options = options_of(project, "--cross", cross, "-C", "cmake.build_type=Debug")
    assert options["cmake.build_type"] == {
        "key": "cmake.build_type",
        "path": ["cmake", "build_type"],
        "value": "Debug",
        "default": None,
        "origins": [
            {
                "source": "-C cmake.build_type",
                "key": "cmake.build_type",
                "operator": "=",
                "value": "Debug",
            }
        ],
        "shadowed": [
            {
                "source": "pyproject.toml",
                "key": "tool.py-build-cmake.cmake.build_type",
                "operator": "=",
                "value": "Release",
            },
            {
                "source": "pyproject.toml",
                "key": "tool.py-build-cmake.when[1].cmake.build_type",
                "operator": "=",
                "value": "MinSizeRel",
            },
        ],
    }
    assert [o["key"] for o in options["cmake.args"]["origins"]] == [
        "tool.py-build-cmake.cmake.args",
        "tool.py-build-cmake.linux.cmake.args",
    ]
    assert options["cmake.config"]["default"] == "follows `build_type`"
    assert options["cross.arch"]["origins"][0]["source"] == "aarch64.cross.toml"
    assert options["wheel.python_abi"]["default"] == "default"


def test_the_host_system_is_described(project: Path) -> None:
    shown = json.loads(
        show(project, "--json", "-C", "cross.arch=win_arm64", "-C", "cross.abi=cp312")
    )
    assert shown["host"] == "cp312-cp312-win_arm64"
    assert (shown["os"], shown["arch"], shown["python"]) == ("windows", "aarch64", "3.12")
    assert shown["cross"] is True
    assert shown["notes"]


def test_the_native_pre_build_has_its_own_tables(project: Path) -> None:
    arguments = ["-C", "cross.arch=win_arm64", "-C", "cross.native_build=true"]
    options = options_of(project, *arguments)
    assert options["cmake.build_type"]["value"] == "MinSizeRel"
    assert options["native.cmake.build_type"]["value"] == "Release"
    assert "native.wheel.python_abi" not in options


def test_environment_values(project: Path) -> None:
    arguments = ["-C", "cmake.env.A=+(path)x", "-C", "cmake.env.B=!", "-C", "cmake.env.PATH+=y"]
    options = options_of(project, *arguments)
    assert options["cmake.env.A"]["value"] == {"prepend-path": ["x"]}
    assert options["cmake.env.B"]["value"] == {"clear": True}
    assert options["cmake.env.PATH"]["value"] == {"value": "x", "append": "y"}


def test_sources_may_stand_before_the_command(project: Path, tmp_path: Path) -> None:
    local = tmp_path / "local.toml"
    local.write_text('cmake.preset = "p"\ncmake.generator = "local"\n')
    before = ["--directory", project, "--local", local, "-C", "cmake.generator=before"]
    result = run(*before, "config", "show", "--json", "-C", "cmake.preset=after")
    options = {option["key"]: option for option in json.loads(result.output)["options"]}
    assert options["cmake.preset"]["value"] == "after"
    assert options["cmake.generator"]["value"] == "before"


def test_mistakes_are_printed_as_by_the_hooks(project: Path) -> None:
    (project / "py-build-cmake.local.toml").write_text("cmake.arg = 1\nmodule.name = 2\n")
    result = run("--directory", project, "config", "show")
    assert result.exit_code == 1
    assert result.output.count("py-build-cmake: error: py-build-cmake.local.toml: ") == 2
    assert "Traceback" not in result.output
    result = run("--directory", project, "config", "show", "-C", "nonsense=1")
    assert result.exit_code == 1
    assert "config setting `nonsense`" in result.output


def test_warnings_do_not_disturb(project: Path) -> None:
    override = "cmake.options.B={value=x, type=STRING, strict=false}"
    result = run("--directory", project, "config", "show", "--json", "-C", override)
    # Both streams are in it, in order.
    warning, brace, text = result.output.partition("{\n")
    assert json.loads(brace + text)["warnings"]
    assert warning.startswith("py-build-cmake: warning: ")


def test_defects_keep_their_traceback(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(config_module, "load_explained", fail)
    assert isinstance(run("--directory", project, "config", "show").exception, ZeroDivisionError)


def test_reference() -> None:
    result = run("config", "format", "--md")
    assert result.exit_code == 0
    assert result.output == reference_page() + "\n"
    for section in (*ROOT.sections.values(), WHEN.sections["match"]):
        for name, option in section.options.items():
            assert f"| `{name}` | " in result.output
            assert option.doc in result.output
    result = run("config", "format")
    assert result.exit_code == 0
    assert "minimum_version" in result.output
    assert "|---" not in result.output


def test_version() -> None:
    assert run("--version").output == f"{__version__}\n"


def test_main(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["py-build-cmake", "--version"])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"{__version__}\n"


@pytest.mark.parametrize("missing", ["click", "rich"])
def test_without_the_extra(
    missing: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    original = builtins.__import__

    def fail(name: str, *arguments: Any, **more: Any) -> Any:
        if name.partition(".")[0] == missing:
            raise ModuleNotFoundError(f"No module named {missing!r}", name=missing)
        return original(name, *arguments, **more)

    for name in [n for n in sys.modules if n.startswith("py_build_cmake.cli.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", fail)
    monkeypatch.setattr(sys, "argv", ["py-build-cmake", "config", "format"])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert "'py-build-cmake[cli]'" in message


def test_another_missing_module_is_a_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    original = builtins.__import__

    def fail(name: str, *arguments: Any, **more: Any) -> Any:
        if name == "click":
            raise ModuleNotFoundError("No module named 'colorama'", name="colorama")
        return original(name, *arguments, **more)

    monkeypatch.delitem(sys.modules, "py_build_cmake.cli.program")
    monkeypatch.setattr(builtins, "__import__", fail)
    with pytest.raises(ModuleNotFoundError):
        cli.main()
