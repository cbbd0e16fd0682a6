"""Core metadata from the ``[project]`` table."""

from __future__ import annotations

import configparser
from email import message_from_string
from email.message import Message
from pathlib import Path

import pytest

from py_build_cmake.base.errors import MetadataError
from py_build_cmake.project.metadata import CoreMetadata, entry_points_text, read_metadata
from py_build_cmake.project.module import Module


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project directory with one module, a readme and licences, and files beside it."""
    directory = tmp_path / "project"
    (directory / "third party").mkdir(parents=True)
    for place, text in {
        "m.py": '"""Adds numbers."""\n__version__ = "1.2"\n',
        "README.md": "# Grüße\n",
        "LICENSE": "Do what you want.\n",
        "third party/COPYING.txt": "Do less.\n",
        "../README.md": "# Above\n",
        "../LICENSE": "Above.\n",
    }.items():
        (directory / place).write_text(text, "utf-8")
    (directory / "LATIN1.txt").write_bytes("Grüße".encode("latin-1"))
    return directory


def read(project: Path, **table: object) -> CoreMetadata:
    table = {"name": "m", "version": "1.2", **table}
    given = {key.replace("_", "-"): value for key, value in table.items() if value is not None}
    return read_metadata(given, project, Module("m", project / "m.py", project))


def headers(metadata: CoreMetadata) -> Message:
    return message_from_string(metadata.text)


def messages(error: pytest.ExceptionInfo[MetadataError]) -> list[str]:
    return [problem.message for problem in error.value.problems]


def test_minimal_metadata(project: Path) -> None:
    metadata = read(project)
    assert metadata.text == "Metadata-Version: 2.1\nName: m\nVersion: 1.2\n\n"
    assert metadata == CoreMetadata("m", "1.2", metadata.text, {}, {}, ())


@pytest.mark.parametrize(
    ("name", "version", "canonical", "base_name"),
    [
        ("m", "1.2", "m", "m-1.2"),
        ("Foo.Bar__baz", "v1.0-RC1", "foo-bar-baz", "foo_bar_baz-1.0rc1"),
        ("a-b", "1!2.0+local.1", "a-b", "a_b-1!2.0+local.1"),
    ],
)
def test_names_and_versions_are_normalised(
    project: Path, name: str, version: str, canonical: str, base_name: str
) -> None:
    metadata = read(project, name=name, version=version)
    assert metadata.name == headers(metadata)["Name"] == canonical
    assert metadata.base_name == base_name
    assert headers(metadata)["Version"] == metadata.version
    assert metadata.file_name == base_name.partition("-")[0]


def test_everything_that_the_table_can_say(project: Path) -> None:
    metadata = read(
        project,
        description="Adds numbers.",
        readme="README.md",
        requires_python=">=3.9",
        authors=[{"name": "A. Nother", "email": "a@example.com"}, {"name": "Björk"}],
        maintainers=[{"email": "m@example.com"}],
        keywords=["one", "two"],
        classifiers=["Programming Language :: C"],
        urls={"Home": "https://example.com"},
        dependencies=["packaging>=1; python_version>'3'"],
        optional_dependencies={"Test_All": ["pytest"]},
    )
    said = headers(metadata)
    assert said["Summary"] == "Adds numbers."
    assert said["Description-Content-Type"] == "text/markdown"
    assert said["Requires-Python"] == ">=3.9"
    assert said["Author-Email"] == '"A. Nother" <a@example.com>'
    assert said["Author"] == "Björk"
    assert "m@example.com" in said["Maintainer-Email"]
    assert said["Keywords"] == "one,two"
    assert said.get_all("Classifier") == ["Programming Language :: C"]
    assert said.get_all("Project-URL") == ["Home, https://example.com"]
    assert said.get_all("Provides-Extra") == ["test-all"]
    assert said.get_all("Requires-Dist") == [
        'packaging>=1; python_version > "3"',
        'pytest; extra == "test-all"',
    ]
    assert said.get_payload() == "# Grüße\n"
    assert metadata.files == (project / "README.md",)
    assert metadata.warnings == ()


def test_a_readme_can_be_text(project: Path) -> None:
    metadata = read(project, readme={"text": "Hello", "content-type": "text/x-rst"})
    assert headers(metadata)["Description-Content-Type"] == "text/x-rst"
    assert headers(metadata).get_payload() == "Hello"
    assert metadata.files == ()


def test_a_readme_can_have_any_content_type(project: Path) -> None:
    (project / "READ").write_text("hello")
    content_type = "text/markdown; charset=UTF-8; variant=GFM"
    metadata = read(project, readme={"file": "READ", "content-type": content_type})
    assert headers(metadata)["Description-Content-Type"] == content_type
    assert metadata.files == (project / "READ",)


def test_a_license_expression_and_its_files(project: Path) -> None:
    metadata = read(project, license="MIT", license_files=["LICENSE", "third party/*"])
    assert headers(metadata)["Metadata-Version"] == "2.4"
    assert headers(metadata)["License-Expression"] == "MIT"
    assert headers(metadata)["License"] is None
    assert headers(metadata).get_all("License-File") == ["LICENSE", "third party/COPYING.txt"]
    assert metadata.licenses == {
        "licenses/LICENSE": project / "LICENSE",
        "licenses/third party/COPYING.txt": project / "third party" / "COPYING.txt",
    }
    assert metadata.files == (project / "LICENSE", project / "third party" / "COPYING.txt")


def test_no_license_file_is_taken_without_being_named(project: Path) -> None:
    assert read(project, license="MIT").licenses == {}
    assert read(project, license_files=[]).licenses == {}


def test_the_older_forms_of_a_license(project: Path) -> None:
    of_file = read(project, license={"file": "third party/COPYING.txt"})
    assert headers(of_file)["Metadata-Version"] == "2.1"
    assert headers(of_file)["License"].strip() == "Do less."
    assert of_file.licenses == {"COPYING.txt": project / "third party" / "COPYING.txt"}
    assert of_file.files == (project / "third party" / "COPYING.txt",)
    of_text = read(project, license={"text": "Do\nnothing."})
    assert headers(of_text)["License"].split() == ["Do", "nothing."]
    assert of_text.licenses == {"LICENSE": "Do\nnothing."}
    assert of_text.files == ()


@pytest.mark.parametrize("absolute", [True, False])
def test_files_may_lie_beside_the_project(project: Path, absolute: bool) -> None:
    # Wheels can be built from such a project, source distributions refuse it.
    prefix = f"{project.parent}/" if absolute else "../"
    metadata = read(project, readme=f"{prefix}README.md", license={"file": f"{prefix}LICENSE"})
    assert metadata.files == (project.parent / "README.md", project.parent / "LICENSE")
    assert headers(metadata).get_payload() == "# Above\n"


def test_dynamic_fields_come_from_the_module(project: Path) -> None:
    metadata = read(project, version=None, dynamic=["version", "description"])
    assert metadata.version == "1.2"
    assert headers(metadata)["Summary"] == "Adds numbers."
    assert headers(metadata)["Dynamic"] is None


def test_the_table_is_not_changed(project: Path) -> None:
    table = {"name": "M", "dynamic": ["version"]}
    read_metadata(table, project, Module("m", project / "m.py", project))
    assert table == {"name": "M", "dynamic": ["version"]}


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ({"dynamic": "version"}, ["must be a list of strings"]),
        ({"dynamic": ["version", 1]}, ["must be a list of strings"]),
        (
            {"dynamic": ["version"]},
            ["'version' is both dynamic and in the [project] table"],
        ),
        (
            {"dynamic": ["classifiers", "nonsense", "description"], "version": None},
            [
                "'classifiers' cannot be dynamic",
                "'nonsense' cannot be dynamic",
                "`version` is missing",
            ],
        ),
        ({"version": None}, ["`version` is missing"]),
    ],
)
def test_misuse_of_dynamic(project: Path, table: dict[str, object], expected: list[str]) -> None:
    with pytest.raises(MetadataError) as e:
        read(project, **table)
    assert messages(e) == expected
    assert all(p.where.startswith("pyproject.toml: `project") for p in e.value.problems)


def test_all_mistakes_are_reported_at_once(project: Path) -> None:
    with pytest.raises(MetadataError) as e:
        read(project, name="-a-", version="x", description=3, readme="missing.md", urls=["a"])
    wheres = {problem.where for problem in e.value.problems}
    assert {f"pyproject.toml: `project.{key}`" for key in ("name", "version", "description")} <= (
        wheres
    )
    assert len(e.value.problems) == 5


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"name": None}, "name"),
        ({"license": "MIT", "classifiers": ["License :: OSI Approved :: MIT License"]}, "License"),
        ({"license": {"file": "missing"}}, "missing"),
        ({"license": {"file": "LATIN1.txt"}}, "cannot be read.*utf-8"),
        ({"license_files": ["missing*"]}, "missing"),
        ({"license_files": ["../LICENSE"]}, "must match files within the project directory"),
        ({"readme": {"file": "LATIN1.txt", "content-type": "text/plain"}}, "cannot be read"),
        ({"readme": "README.xyz"}, "content type"),
        ({"requires_python": "new"}, "requires-python"),
        ({"dependencies": ["a b c"]}, "dependencies"),
    ],
)
def test_mistakes_of_the_table(project: Path, table: dict[str, object], message: str) -> None:
    with pytest.raises(MetadataError, match=message) as e:
        read(project, **table)
    assert e.value.problems[0].where.startswith("pyproject.toml: `project")


def test_unknown_keys_and_long_descriptions_are_warned_about(project: Path) -> None:
    metadata = read(project, nonsense=1, description="two\nlines")
    assert len(metadata.warnings) == 2
    assert all(w.startswith("pyproject.toml: ") and "\n" not in w for w in metadata.warnings)
    assert "nonsense" in "".join(metadata.warnings)


def parse_entry_points(text: str) -> dict[str, dict[str, str]]:
    """Read the file as the entry points specification says."""
    parser = configparser.ConfigParser(delimiters=("=",), interpolation=None)
    parser.optionxform = str  # type: ignore[method-assign,assignment]
    parser.read_string(text)
    return {name: dict(parser[name]) for name in parser.sections()}


def test_entry_points(project: Path) -> None:
    metadata = read(
        project,
        scripts={"run": "m:main", "Also": "m.sub : C.main [extra]"},
        gui_scripts={"window": "m:show"},
        entry_points={"z.group": {"b c": "m", "a%(b)s": "m:x"}, "empty": {}},
    )
    assert metadata.entry_points == {
        "console_scripts": {"run": "m:main", "Also": "m.sub : C.main [extra]"},
        "gui_scripts": {"window": "m:show"},
        "z.group": {"b c": "m", "a%(b)s": "m:x"},
    }
    text = entry_points_text(metadata.entry_points)
    assert parse_entry_points(text) == metadata.entry_points
    assert text == (
        "[console_scripts]\nAlso=m.sub : C.main [extra]\nrun=m:main\n\n"
        "[gui_scripts]\nwindow=m:show\n\n"
        "[z.group]\na%(b)s=m:x\nb c=m\n\n"
    )


def test_without_entry_points_the_file_is_empty() -> None:
    assert entry_points_text({}) == ""


@pytest.mark.parametrize(
    ("table", "where"),
    [
        ({"scripts": {"a": "m"}}, "project.scripts"),
        ({"scripts": {"a": "m:main()"}}, "project.scripts"),
        ({"scripts": {"a": "m:main\n[other]\nb=c:d"}}, "project.scripts"),
        ({"scripts": {"a=b": "m:main"}}, "project.scripts"),
        ({"scripts": {"": "m:main"}}, "project.scripts"),
        ({"gui_scripts": {"[a]": "m:main"}}, "project.gui-scripts"),
        ({"gui_scripts": {" a": "m:main"}}, "project.gui-scripts"),
        ({"entry_points": {"g": {"a": "not valid"}}}, "project.entry-points.g"),
        ({"entry_points": {"g": {"a\nb": "m"}}}, "project.entry-points.g"),
        ({"entry_points": {"console_scripts": {"a": "m:main"}}}, "project.entry-points"),
        ({"entry_points": {"gui_scripts": {"a": "m:main"}}}, "project.entry-points"),
    ],
)
def test_what_is_no_entry_point_is_refused(
    project: Path, table: dict[str, object], where: str
) -> None:
    with pytest.raises(MetadataError) as e:
        read(project, **table)
    assert [p.where for p in e.value.problems] == [f"pyproject.toml: `{where}`"]
    assert e.value.problems[0].hint
