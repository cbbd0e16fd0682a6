"""The JSON schemas: they accept what the loader accepts, and are what is generated."""

from __future__ import annotations

import importlib.util
import json
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any, Callable

import fastjsonschema
import pytest
from generators.json_schema import TITLES, generate_schema
from hypothesis import HealthCheck, given, settings
from support.config_strategies import sections, toml
from support.configuration import Sources
from support.machines import LINUX_CP311
from validate_pyproject.api import Validator
from validate_pyproject.error_reporting import ValidationError
from validate_pyproject.plugins import PluginWrapper

from py_build_cmake.base.errors import ConfigError
from py_build_cmake.config.load import load_config
from py_build_cmake.config.schema import ROOT
from py_build_cmake.config.settings import ConfigSettings
from py_build_cmake.config.tool_schema import schema_file, tool_schema

try:
    import tomllib
except ModuleNotFoundError:
    import tomli as tomllib

REPOSITORY = Path(__file__).parents[3]
EXAMPLES = sorted(
    path
    for directory in ("examples", "tests/packages")
    for path in (REPOSITORY / directory).glob("*/*.toml")
)
Validate = Callable[[Any], Any]


@pytest.fixture(scope="module")
def validate_project() -> Validator:
    """The real validate-pyproject, as it is when the backend is installed."""
    return Validator(extra_plugins=[PluginWrapper("py-build-cmake", tool_schema)])


@pytest.fixture(scope="module")
def validators() -> dict[str, Validate]:
    return {name: fastjsonschema.compile(generate_schema(name)) for name in TITLES}


def read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


@pytest.mark.parametrize("name", TITLES)
def test_shipped_schemas_are_what_is_generated(name: str) -> None:
    assert json.loads(schema_file(name).read_text("utf-8")) == generate_schema(name)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_all_examples_are_valid(
    validate_project: Validator, validators: dict[str, Validate], path: Path
) -> None:
    if path.name == "pyproject.toml":
        validate_project(read(path))
    elif path.name.endswith("cross.toml"):
        validators["cross"](read(path))


@pytest.mark.parametrize(
    "tables",
    [
        'cmak = { build_type = "x" }',
        'cmake.bild_type = "x"',
        "cmake.build_type = 1",
        "cmake.1.build_type = 1",
        'cmake.1.1.build_type = "x"',
        'cmake.args = "x"',
        "cmake.args = {}",
        'cmake.args = { value = ["x"], append = ["y"] }',
        'cmake.args = { append = ["x"], "+" = ["y"] }',
        "cmake.options.X = 1.5",
        'cmake.options.X = { type = "B" }',
        "cmake.env.X = 1",
        'cmake.minimum_version = "3"',
        'cmake.generator = ""',
        "cmake.jobs = 0",
        'cmake.jobs = "many"',
        'linux.cmake.bild_type = "x"',
        'linux.cross.arch = "x"',
        'editable.mode = "symlnk"',
        'wheel.build_tag = "x1"',
        'cross.os = "beos"',
        "when = {}",
        "when = [{}]",
        "when = [{ match = {} }]",
        "when = [{ match = { os = [] } }]",
        'when = [{ match = { os = "linux" }, module.name = "x" }]',
    ],
)
def test_mistakes_are_found(validate_project: Validator, sources: Sources, tables: str) -> None:
    sources.pyproject(tables)
    with pytest.raises(ConfigError):
        load_config(sources.directory, ConfigSettings(), LINUX_CP311)
    with pytest.raises(ValidationError):
        validate_project(read(sources.directory / "pyproject.toml"))


@pytest.mark.parametrize(
    "tables",
    [
        'main_project = ".."',
        'cmake = { build_type = "x", 0 = { config = "x" }, -1 = { config = ["x"] } }',
        "cmake.options = { A = 1, B = [true, 2], C = { append = 'x', type = 'PATH' } }",
        "cmake.generator = 'Unix\\nMakefiles'",
        "when = [{ match = { os = '!linux', env.CI = true }, cmake.jobs = 'auto' }]",
    ],
)
def test_what_is_right_is_accepted(
    validate_project: Validator, sources: Sources, tables: str
) -> None:
    sources.pyproject(tables.replace("'Unix\\nMakefiles'", '"Unix\\nMakefiles"'))
    load_config(sources.directory, ConfigSettings(), LINUX_CP311)
    validate_project(read(sources.directory / "pyproject.toml"))


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(tables=sections(ROOT))
def test_no_schema_is_stricter_than_the_loader(
    validators: dict[str, Validate], tables: dict[str, Any]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name).resolve()
        lines = (f"{toml(key)} = {toml(value)}\n" for key, value in tables.items())
        text = "[project]\nname = 'p'\n[tool.py-build-cmake]\n" + "".join(lines)
        (directory / "pyproject.toml").write_text(text, encoding="utf-8")
        (directory / "CMakeLists.txt").touch()
        try:
            load_config(directory, ConfigSettings(), LINUX_CP311)
        except ConfigError:
            return
        contents = tomllib.loads(text)["tool"]["py-build-cmake"]
        validators["pyproject"](contents)
        if "when" not in contents:
            validators["local"](contents)


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", REPOSITORY / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_files_are_current() -> None:
    for path, content in generator().generated().items():
        assert path.read_text("utf-8") == content, "run docs/generate.py"


def test_the_check_of_generated_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = generator()
    monkeypatch.setattr(module, "REPOSITORY", tmp_path)
    assert module.main(["--check"]) == 1
    assert "docs/reference/config.md is not current" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []
    assert module.main([]) == 0
    assert module.main(["--check"]) == 0
    (tmp_path / "docs" / "reference" / "config.md").write_text("old")
    assert module.main(["--check"]) == 1
