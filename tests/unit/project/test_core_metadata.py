"""Core metadata from the ``[project]`` table."""

from __future__ import annotations

import configparser
from email import message_from_string
from email.errors import MessageError
from email.message import Message
from pathlib import Path

import pytest
from pyproject_metadata import StandardMetadata

from py_build_cmake.base.errors import MetadataError
from py_build_cmake.project import metadata as metadata_module
from py_build_cmake.project.metadata import (
    CoreMetadata,
    entry_points_text,
    project_mistakes,
    read_metadata,
)
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
    (project / "LICENSE").unlink()
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
    assert metadata.files == (project / "README.md", project / "LICENSE")
    assert metadata.warnings == ()


def test_a_readme_can_be_text(project: Path) -> None:
    (project / "LICENSE").unlink()
    metadata = read(project, readme={"text": "Hello", "content-type": "text/x-rst"})
    assert headers(metadata)["Description-Content-Type"] == "text/x-rst"
    assert headers(metadata).get_payload() == "Hello"
    assert metadata.files == ()


def test_a_readme_can_have_any_content_type(project: Path) -> None:
    (project / "LICENSE").unlink()
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


def test_licence_texts_are_taken_by_their_names(project: Path) -> None:
    for name in ("LICENCE.txt", "COPYING", "NOTICE.md", "AUTHORS", "UNLICENSE", "license", "NOTES"):
        (project / name).touch()
    (project / "LICENSES").mkdir()
    metadata = read(project, license="MIT")
    names = ["AUTHORS", "COPYING", "LICENCE.txt", "LICENSE", "NOTICE.md"]
    assert metadata.licenses == {f"licenses/{name}": project / name for name in names}
    assert metadata.files == tuple(project / name for name in names)
    assert headers(metadata).get_all("License-File") == names
    assert read(project).licenses == metadata.licenses
    # An empty list is as explicit as another.
    assert read(project, license="MIT", license_files=[]).licenses == {}
    assert read(project, license_files=[]).files == ()


def test_the_older_forms_of_a_license(project: Path) -> None:
    of_file = read(project, license={"file": "third party/COPYING.txt"})
    assert headers(of_file)["Metadata-Version"] == "2.1"
    assert headers(of_file)["License"].strip() == "Do less."
    by_name = {"licenses/LICENSE": project / "LICENSE"}
    third = project / "third party" / "COPYING.txt"
    assert of_file.licenses == {**by_name, "COPYING.txt": third}
    assert of_file.files == (project / "LICENSE", third)
    # It is packed once.
    assert read(project, license={"file": "LICENSE"}).licenses == {"LICENSE": project / "LICENSE"}
    of_text = read(project, license={"text": "Do\nnothing."})
    assert headers(of_text)["License"].split() == ["Do", "nothing."]
    assert of_text.licenses == {**by_name, "LICENSE": "Do\nnothing."}
    assert of_text.files == (project / "LICENSE",)


@pytest.mark.parametrize("prefix", ["../", "src/../../", "{above}/", "{above}/project/", "C:/"])
def test_files_beside_the_project_are_refused(project: Path, prefix: str) -> None:
    prefix = prefix.format(above=project.parent)
    with pytest.raises(MetadataError) as e:
        read(project, readme=f"{prefix}README.md", license={"file": f"{prefix}LICENSE"})
    assert [p.where.rpartition(".")[2] for p in e.value.problems] == ["readme`", "license`"]
    assert all("is outside of the project directory" in text for text in messages(e))


def test_files_may_be_links(project: Path) -> None:
    (project / "LINK.md").symlink_to("../README.md")
    metadata = read(project, readme="LINK.md", license={"file": "third party/../LICENSE"})
    assert metadata.files == (project / "LINK.md", project / "LICENSE")
    assert headers(metadata).get_payload() == "# Above\n"
    within = read_metadata(
        {"name": "m", "version": "1", "readme": "../README.md"},
        project,
        Module("m", project / "m.py", project),
        within=(project.parent,),
    )
    assert within.files == (project.parent / "README.md", project / "LICENSE")


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


