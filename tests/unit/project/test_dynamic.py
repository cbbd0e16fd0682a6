"""``dynamic`` metadata: version and description from the module."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import pytest
from support.configs import dynamic_config

from py_build_cmake.base.errors import MetadataError
from py_build_cmake.project.dynamic import PROVIDERS, SUPPORTED, DynamicSources, dynamic_fields
from py_build_cmake.project.module import Module

BOTH = ("version", "description")
# What is read from the syntax tree is read although the module cannot be imported.
NO_IMPORT = "\nraise RuntimeError('imported')\n"


def fields(path: Path, source: str | bytes, *wanted: str) -> dict[str, str]:
    path.write_bytes(source.encode() if isinstance(source, str) else source)
    return dynamic_fields(
        wanted or BOTH, DynamicSources(Module("m", path, path.parent), path.parent)
    )


@pytest.fixture
def main(tmp_path: Path) -> Path:
    return tmp_path / "m.py"


@pytest.mark.parametrize(
    ("source", "version"),
    [
        ('__version__ = "1.2"', "1.2"),
        ("__version__ = '1' '.2'", "1.2"),
        ('__version__ = version = "1.2"', "1.2"),
        ('version = __version__ = """1.2"""', "1.2"),
        ('__version__: str = "1.2"', "1.2"),
        ('__version__: Final = "1.2"', "1.2"),
        # The last one is what a reader of the module gets.
        ('__version__ = "1.2"\n__version__ = "1.3"', "1.3"),
        ('__version__ = "1.2"\n__version__: str', "1.2"),
        ('if missing:\n    __version__ = "1.2"\n__version__ = "1.3"', "1.3"),
        ('from ._version import __version__\n__version__ = "1.3"', "1.3"),
        ('__version__ = "1.2"\ndef f():\n    __version__ = "9"', "1.2"),
        ('__version__ = "1.2"\nclass C:\n    __version__ = "9"', "1.2"),
        ('__version__ = "1.2"\nnames = {"__version__": __version__}', "1.2"),
        ('__version__ = compute()\n__version__ = "1.3"', "1.3"),
        ('import missing\n__version__ = "1.2"', "1.2"),
    ],
)
def test_a_literal_version_is_read_without_an_import(main: Path, source: str, version: str) -> None:
    assert fields(main, f"{source}{NO_IMPORT}", "version") == {"version": version}


@pytest.mark.parametrize(
    "source",
    [
        '__version__ = "1.1"\nif True:\n    __version__ = "1.2"',
        '__version__ = "1"\n__version__ += ".2"',
        '__version__ = "9"\nfrom os import sep as __version__\n__version__ = str("1.2")',
        '__version__ = "9"\ndef set():\n    global __version__\n    __version__ = "1.2"\nset()',
        '__version__ = "9"\nglobals()["__version__"] = "1.2"',
        '__version__ = "9"\nfor __version__ in ["1.2"]:\n    pass',
        '__version__ = "9"\ntry:\n    __version__ = "1.2"\nexcept ImportError:\n    pass',
        '__version__ = "9"\nprint(__version__ := "1.2")',
        '__version__ = "9"; __version__ = str("1.2")',
        '__version__ = f"1.{1 + 1}"',
        '__version__ = "1" + ".2"',
        '__version__ = str("1.2")',
        '__version__, other = "1.2", "x"',
        'if True:\n    __version__ = "1.2"',
        'try:\n    __version__ = "1.2"\nfinally:\n    pass',
        'version = "1.2"\n__version__ = version',
        'def f():\n    __version__ = "9"\n__version__ = str("1.2")',
        'class C:\n    __version__ = "9"\n__version__ = C.__version__ and "1.2"',
        'globals()["__version__"] = "1.2"',
        '__version__ = "9"\nexec("__version__ = str(1.2)")',
        '__version__ = "9"\nimport sys\nsetattr(sys.modules[__name__], "__version__", "1.2")',
    ],
)
def test_any_other_version_is_imported(main: Path, source: str) -> None:
    assert fields(main, source, "version") == {"version": "1.2"}
    with pytest.raises(MetadataError, match="RuntimeError: imported") as e:
        fields(main, f"{source}{NO_IMPORT}", "version")
    assert e.value.problems[0].where == str(main)
    assert "literal" in e.value.problems[0].hint


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("from ._own import *", "1.2"),
        ("from pkg._own import *", "1.2"),
        ("from ._other import *", "1.2"),
        ("from .sub import *", "1.2"),
        ("try:\n    from ._own import *\nexcept ImportError:\n    pass", "1.2"),
        # These bind no name with an underscore, or come from elsewhere, and are not run.
        ("from ._plain import *", "9"),
        ("from ._compiled import *", "9"),
        ("from numpy import *", "9"),
    ],
)
def test_what_everything_of_a_module_may_be(tmp_path: Path, statement: str, expected: str) -> None:
    """``import *`` binds ``__version__`` if the module's ``__all__`` has it."""
    package = tmp_path / "pkg"
    texts = {
        "__init__.py": f'__version__ = "9"\n{statement}{NO_IMPORT * (expected == "9")}',
        "_own.py": '__all__ = ["__version__"]\n__version__ = "1.2"\n',
        "_other.py": "from . import _own\nfrom ._own import *\n__all__ = [*_own.__all__]\n",
        "_plain.py": "from ._plain import *\n__version__ = 8\n",
        "sub/__init__.py": "from .deep import *\nfrom . import deep\n__all__ = deep.__all__\n",
        "sub/deep.py": 'from .._own import *\n__all__ = ["__version__"]\n',
    }
    for name, text in texts.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text)
    module = Module("pkg", package, tmp_path)
    found = dynamic_fields(("version",), DynamicSources(module, tmp_path))
    assert found == {"version": expected}


