"""Plugins for metadata, and the import names."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.configs import dynamic_config

from py_build_cmake.base.errors import MetadataError
from py_build_cmake.project.dynamic import DynamicSources
from py_build_cmake.project.import_names import import_names
from py_build_cmake.project.metadata import CoreMetadata, project_mistakes, read_metadata
from py_build_cmake.project.module import Module
from py_build_cmake.project.plugins import read_entries, requirements_of_plugins

PLUGIN = """
import os
states = []
def build_state(state):
    states.append(state)
def dynamic_metadata(settings, project):
    assert "provider" not in settings
    fields = {}
    for name, value in settings.get("fields", {}).items():
        fields[name] = value.format(**project) if isinstance(value, str) else value
    if "fail" in settings:
        raise ValueError(settings["fail"])
    if settings.get("state"):
        fields["description"] = states[-1]
    return settings.get("other", fields)
def get_requires_for_dynamic_metadata(settings):
    return settings.get("requires", [])
def dynamic_wheel(settings):
    return settings.get("says") or dict.fromkeys(settings.get("wheel", []), True)
class Broken:
    def __init__(self):
        raise RuntimeError("cannot begin")
class Counter:
    def dynamic_metadata(self, settings, project):
        return {"keywords": [os.path.basename(os.getcwd())]}