def test_what_the_library_warns_of_is_a_warning(project: Path) -> None:
    metadata = read(
        project, license_files=["LICENSE"], classifiers=["License :: OSI Approved :: MIT License"]
    )
    (warning,) = metadata.warnings
    assert warning.startswith("pyproject.toml: 'License ::' classifiers are deprecated")
    assert "\n" not in warning


@pytest.mark.parametrize(
    ("table", "where", "said"),
    [
        ({"licence": "MIT"}, "licence", "did you mean `license` or"),
        ({"Require Python": ">=3"}, "Require Python", "did you mean `requires-python`?"),
        ({"nonsense": 1}, "nonsense", "the keys are authors, "),
        ({"x\n": 1}, "x\\n", "the keys are"),
        *(
            ({"description": f"nice{end}Requires-Dist: evil"}, "description", "has the character")
            for end in ("\r", "\n", "\f", "\v", "\x1c", "\x1e", "\x85", "\u2028", "\u2029", "\0")
        ),
        ({"description": "half \ud800"}, "description", "'\\ud800'"),
        ({"keywords": ["a\nLicense: evil"]}, "keywords", "has the character '\\n'"),
        ({"keywords": ["a,b"]}, "keywords", "'a,b' is not one keyword"),
        ({"keywords": [" "]}, "keywords", "'' is not one keyword"),
        ({"authors": [{"name": "A\rB"}]}, "authors.name", "has the character '\\r'"),
        ({"authors": [{"email": "a@b>, <c@d"}]}, "authors", "is not an e-mail address"),
        ({"authors": [{"email": "ä@example.org"}]}, "authors", "is not an e-mail address"),
        ({"maintainers": [{}]}, "maintainers", "has neither a name nor an e-mail address"),
        ({"urls": {"Ho\nme": "x"}}, "urls", "has the character"),
        ({"urls": {"Home": "x\ny"}}, "urls.Home", "has the character"),
        ({"urls": {"a, b": "x"}}, "urls", "'a, b' cannot be a label"),
        ({"urls": {"a": ""}}, "urls", "'a' has no address"),
        ({"urls": {"l" * 33: "x"}}, "urls", "32 characters"),
        ({"classifiers": ["A\n ::B"]}, "classifiers", "has the character"),
        ({"classifiers": [""]}, "classifiers", "a classifier is empty"),
        ({"license": {"text": "a\0b"}}, "license.text", "has the character '\\x00'"),
        ({"license": "MIT\nX: y"}, "license", "is not an SPDX licence expression"),
        ({"optional_dependencies": {"***": []}}, "optional-dependencies", "'***' is not a name"),
        ({"optional_dependencies": {"a-b": [], "A_B": []}}, "optional-dependencies", "the same"),
        ({"optional_dependencies": {"a": [], "a\x85": []}}, "optional-dependencies", "not a name"),
        ({"urls": {"a": "https://b", " a": "https://c"}}, "urls", "are the same label"),
        ({"version": ""}, "version", "is not a version"),
        ({"version": "1" * 5000}, "version", "too many digits"),
        ({"requires_python": ">=" + "1" * 5000}, "requires-python", "too many digits"),
        ({"dependencies": ["a>=" + "1" * 5000]}, "dependencies", "too many digits"),
        ({"dependencies": ["a @ https://x\ny"]}, "dependencies", "has the character"),
        ({"license_files": [""]}, "license-files", "files within the project directory"),
        ({"license_files": ["x/../../LICENSE"]}, "license-files", "files within the project"),
        ({"license_files": ["third party\\COPYING.txt"]}, "license-files", "with slashes"),
        ({"license_files": ["C:/LICENSE"]}, "license-files", "files within the project"),
        ({"license_files": ["./"]}, "license-files", "files within the project"),
        ({"license_files": ["**x**"]}, "license-files", "**x**"),
        ({"license_files": ["a\nb"]}, "license-files", "has the character"),
        (
            {"readme": {"text": "x", "content-type": "text/html"}},
            "readme.content-type",
            "text/html",
        ),
        (
            {"readme": {"text": "x", "content-type": "text/plain\nX: y"}},
            "readme.content-type",
            "has the character",
        ),
        ({"scripts": {"a/b": "m:f"}}, "scripts", "is not an entry point"),
        ({"scripts": {"..": "m:f"}}, "scripts", "is not an entry point"),
        ({"scripts": {"a\fb": "m:f"}}, "scripts", "is not an entry point"),
        ({"scripts": {"a": "m:f [\x85]"}}, "scripts", "is not an entry point"),
        ({"entry_points": {"g\n": {"a": "m"}}}, "entry-points", "'g\\n' is not a group"),
        ({"entry_points": {"g": {"a\u2028b": "m"}}}, "entry-points.g", "is not an entry point"),
    ],
)
def test_metadata_cannot_say_something_else(
    project: Path, table: dict[str, object], where: str, said: str
) -> None:
    with pytest.raises(MetadataError) as e:
        read(project, **table)
    assert f"pyproject.toml: `project.{where}`" in {p.where for p in e.value.problems}
    assert said in str(e.value)