@pytest.mark.parametrize(
    ("docstring", "description"),
    [
        ('"""One line."""', "One line."),
        ('"""One line.\n\nMore.\n"""', "One line."),
        ('"""\n\n   Late line.  \n   More."""', "Late line."),
        ("'''One\\tline'''", "One\tline"),
    ],
)
def test_the_description_is_the_first_line_of_the_docstring(
    main: Path, docstring: str, description: str
) -> None:
    found = fields(main, f"{docstring}{NO_IMPORT}", "description")
    assert found == {"description": description}


def test_both_fields_come_from_the_syntax_tree(main: Path) -> None:
    found = fields(main, f'"""Does a lot."""\n__version__ = "1.2"{NO_IMPORT}')
    assert found == {"version": "1.2", "description": "Does a lot."}


def test_only_what_is_wanted_is_looked_for(main: Path) -> None:
    assert fields(main, f'__version__ = "1.2"{NO_IMPORT}', "version") == {"version": "1.2"}
    assert fields(main, f'"""Text."""{NO_IMPORT}', "description") == {"description": "Text."}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        # One missing piece is enough; then neither comes from the syntax tree.
        ('__version__ = "1"\n__version__ = "2"\n__doc__ = "Late."', ("2", "Late.")),
        ('"""Early."""\n__version__ = str(2)\n__doc__ = "Late."', ("2", "Late.")),
    ],
)
def test_an_import_provides_both_fields(main: Path, source: str, expected: tuple[str, str]) -> None:
    found = fields(main, source)
    assert (found["version"], found["description"]) == expected


def test_the_coding_of_the_source_is_respected(main: Path) -> None:
    found = fields(main, b'# coding: latin-1\n"""Gr\xfc\xdfe."""\n', "description")
    assert found == {"description": "Grüße."}


def test_an_import_leaves_nothing_behind(tmp_path: Path) -> None:
    package = tmp_path / "p"
    package.mkdir()
    (package / "sub.py").write_text("value = '1.2'\n")
    main = package / "__init__.py"
    source = (
        "import logging, sys\n"
        "assert __name__ in sys.modules\n"
        "assert __name__ != 'p'\n"
        "logging.root.addHandler(logging.NullHandler())\n"
        "from .sub import value\n"
        "__version__ = value\n"
    )
    handlers = list(logging.root.handlers)
    modules = set(sys.modules)
    assert fields(main, source, "version") == {"version": "1.2"}
    assert set(sys.modules) == modules
    assert logging.root.handlers == handlers


@pytest.mark.parametrize("statement", ["raise SystemExit(3)", "import no_such_module", "1 / 0"])
def test_a_failing_import_is_the_users_to_mend(main: Path, statement: str) -> None:
    modules = set(sys.modules)
    with pytest.raises(MetadataError, match="cannot be imported"):
        fields(main, statement, "version")
    assert set(sys.modules) == modules


@pytest.mark.parametrize("source", ["def", b"\0", b"# coding: utf-8\n'\xff'"])
def test_what_is_not_python_cannot_be_parsed(main: Path, source: str | bytes) -> None:
    with pytest.raises(MetadataError, match="cannot be parsed") as e:
        fields(main, source)
    assert e.value.problems[0].where == str(main)


@pytest.mark.parametrize(
    ("written", "normalised"),
    [
        ("1.0a1", "1.0a1"),
        ("1.0.post1", "1.0.post1"),
        ("1!2.0", "1!2.0"),
        ("1.0+local", "1.0+local"),
        ("v1.0", "1.0"),
        ("2024.01.05", "2024.1.5"),
        ("1.0.0-RC1", "1.0.0rc1"),
        ("1.0-1", "1.0.post1"),
        ("1.0.0-beta.2", "1.0.0b2"),
        (" 1.0 ", "1.0"),
    ],
)
def test_versions_are_normalised(main: Path, written: str, normalised: str) -> None:
    assert fields(main, f"__version__ = {written!r}", "version") == {"version": normalised}