"""
LOCAL = 'provider = { path = "plugins", module = "their" }'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "their.py").write_text(PLUGIN)
    (tmp_path / "m.py").write_text('"""A module."""\n__version__ = "1.0"\n')
    return tmp_path


def read(
    project: Path, table: dict[str, Any], *entries: str, state: str = "wheel", **dynamic: Any
) -> CoreMetadata:
    text = "".join(f"[[tool.dynamic-metadata]]\n{entry}\n" for entry in entries)
    (project / "pyproject.toml").write_text(text)
    module = Module("m", project / "m.py", project)
    sources = DynamicSources(module, project, dynamic_config(**dynamic), state=state)
    return read_metadata({"name": "p", **table}, project, module, sources)


def refused(project: Path, table: dict[str, Any], *entries: str) -> str:
    with pytest.raises(MetadataError) as caught:
        read(project, table, *entries)
    return "\n".join(f"{p.where}: {p.message} ({p.hint})" for p in caught.value.problems)


def test_fields_in_order(project: Path) -> None:
    (project / "data.txt").touch()
    metadata = read(
        project,
        {"dynamic": ["version", "description", "dependencies", "readme", "keywords"]},
        f'{LOCAL}\nfields.version = "2.0"\ninput = "data.txt"',
        f'{LOCAL}\nfields.description = "{{name}} {{version}}"\nfields.dependencies = ["a"]',
        f'{LOCAL}\nfields.dependencies = ["b"]\nfields.version = "3.0"',
        f"{LOCAL}\n[tool.dynamic-metadata.fields.readme]\n"
        'text = "# R"\ncontent-type = "text/plain"',
        'provider = { path = "plugins", module = "their:Counter" }',
    )
    lines = metadata.text.splitlines()
    assert metadata.version == "3.0"
    assert "Summary: p 2.0" in lines
    assert [line for line in lines if line.startswith("Requires-Dist")] == [
        "Requires-Dist: a",
        "Requires-Dist: b",
    ]
    assert lines[-1] == "# R"
    assert f"Keywords: {project.name}" in lines
    assert {project / "data.txt", project / "plugins" / "their.py"} <= set(metadata.files)
    assert "their" not in sys.modules
    assert not list(project.rglob("__pycache__"))


def test_what_plugins_leave_is_the_module_s(project: Path) -> None:
    dynamic = {"dynamic": ["version", "description", "keywords"]}
    entry = f'{LOCAL}\nfields.keywords = ["k"]'
    metadata = read(project, dynamic, entry)
    assert (metadata.version, "Summary: A module." in metadata.text) == ("1.0", True)
    # Said to be in the module, the version is there for plugins.
    entry = f'{LOCAL}\nfields.description = "of {{version}}"'
    metadata = read(project, {"dynamic": ["version", "description"]}, entry, version="module")
    assert "Summary: of 1.0" in metadata.text


def test_static_parts(project: Path) -> None:
    """PEP 808: plugins add to lists and tables."""
    table = {
        "version": "1",
        "dependencies": ["a"],
        "urls": {"A": "https://a"},
        "optional-dependencies": {"x": ["b"]},
        "entry-points": {"g": {"one": "m:f"}},
        "keywords": ["k"],
        "dynamic": ["dependencies", "urls", "optional-dependencies", "entry-points", "keywords"],
    }
    metadata = read(
        project,
        table,
        f'{LOCAL}\n[tool.dynamic-metadata.fields]\ndependencies = ["c"]\nurls.B = "https://b"\n'
        'optional-dependencies = { x = ["d"], y = ["e"] }\nentry-points.g.two = "m:g"',
    )
    for line in (
        "Requires-Dist: a",
        "Requires-Dist: c",
        "Project-URL: A, https://a",
        "Project-URL: B, https://b",
        'Requires-Dist: d; extra == "x"',
        'Requires-Dist: e; extra == "y"',
    ):
        assert line in metadata.text.splitlines()
    assert metadata.entry_points == {"g": {"one": "m:f", "two": "m:g"}}
    assert metadata.warnings == (
        "pyproject.toml: `project.dynamic`: 'keywords' has a static part, and no plugin adds to it",
    )


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ('fields.name = "x"', "sets 'name', which cannot be dynamic"),
        ('fields.license = "MIT"', "sets 'license', which is not dynamic"),
        ('fields.version = "2"', "sets 'version', which is set already"),
        ('fields.dependencies = "x"', "does not add to 'dependencies'"),
        ('fields.urls.A = "https://b"', "changes `urls.A`"),
        ('fail = "no luck"', "fails: ValueError: no luck"),
        ("other = 3", "returns no dictionary"),
    ],
)
def test_mistakes_of_plugins(project: Path, entry: str, message: str) -> None:
    table = {
        "dynamic": ["version", "dependencies", "urls"],
        "dependencies": ["a"],
        "urls": {"A": "https://a"},
    }
    (project / "VERSION").write_text("1")
    (project / "pyproject.toml").write_text(f"[[tool.dynamic-metadata]]\n{LOCAL}\n{entry}\n")
    module = Module("m", project / "m.py", project)
    config = dynamic_config(version_file=project / "VERSION")
    with pytest.raises(MetadataError) as caught:
        read_metadata(
            {"name": "p", **table}, project, module, DynamicSources(module, project, config)
        )
    (problem,) = caught.value.problems
    assert problem.where.startswith("pyproject.toml: `tool.dynamic-metadata.0")
    assert message in problem.message


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("x = 1", "`provider` is missing"),
        ("provider = 1", "must be a name, or a table"),
        ("provider = { path = 'x' }", "must have the keys `path` and `module`"),
        ("provider = { path = 'x', module = 'm' }", "there is no directory"),
        ("provider = { path = '.', module = 'gone' }", "fails: ModuleNotFoundError"),
        ("provider = { path = 'plugins', module = 'their:gone' }", "fails: AttributeError"),
        ("provider = { path = '.', module = 'm' }", "has no `dynamic_metadata`"),
        ("provider = { path = 'plugins', module = 'their:Broken' }", "RuntimeError: cannot begin"),
        ("provider = 'gone'", "no installed plugin has the name 'gone'"),
    ],
)
def test_providers_that_are_none(project: Path, entry: str, message: str) -> None:
    assert message in refused(project, {"dynamic": ["version"]}, entry)


def test_not_an_array(project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.dynamic-metadata.version]\nprovider = 'x'\n")
    with pytest.raises(MetadataError, match="must be an array of tables"):
        read_entries(project)


def test_installed_plugins(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def points(**_: object) -> Any:
        class Plugin:
            def dynamic_metadata(self, settings: object, project: object) -> dict[str, object]:
                return {"version": "4"}

        one = SimpleNamespace(name="one", value="a", load=lambda: Plugin)
        two = [SimpleNamespace(name="two", value=value) for value in "ab"]
        found = (one, one, *two)
        return found if sys.version_info >= (3, 10) else {"dynamic_metadata.provider": found}

    monkeypatch.setattr("importlib.metadata.entry_points", points)
    assert read(project, {"dynamic": ["version"]}, "provider = 'one'").version == "4"
    assert "several plugins have the name 'two': a, b" in refused(
        project, {"dynamic": ["version"]}, "provider = 'two'"
    )
    assert "did you mean `one`" in refused(project, {"dynamic": ["version"]}, "provider = 'onee'")


def test_a_field_that_nobody_sets(project: Path) -> None:
    message = refused(project, {"version": "1", "dynamic": ["readme"]}, LOCAL)
    assert "no plugin sets 'readme'" in message
    message = refused(project, {"version": "1", "dynamic": ["readme"]})
    assert "'readme' cannot be dynamic" in message
    assert not project_mistakes({"name": "p", "version": "1"}, project)


def test_requirements(project: Path) -> None:
    read(project, {"version": "1"}, f"{LOCAL}\nrequires = ['a>=1']", f"{LOCAL}\nrequires = ['b']")
    assert requirements_of_plugins(project) == ["a>=1", "b"]
    read(project, {"version": "1"}, f"{LOCAL}\nrequires = 'a'")
    with pytest.raises(MetadataError, match="`get_requires_for_dynamic_metadata` of the plugin"):
        requirements_of_plugins(project)


def test_states(project: Path) -> None:
    table = {"version": "1", "dynamic": ["description"]}
    for state in ("wheel", "editable", "sdist"):
        assert f"Summary: {state}" in read(project, table, f"{LOCAL}\nstate = 1", state=state).text


def test_what_wheels_have_of_their_own(project: Path) -> None:
    """PEP 643: a source distribution says which fields are not final."""
    table = {"version": "1", "dependencies": ["a"], "dynamic": ["dependencies"]}
    entry = f"{LOCAL}\nwheel = ['dependencies']\nfields.dependencies = ['b']"
    assert "Dynamic: requires-dist" in read(project, table, entry, state="sdist").text
    assert "Dynamic:" not in read(project, table, entry).text
    # What only wheels have may be missing; entry points are not in METADATA.
    table = {"version": "1", "dynamic": ["readme", "scripts"]}
    text = read(project, table, f"{LOCAL}\nwheel = ['readme', 'scripts']", state="sdist").text
    assert "Dynamic: description" in text
    for says in ("3", "{ version = true }", "{ nothing = true }"):
        with pytest.raises(MetadataError, match="`dynamic_wheel` of the plugin"):
            read(project, table, f"{LOCAL}\nsays = {says}", state="sdist")


def test_the_version_of_a_source_distribution(project: Path) -> None:
    (project / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: p\nVersion: 0.5\n")
    table = {"dynamic": ["version", "description"]}
    entries = (
        f'{LOCAL}\nfield = "version"\nfail = "no checkout"',
        f'{LOCAL}\nfields.version = "2"\nfields.description = "{{version}}"',
    )
    metadata = read(project, table, *entries)
    assert (metadata.version, "Summary: 0.5" in metadata.text) == ("0.5", True)


def test_import_names(tmp_path: Path) -> None:
    package = Module("_core", tmp_path / "_core.py", tmp_path)
    assert import_names(package) == {"import-names": ["_core; private"], "import-namespaces": []}
    space = tmp_path / "space"
    for place in ("one/__init__.py", "_two.py", "data/x.txt", "not-a-name/a.py"):
        (space / place).parent.mkdir(parents=True, exist_ok=True)
        (space / place).touch()
    assert import_names(Module("space", space, tmp_path, is_namespace=True)) == {
        "import-names": ["space._two; private", "space.one"],
        "import-namespaces": ["space"],
    }


def test_import_names_in_metadata(project: Path) -> None:
    both = ["import-names", "import-namespaces"]
    lines = read(project, {"version": "1", "dynamic": both}).text.splitlines()
    assert "Import-Name: m" in lines
    assert "Metadata-Version: 2.5" in lines
    assert "Import-Name" not in read(project, {"version": "1"}).text
    assert "both dynamic" in refused(
        project, {"version": "1", "dynamic": both, "import-names": ["m"]}
    )