def test_what_is_written_is_read_strictly(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Whatever the checks of the table let through.
    monkeypatch.setattr(metadata_module, "check_table", lambda *_: [])
    for table, where in (
        ({"description": "nice\rRequires-Dist: evil"}, "dependencies"),
        ({"description": "nice\nX-Y: evil"}, "description"),
        ({"keywords": ["a\rX-Y: evil"]}, "x-y"),
        ({"urls": {"a, b": "x"}}, "urls"),
        ({"readme": {"text": "x", "content-type": "text/html"}}, "readme.content-type"),
    ):
        with pytest.raises(MetadataError) as e:
            read(project, **table)
        # Newer Pythons refuse to write a field with an end of a line in it.
        is_written = "cannot be written" not in str(e.value)
        key = f"project.{where}" if is_written else "project"
        assert f"pyproject.toml: `{key}`" in {p.where for p in e.value.problems}


def test_what_python_refuses_to_write(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> str:
        raise MessageError("folded header\ncontains newline")

    monkeypatch.setattr(StandardMetadata, "as_rfc822", refuse)
    with pytest.raises(MetadataError, match="METADATA: folded header contains newline"):
        read(project)


def test_texts_have_one_form(project: Path) -> None:
    metadata = read(
        project,
        description=" Adds\tnumbers. ",
        keywords=[" one "],
        authors=[{"name": " A ", "email": " a@example.com "}],
        urls={" Home ": " https://example.com "},
        classifiers=[" Private :: X "],
        license={"text": "One\r\nX: two\fY: three"},
    )
    said = headers(metadata)
    assert said["Summary"] == "Adds\tnumbers."
    assert said["Keywords"] == "one"
    assert said["Author-Email"] == "A <a@example.com>"
    assert said.get_all("Project-URL") == ["Home, https://example.com"]
    assert said["Classifier"] == "Private :: X"
    assert [line.strip() for line in said["License"].split("\n")] == ["One", "X: two", "Y: three"]
    assert "X" not in said
    assert "Y" not in said


def test_mistakes_that_can_be_found_without_the_module(project: Path) -> None:
    table = {"name": "m", "dynamic": ["version", "description", "x"], "licence": "MIT"}
    assert [p.where for p in project_mistakes(table, project)] == [
        "pyproject.toml: `project.dynamic`",
        "pyproject.toml: `project.licence`",
    ]
    assert project_mistakes({"name": "m", "version": "1"}, project) == ()


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