@pytest.mark.parametrize("version", ["", "one", "1.0.x", "1.0 beta 2 3", "1..2"])
def test_what_is_no_version_is_refused(main: Path, version: str) -> None:
    with pytest.raises(MetadataError, match="is not a version") as e:
        fields(main, f"__version__ = {version!r}", "version")
    assert repr(version) in str(e.value)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "has no `__version__`"),
        ("__version__ = None", "has no `__version__`"),
        ("__version__ = 1.0", "has 1.0, not a string, as `__version__`"),
        ("__version__ = (1, 2)", r"has \(1, 2\), not a string, as `__version__`"),
        ("__version__ = b'1.0'", "not a string"),
    ],
)
def test_a_version_must_be_a_string(main: Path, source: str, message: str) -> None:
    with pytest.raises(MetadataError, match=message) as e:
        fields(main, source, "version")
    assert "__version__" in e.value.problems[0].hint


@pytest.mark.parametrize("source", ["", '""', '"""\n   \n"""', "__doc__ = None"])
def test_a_blank_docstring_is_no_description(main: Path, source: str) -> None:
    with pytest.raises(MetadataError, match="has no docstring") as e:
        fields(main, source, "description")
    assert e.value.problems[0].where == str(main)


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (Module("m", None, None), "a module that CMake generates cannot provide version"),
        (
            Module("m", Path("m"), Path(), is_namespace=True),
            "a namespace package cannot provide version",
        ),
    ],
)
def test_modules_without_a_main_file_provide_nothing(module: Module, message: str) -> None:
    with pytest.raises(MetadataError, match=message) as e:
        dynamic_fields(["version"], DynamicSources(module, Path()))
    assert e.value.problems[0].where == "pyproject.toml: `project.dynamic`"


def test_a_version_that_another_file_overrides(tmp_path: Path) -> None:
    package = tmp_path / "m"
    package.mkdir()
    (package / "_version.py").write_text("__version__ = '1.2'\n")
    source = (
        "__version__ = '0.0.0'\n"
        "try:\n    from {} import __version__\nexcept ImportError:\n    pass\n"
    )
    for written in ("._version", "m._version"):
        found = fields(package / "__init__.py", source.format(written), "version")
        assert found == {"version": "1.2"}


def test_a_package_of_this_program_can_be_built(tmp_path: Path) -> None:
    import packaging
    import packaging.version

    package = tmp_path / "packaging"
    package.mkdir()
    (package / "_version.py").write_text("number = '1.2'\n")
    main = package / "__init__.py"
    main.write_text("from packaging._version import number as __version__\n")
    found = dynamic_fields(
        ["version"], DynamicSources(Module("packaging", package, tmp_path), tmp_path)
    )
    assert found == {"version": "1.2"}
    assert sys.modules["packaging"] is packaging
    assert sys.modules["packaging.version"] is packaging.version


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("x = " + "-" * 200_000 + "1", "cannot be parsed"),
        (f"__version__ = '{'1' * 5000}'", r"'1111.*\.\.\. is not a version"),
    ],
)
def test_what_is_too_large(main: Path, source: str, message: str) -> None:
    with pytest.raises(MetadataError, match=message):
        fields(main, source, "version")


def test_what_not_every_parser_takes(main: Path) -> None:
    source = "__version__ = " + "'1'" + "* 1" * 3000
    try:
        assert fields(main, source, "version") == {"version": "1"}
    except MetadataError as e:
        assert "cannot be" in str(e)  # from Python 3.11 on


def test_a_file_that_is_gone(main: Path) -> None:
    with pytest.raises(MetadataError, match="cannot be read: No such file"):
        dynamic_fields(["version"], DynamicSources(Module("m", main, main.parent), main.parent))


def test_the_first_provider_that_has_a_field_provides_it(tmp_path: Path) -> None:
    file = tmp_path / "VERSION"
    file.write_text("2.0\n")
    main = tmp_path / "pkg.py"
    main.write_text('"""A module."""\n__version__ = "1.0"\n')
    module = Module("pkg", main, tmp_path)
    sources = DynamicSources(module, tmp_path, dynamic_config(version_file=file))
    found = dynamic_fields(SUPPORTED, sources)
    assert found == {"version": "2.0", "description": "A module."}
    assert dynamic_fields(SUPPORTED, DynamicSources(module, tmp_path))["version"] == "1.0"
    assert {name for provider in PROVIDERS for name in provider.fields} == set(SUPPORTED)
