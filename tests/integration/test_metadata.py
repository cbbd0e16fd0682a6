"""Everything that ``[project]`` can say arrives in METADATA and beside it."""

from __future__ import annotations

import email.parser
import email.utils
import re
import tarfile
from pathlib import Path
from typing import Callable

import pytest
from packaging.metadata import Metadata
from support import locked
from support.backend import Backend
from support.builds import find_links, make_venv, run
from support.projects import copy_package, edit, write
from support.wheels import Wheel

Package = Callable[[str], Path]

PYPROJECT = "pyproject.toml"


def _metadata(wheel: Wheel) -> Metadata:
    """Return METADATA, which must be valid in all its fields."""
    return Metadata.from_email(wheel.files[f"{wheel.dist_info}METADATA"], validate=True)


@pytest.fixture(scope="module")
def full(backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> Wheel:
    project = copy_package("all-metadata", tmp_path_factory.mktemp("metadata") / "project")
    return backend.build_wheel(project).wheel


def test_names(full: Wheel) -> None:
    assert full.name == "all_of_the_metadata-1.0.0rc1-py3-none-any.whl"
    assert full.dist_info == "all_of_the_metadata-1.0.0rc1.dist-info/"


def test_fields(full: Wheel) -> None:
    metadata = _metadata(full)
    assert metadata.metadata_version == "2.4"
    assert metadata.name == "all-of-the-metadata"
    assert str(metadata.version) == "1.0.0rc1"
    assert metadata.summary == "Everything that a project can say — with a dash"
    assert str(metadata.requires_python) == ">=3.9"
    assert metadata.author == "Émile Borel"
    # Someone without a name is a matter of the library that writes the field.
    addresses = email.utils.getaddresses([metadata.author_email or ""])
    assert addresses[0] == ("Ada Lovelace", "ada@example.org")
    assert [address for _, address in addresses] == ["ada@example.org", "only@example.org"]
    assert metadata.maintainer is None
    assert metadata.maintainer_email == "Grace Hopper <grace@example.org>"
    assert metadata.keywords == ["one", "two words"]
    assert metadata.classifiers == [
        "Development Status :: 3 - Alpha",
        "Programming Language :: Python :: 3",
    ]
    assert metadata.project_urls == {
        "Homepage": "https://example.org",
        "Issue tracker": "https://example.org/issues",
    }


def test_readme(full: Wheel) -> None:
    metadata = _metadata(full)
    assert metadata.description == "# Title\n\nWith *markup* and ünïcode.\n"
    assert (metadata.description_content_type or "").startswith("text/markdown")


def test_dependencies_and_extras(full: Wheel) -> None:
    metadata = _metadata(full)
    assert metadata.provides_extra == ["test", "with-dots"]
    assert {str(requirement) for requirement in metadata.requires_dist or ()} == {
        "packaging>=23",
        'tomli; python_version < "3.11"',
        'pytest>=7; extra == "test"',
        'requests[socks]~=2.0; extra == "with-dots"',
    }


def test_licence_expression_and_files(full: Wheel) -> None:
    metadata = _metadata(full)
    assert metadata.license_expression == "MIT AND (Apache-2.0 OR BSD-2-Clause)"
    files = ["LICENSE", "licences/two.txt", "licences/vendor/one.txt"]
    assert sorted(metadata.license_files or ()) == files
    folder = f"{full.dist_info}licenses/"
    held = {name: data for name, data in full.files.items() if name.startswith(folder)}
    assert held == {
        f"{folder}LICENSE": b"The licence.\n",
        f"{folder}licences/two.txt": b"Licence of two.\n",
        f"{folder}licences/vendor/one.txt": b"Licence of one.\n",
    }


def test_entry_points(full: Wheel, tmp_path: Path) -> None:
    text = full.files[f"{full.dist_info}entry_points.txt"].decode()
    assert text == (
        "[console_scripts]\n"
        "a-script=all_of_the_metadata.cli:app.run\n"
        "b-script=all_of_the_metadata:main\n\n"
        "[gui_scripts]\n"
        "window=all_of_the_metadata:main\n\n"
        "[some.group]\n"
        "other=all_of_the_metadata:Class\n"
        "plugin=all_of_the_metadata\n\n"
    )


def test_scripts_are_installed(backend: Backend, package: Package, tmp_path: Path) -> None:
    wheel = backend.build_wheel(package("pure-module")).path
    python = make_venv(tmp_path / "venv", "--no-deps", "--no-index", wheel)
    assert run(python.parent / "pure-module").strip() == "pure-module 2.1"


def test_sdist_has_the_same_metadata(backend: Backend, package: Package, full: Wheel) -> None:
    sdist = backend.build_sdist(package("all-metadata"))
    with tarfile.open(sdist.path) as archive:
        member = archive.extractfile("all_of_the_metadata-1.0.0rc1/PKG-INFO")
        assert member
        assert member.read() == full.files[f"{full.dist_info}METADATA"]


def test_minimum(backend: Backend, package: Package) -> None:
    wheel = backend.build_wheel(package("pure-package")).wheel
    text = wheel.files[f"{wheel.dist_info}METADATA"].decode()
    assert text == "Metadata-Version: 2.1\nName: pure-package\nVersion: 1.0\n\n" or (
        text.rstrip("\n") == "Metadata-Version: 2.1\nName: pure-package\nVersion: 1.0"
    )
    assert wheel.files[f"{wheel.dist_info}entry_points.txt"] == b""


@pytest.mark.parametrize(
    ("lines", "header", "files"),
    [
        ('license = { text = "As you like" }', "As you like", {"LICENSE": b"As you like"}),
        ('license = { file = "notes/one.txt" }', None, {"one.txt": b"one\n"}),
        ('license-files = ["notes/*"]', None, {"licenses/notes/one.txt": b"one\n"}),
        ("license-files = []", None, {}),
    ],
)
def test_other_forms_of_licences(
    backend: Backend,
    package: Package,
    lines: str,
    header: str | None,
    files: dict[str, bytes],
) -> None:
    project = package("pure-package")
    edit(project / PYPROJECT, 'version = "1.0"', f'version = "1.0"\n{lines}')
    wheel = backend.build_wheel(project).wheel
    metadata = _metadata(wheel)
    if header:
        assert metadata.license == header
    known = ("METADATA", "WHEEL", "RECORD", "entry_points.txt")
    others = {
        name[len(wheel.dist_info) :]: data
        for name, data in wheel.files.items()
        if name.startswith(wheel.dist_info) and name[len(wheel.dist_info) :] not in known
    }
    assert others == files


@pytest.mark.parametrize(
    ("lines", "content_type"),
    [
        ('readme = "R.rst"', "text/x-rst"),
        ('readme = { file = "R.txt", content-type = "text/plain" }', "text/plain"),
        ('readme = { text = "The text.", content-type = "text/markdown" }', "text/markdown"),
    ],
)
def test_forms_of_readmes(
    backend: Backend, package: Package, lines: str, content_type: str
) -> None:
    project = package("pure-package")
    for suffix in ("rst", "txt"):
        write(project / f"R.{suffix}", "The text.")
    edit(project / PYPROJECT, 'version = "1.0"', f'version = "1.0"\n{lines}')
    wheel = backend.build_wheel(project).wheel
    metadata = _metadata(wheel)
    assert (metadata.description_content_type or "").partition(";")[0] == content_type
    text = wheel.files[f"{wheel.dist_info}METADATA"].decode()
    assert str(email.parser.Parser().parsestr(text).get_payload()).strip() == "The text."


def test_dynamic_version_and_description(backend: Backend, package: Package) -> None:
    wheel = backend.build_wheel(package("pure-module")).wheel
    metadata = _metadata(wheel)
    assert metadata.name == "pure-module"
    assert str(metadata.version) == "2.1"
    assert metadata.summary == "A module in one file."


@pytest.mark.parametrize(
    ("source", "version", "summary"),
    [
        ('"""One.\n\nTwo."""\n__version__ = "1.0"\n', "1.0", "One."),
        ('"""\n  One.  \nTwo."""\n__version__ = v = "v1.0-RC1"\n', "1.0rc1", "One."),
        # What is not a literal is asked of the imported module.
        ('"""One."""\n__version__ = ".".join(["1", "5"])\n', "1.5", "One."),
        ('"""One."""\nfrom ._more import __version__\n', "3.0", "One."),
        ('__version__ = "2.0"\n__doc__ = "Computed."\n', "2.0", "Computed."),
        ('"""One."""\nif True:\n    __version__: str = "4.0"\n', "4.0", "One."),
    ],
)
def test_sources_of_dynamic_metadata(
    backend: Backend, package: Package, source: str, version: str, summary: str
) -> None:
    project = package("pure-package")
    edit(project / PYPROJECT, 'version = "1.0"', 'dynamic = ["version", "description"]')
    (project / "pure_package" / "__init__.py").write_text(source)
    (project / "pure_package" / "_more.py").write_text('__version__ = "3.0"\n')
    metadata = _metadata(backend.build_wheel(project).wheel)
    assert (str(metadata.version), metadata.summary) == (version, summary)
    assert not list(project.rglob("__pycache__")), "byte code is left in the project"


def test_import_for_metadata_prints_and_changes_nothing(backend: Backend, package: Package) -> None:
    project = package("pure-package")
    edit(project / PYPROJECT, 'version = "1.0"', 'dynamic = ["version"]')
    init = project / "pure_package" / "__init__.py"
    init.write_text("import sys\nsys.exit('no import')\n")
    message = backend.refusal(project)
    for part in (str(init), "SystemExit: no import", "__version__", "hint: "):
        assert part in message


def test_unknown_keys_are_refused(backend: Backend, package: Package) -> None:
    project = package("pure-package")
    edit(project / PYPROJECT, 'version = "1.0"', 'version = "1.0"\nunknown-key = "x"')
    message = backend.refusal(project)
    assert message.startswith("pyproject.toml: `project.unknown-key`: is not a key")


def test_the_version_of_tags(build_python: Path, build_env: dict[str, str], tmp_path: Path) -> None:
    """In isolation: setuptools-scm is asked for; the wheel is made from the source distribution."""
    project = copy_package("pure-package", tmp_path / "project")
    edit(project / PYPROJECT, 'version = "1.0"', 'dynamic = ["version"]')
    with (project / PYPROJECT).open("a") as file:
        file.write('mode = "git"\n[tool.py-build-cmake.dynamic]\nversion = "git"\n')

    def git(*arguments: str) -> None:
        names = ("-c", "user.name=x", "-c", "user.email=x@x")
        run("git", *names, *arguments, cwd=project)

    for arguments in (
        ("init", "-q"),
        ("add", "."),
        ("commit", "-qm", "first"),
        ("tag", "v1.4.0"),
        ("commit", "-qm", "second", "--allow-empty"),
    ):
        git(*arguments)
    run(build_python, "-m", "build", project, "--outdir", tmp_path / "out", env=build_env)
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert re.fullmatch(r"pure_package-1\.4\.1\.dev1\+g\w+-py3-none-any\.whl", names[0])
    assert names[1].startswith("pure_package-1.4.1.dev1+g")


def test_plugins(build_python: Path, wheelhouse: Path, tmp_path: Path) -> None:
    """In isolation: the plugins of dynamic-metadata, and one of the project that requires more."""
    project = copy_package("pure-package", tmp_path / "project")
    edit(
        project / PYPROJECT,
        'version = "1.0"',
        'dynamic = ["version", "description", "dependencies", "import-names"]\n'
        'dependencies = ["one"]',
    )
    edit(project / PYPROJECT, "requires = [", 'requires = ["dynamic-metadata", ')
    with (project / PYPROJECT).open("a") as file:
        file.write(
            """
[[tool.dynamic-metadata]]
provider = "dynamic_metadata.regex"
field = "version"
input = "version.h"
regex = 'VERSION "(?P<value>.*)"'
[[tool.dynamic-metadata]]
provider = "dynamic_metadata.template"
field = "description"
result = "This is {project[name]} {project[version]}"
[[tool.dynamic-metadata]]
provider = { path = "tools", module = "pin" }
"""
        )
    write(project / "version.h", '#define VERSION "1.5rc1"\n')
    write(
        project / "tools" / "pin.py",
        """
        def get_requires_for_dynamic_metadata(settings):
            return ["typing-extensions"]

        def dynamic_metadata(settings, project):
            import typing_extensions  # is there only because it was asked for

            return {"dependencies": ["two==" + project["version"]]}
        """,
    )
    env = find_links(wheelhouse, locked.provide("metadata", build_python))
    run(build_python, "-m", "build", project, "--outdir", tmp_path / "out", env=env)
    (sdist,) = (tmp_path / "out").glob("*.tar.gz")
    (path,) = (tmp_path / "out").glob("*.whl")
    wheel = Wheel.read(path)
    metadata = _metadata(wheel)
    assert str(metadata.version) == "1.5rc1"
    assert metadata.summary == "This is pure-package 1.5rc1"
    assert [str(one) for one in metadata.requires_dist or ()] == ["one", "two==1.5rc1"]
    assert metadata.import_names == ["pure_package"]
    with tarfile.open(sdist) as archive:
        names = [name.partition("/")[2] for name in archive.getnames()]
        member = archive.extractfile(f"{sdist.name[: -len('.tar.gz')]}/PKG-INFO")
        assert member
        assert member.read() == wheel.files[f"{wheel.dist_info}METADATA"]
    assert {"tools/pin.py", "version.h"} <= set(names)
