"""Layers: overriding, inheritance, indices, defaults (the vectors of the reference)."""

from __future__ import annotations

from typing import Any

import pytest
from support.configuration import Sources, shown

from py_build_cmake.config.schema import CMAKE_LISTS, CMakeConfig, ProjectConfig

BASE = """
[tool.py-build-cmake.cmake]
args = ["a"]
build_type = "Rel"
options = { X = ["1", "2"], Y = true }
[tool.py-build-cmake.linux.cmake]
args = ["l"]
options = { X = { "+" = ["3"] } }
"""


def effective(config: ProjectConfig, index: int = 0) -> CMakeConfig:
    return dict(config.host_tables.cmake)[index]


def value(config: CMakeConfig, name: str) -> Any:
    return shown(config.options) if name == "options" else getattr(config, name)


@pytest.fixture
def base(sources: Sources) -> Sources:
    sources.pyproject(BASE)
    return sources


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        pytest.param(
            [],
            {
                "args": ("a", "l"),
                "options": {"X": "1;2;3", "Y:BOOL": "On"},
                "config": ("Rel",),
                "install_config": ("Rel",),
            },
            id="nothing",
        ),
        pytest.param(['cmake.args=["c"]'], {"args": ("c", "l")}, id="assign"),
        pytest.param(['cmake.args+=["c"]'], {"args": ("a", "c", "l")}, id="append"),
        pytest.param(['cmake.args=+["c"]'], {"args": ("c", "a", "l")}, id="prepend"),
        pytest.param(['cmake.args-=["a"]'], {"args": ("l",)}, id="remove"),
        pytest.param(['linux.cmake.args-=["a"]'], {"args": ("l",)}, id="remove-inherited"),
        pytest.param(['linux.cmake.args=["c"]'], {"args": ("c",)}, id="assign-os"),
        pytest.param(["cmake.args=!"], {"args": ("l",)}, id="clear-base"),
        pytest.param(["linux.cmake.args=!"], {"args": ()}, id="clear-os"),
        pytest.param(
            ["cmake.options.X=9"], {"options": {"X": "9;3", "Y:BOOL": "On"}}, id="integer"
        ),
        pytest.param(
            ["cmake.options.Y=foo"],
            {"options": {"X": "1;2;3", "Y:BOOL": "foo"}},
            id="the-type-stays",
        ),
        pytest.param(
            ["cmake.0.build_type=Dbg", "linux.cmake.build_type=L"],
            {"build_type": "Dbg"},
            id="index-over-os",
        ),
        pytest.param(
            ["cmake.build_type+=WithDebInfo"],
            {"build_type": "RelWithDebInfo", "config": ("RelWithDebInfo",)},
            id="append-text",
        ),
        pytest.param(
            ["linux.cmake.build_type+=WithDebInfo"],
            {"build_type": "RelWithDebInfo"},
            id="append-inherited-text",
        ),
        pytest.param(
            ["linux.cmake.build_type=!"], {"build_type": None, "config": ()}, id="clear-text"
        ),
        pytest.param(["cmake=!"], {"args": ("l",), "options": {"X": "3"}}, id="clear-table"),
        pytest.param(
            ["cmake.config=[Debug,Release]", "cmake.install_config=Release"],
            {"config": ("Debug", "Release"), "install_config": ("Release",)},
            id="configurations",
        ),
        pytest.param(["cmake={build_type=X}"], {"build_type": "X", "args": ("a", "l")}, id="table"),
        pytest.param(
            ["cmake.options.X=!"], {"options": {"X": "3", "Y:BOOL": "On"}}, id="clear-option"
        ),
        pytest.param(
            ["linux.cmake.options.X=!"], {"options": {"Y:BOOL": "On"}}, id="clear-inherited-option"
        ),
        pytest.param(["cmake.options=!"], {"options": {"X": "3"}}, id="clear-options"),
        pytest.param(["linux.cmake.options=!"], {"options": {}}, id="clear-all-options"),
        pytest.param(
            ["cmake.options.X-=2"], {"options": {"X": "1;3", "Y:BOOL": "On"}}, id="remove-option"
        ),
        pytest.param(
            ["cmake.options+={N=[a, true], M=x}"],
            {"options": {"X": "1;2;3", "Y:BOOL": "On", "N": "a;On", "M": "x"}},
            id="options-table",
        ),
        pytest.param(
            ["linux.cmake=!", "linux.cmake.build_type=L"],
            {"build_type": "L", "args": (), "options": {}},
            id="start-again",
        ),
    ],
)
def test_effective_values(base: Sources, overrides: list[str], expected: dict[str, Any]) -> None:
    config = base.load(*overrides)
    assert [index for index, _ in config.host_tables.cmake] == [0]
    assert {name: value(effective(config), name) for name in expected} == expected


def test_indices_replace_the_default_entry(base: Sources) -> None:
    config = base.load("cmake.1.build_type=Dbg", 'cmake.3.args=["x"]')
    assert [
        (index, cmake.build_type, cmake.args, cmake.config)
        for index, cmake in config.host_tables.cmake
    ] == [(1, "Dbg", ("a", "l"), ("Dbg",)), (3, "Rel", ("x",), ("Rel",))]


def test_indices_run_in_numeric_order(base: Sources) -> None:
    config = base.load("cmake.10.build_type=A", "cmake.-2.build_type=B", "cmake.9.build_type=C")
    assert [index for index, _ in config.host_tables.cmake] == [-2, 9, 10]


def test_an_index_can_be_dropped(base: Sources) -> None:
    overrides = ["cmake.0.build_type=A", "cmake.1.build_type=B"]
    config = base.load(*overrides, "cmake.1=!")
    assert [(i, c.build_type) for i, c in config.host_tables.cmake] == [(0, "A")]
    config = base.load(*overrides, "linux.cmake.0=!")
    assert [(i, c.build_type) for i, c in config.host_tables.cmake] == [(1, "B")]


def test_indices_are_inherited_one_by_one(base: Sources) -> None:
    config = base.load(
        "cmake.0.build_type=A",
        "cmake.1.build_type=B",
        "linux.cmake.1.build_type+=L",
        "linux.cmake.2.build_type=C",
    )
    assert [(i, c.build_type) for i, c in config.host_tables.cmake] == [
        (0, "A"),
        (1, "BL"),
        (2, "C"),
    ]


@pytest.mark.parametrize(
    ("overrides", "x"),
    [([], "1;2"), (["cross.os=linux"], "1;2;3"), (["cross.os=windows"], "1;2")],
)
def test_cross_inherits_from_the_base_or_the_named_os(
    base: Sources, overrides: list[str], x: str
) -> None:
    config = base.load("cross.arch=linux_aarch64", 'cross.cmake.args=["k"]', *overrides)
    assert config.cross is not None
    assert config.cross.arch == "linux_aarch64"
    assert effective(config).args == ("k",)
    assert shown(effective(config).options)["X"] == x
    assert dict(config.native_tables.cmake)[0].args == ("a", "l")


def test_native_is_the_same_system_twice(base: Sources) -> None:
    config = base.load()
    assert config.cross is None
    assert config.host_tables is config.native_tables


def test_local_files_come_in_order(base: Sources) -> None:
    base.write("py-build-cmake.local.toml", '[cmake]\nargs = ["t"]\n')
    base.write("py-build-cmake.local.pbc", 'cmake.args+=["p"]')
    assert effective(base.load()).args == ("a", "t", "p", "l")
    base.write("more.toml", 'cmake.args = ["m"]\n')
    given = str(base.directory / "more.toml")
    assert effective(base.load('cmake.args+=["o"]', local=given)).args == (
        *("a", "t", "p", "m", "o", "l"),
    )


def test_cross_files_come_after_local_files_and_before_overrides(base: Sources) -> None:
    own = 'cross.abi = "local"\ncross.arch = "linux_local"\nwheel.allow_unknown_tags = true\n'
    base.write("py-build-cmake.local.toml", own)
    toml = 'arch = "linux_toml"\nversion = "33"\nsoabi = "toml"\n'
    base.write("py-build-cmake.cross.toml", toml)
    base.write("py-build-cmake.cross.pbc", 'version="34"\nsoabi=pbc\nimplementation=pbc')
    base.write("given.cross.toml", 'soabi = "given"\nimplementation = "given"\n')
    cross = base.load("cross.implementation=o", cross="given.cross.toml").cross
    assert cross is not None
    assert (cross.abi, cross.arch, cross.version, cross.soabi, cross.implementation) == (
        *("local", "linux_toml", "34", "given", "o"),
    )


@pytest.mark.parametrize(
    ("tables", "overrides", "uses_cmake"),
    [
        ('[tool.py-build-cmake.linux.cmake]\nbuild_type = "X"', [], True),
        ('[tool.py-build-cmake.windows.cmake]\nbuild_type = "X"', [], False),
        ("[tool.py-build-cmake.cmake]", [], True),
        ("[tool.py-build-cmake.cmake]", ["cmake=!"], False),
        ("[tool.py-build-cmake.cmake]", ["linux.cmake=!"], False),
        ("[tool.py-build-cmake.cmake]", ["windows.cmake=!"], True),
        ("[tool.py-build-cmake.linux.cmake]", ["cmake=!"], True),
        ("[tool.py-build-cmake.linux.cmake]", ["linux=!"], False),
        ("", ["cmake.build_type=X"], True),
        # Taking something away never brings a table into being.
        ("", ["cmake.build_type=!"], False),
        ("", ["cmake.1=!"], False),
        ("", ["cmake.options.X=!"], False),
        ("[tool.py-build-cmake.cmake.0]", ["cmake.0=!"], True),
    ],
)
def test_whether_cmake_is_used(
    sources: Sources, tables: str, overrides: list[str], uses_cmake: bool
) -> None:
    sources.pyproject(tables)
    assert bool(sources.load(*overrides).host_tables.cmake) is uses_cmake


@pytest.mark.parametrize(
    ("overrides", "is_cross"),
    [
        (["cross.arch=linux_aarch64"], True),
        (["cross.cmake.build_type=X", "cross.arch=linux_aarch64"], True),
        (["cross.arch=linux_aarch64", "cross=!"], False),
        (["cross.arch=!"], False),
    ],
)
def test_what_turns_cross_compilation_on(
    sources: Sources, overrides: list[str], is_cross: bool
) -> None:
    assert (sources.load(*overrides).cross is not None) is is_cross


def test_cross_compilation_of_a_pure_project_stays_pure(sources: Sources) -> None:
    assert sources.load("cross.arch=linux_aarch64").host_tables.cmake == ()


def test_a_cross_file_with_nothing_but_patterns_is_one(sources: Sources) -> None:
    sources.write("py-build-cmake.cross.toml", "copy_from_native_build = []\n")
    cross = sources.load("cross.arch=linux_aarch64").cross
    assert cross is not None
    assert cross.wants_native_build


def test_an_empty_standard_cross_file_says_nothing(sources: Sources) -> None:
    sources.write("py-build-cmake.cross.toml", "# nothing\n")
    assert sources.load().cross is None


@pytest.mark.parametrize("os_name", ["freebsd", "cygwin_nt-10.0", "cmake", "tool"])
def test_a_system_without_a_table_uses_the_base(base: Sources, os_name: str) -> None:
    assert effective(base.load(os_name=os_name)).args == ("a",)


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ('Z = { append = ["a"], type = "PATH" }', {"Z:PATH": "a"}),
        ('W = "1;2"\nV = ["1", true]', {"W": r"1\;2", "V": "1;On"}),
        ("N = 1\nM = [1, -2]", {"N": "1", "M": "1;-2"}),
        ("E = []", {"E": ""}),
        ("B = [true, false]", {"B:BOOL": "On;Off"}),
        ('"T:BOOL" = true', {"T:BOOL": "On"}),
        ("A = { append = [true] }", {"A:BOOL": "On"}),
        ('T = { type = "PATH" }', {}),
    ],
)
def test_cmake_options(sources: Sources, option: str, expected: dict[str, str]) -> None:
    sources.pyproject(f"[tool.py-build-cmake.cmake.options]\n{option}\n")
    assert shown(effective(sources.load()).options) == expected


@pytest.mark.parametrize(
    ("lower", "upper", "expected"),
    [
        ('{ value = "a", type = "PATH" }', '{ value = "b", type = "FILEPATH" }', "X:FILEPATH"),
        ('{ value = "a", type = "PATH" }', '"b"', "X:PATH"),
        ('"a"', '{ value = "b", type = "PATH" }', "X:PATH"),
        ("true", '"b"', "X:BOOL"),
        ('"a"', "true", "X:BOOL"),
        ('{ value = "a", type = "PATH" }', "{ append = [true] }", "X:PATH"),
        ('["1", true]', "{ remove = [true] }", "X"),
    ],
)
def test_types_combine(sources: Sources, lower: str, upper: str, expected: str) -> None:
    sources.pyproject(f"cmake.options.X = {lower}\nlinux.cmake.options.X = {upper}\n")
    config = sources.load()
    assert list(shown(effective(config).options)) == [expected]
    assert config.warnings == ()


@pytest.mark.parametrize(
    ("lower", "upper", "types"),
    [
        ("true", '{ value = "foo", type = "STRING" }', ("BOOL", "STRING")),
        ('{ value = "a", type = "FILEPATH" }', '{ append = "b", type = "PATH" }', None),
        ('{ value = "a", type = "STRING" }', "true", ("STRING", "BOOL")),
    ],
)
def test_types_conflict(
    sources: Sources, lower: str, upper: str, types: tuple[str, str] | None
) -> None:
    sources.pyproject(f"cmake.options.X = {lower}\nlinux.cmake.options.X = {upper}\n")
    problem = sources.problem()
    assert problem.where == "pyproject.toml: `tool.py-build-cmake.linux.cmake.options.X`"
    assert all(name in problem.message for name in types or ("FILEPATH", "PATH"))
    assert "strict" in problem.hint


def test_a_type_can_be_changed_on_purpose(sources: Sources) -> None:
    sources.pyproject(
        "cmake.options.Y = true\n"
        'linux.cmake.options.Y = { value = "foo", type = "STRING", strict = false }\n'
    )
    config = sources.load()
    assert shown(effective(config).options) == {"Y:STRING": "foo"}
    assert len(config.warnings) == 1
    assert "linux.cmake.options.Y" in config.warnings[0]
    assert "STRING" in config.warnings[0]
    assert "BOOL" in config.warnings[0]


def test_clearing_an_option_forgets_its_type(sources: Sources) -> None:
    sources.pyproject("cmake.options.Y = true\n")
    config = sources.load("cmake.options.Y=!", "cmake.options.Y=foo")
    assert shown(effective(config).options) == {"Y": "foo"}


@pytest.mark.parametrize(
    ("option", "lower", "upper", "expected"),
    [
        ("config", '["a", "b"]', '["c"]', ("c",)),
        ("args", '["a", "b"]', '["c"]', ("a", "b", "c")),
        (
            "config",
            '["Debug", "Release"]',
            '{ prepend = ["R"], "-" = ["Debug"], "+" = ["Debug"] }',
            ("R", "Release", "Debug"),
        ),
        ("args", '["a"]', '{ "=" = ["b"] }', ("b",)),
        ("args", '["a"]', "{ value = [] }", ()),
        ("args", '["a", "b", "a"]', '{ remove = ["a", "x"] }', ("b",)),
        ("config", '"a"', '{ append = "b" }', ("a", "b")),
        ("build_presets", '"a"', '"b"', ("b",)),
        ("install_components", '{ append = ["x"] }', '{ prepend = ["y"] }', ("y", "x")),
    ],
)
def test_lists(
    sources: Sources, option: str, lower: str, upper: str, expected: tuple[str, ...]
) -> None:
    sources.pyproject(f"cmake.{option} = {lower}\nlinux.cmake.{option} = {upper}\n")
    assert getattr(effective(sources.load()), option) == expected


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        (["=V", "+=a"], "Va"),
        (["=V", "=+p"], "pV"),
        (["=V", "+=a", "+=b", "=+p", "=+q"], "qpVab"),
        (["=V", "+=(path)x", "+=a"], "Va:x"),
        (["=V", "=+(path)x", "=+p"], "x:pV"),
        (["=V", "+=(path)x", "+=(path)y", "=+(path)p", "=+(path)q"], "q:p:V:x:y"),
        (["+=a"], "a"),
        (["+=(path)a"], "a"),
        (["=V", "+=a", "=W"], "W"),
        (["=abcabc", "-=b"], "acac"),
        (["=V", "+=(path)x", "+=(path)y", "-=x"], "V:y"),
        (["=V", "+=a", "-=a", "+=a"], "Va"),
        (["=V", "=!"], None),
        (["=V", "=!", "+=a"], "a"),
        (["-=a"], None),
    ],
)
def test_texts(
    sources: Sources, overrides: list[str], expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.pathsep", ":")
    config = sources.load(*(f"cmake.build_type{override}" for override in overrides))
    cmake = dict(config.host_tables.cmake).get(0)
    assert (cmake.build_type if cmake else None) == expected


def test_removing_from_nothing_leaves_the_default(sources: Sources) -> None:
    assert effective(sources.load("cmake.minimum_version-=x")).minimum_version == CMAKE_LISTS


def test_an_empty_table_has_all_defaults(sources: Sources) -> None:
    config = sources.load()
    assert config.project_dir == sources.directory
    assert config.project["name"] == "a-b"
    module, tables = config.module, config.host_tables
    assert (module.name, module.directory) == ("a_b", sources.directory)
    assert (module.namespace, module.generated) == (False, None)
    assert (tables.editable.mode, tables.editable.build_hook) == ("symlink", False)
    assert (tables.sdist.include, tables.sdist.exclude) == ((), ())
    wheel = tables.wheel
    assert (wheel.python_tag, wheel.python_abi) == (("auto",), "auto")
    assert wheel.abi3_minimum_cpython_version is None
    assert (wheel.pure_python, wheel.abi_tag, wheel.platform_tag, wheel.build_tag) == (None,) * 4
    assert tables.cmake == ()
    assert (config.stubgen, config.cross, config.warnings) == (None, None, ())


def test_an_empty_cmake_table_has_all_defaults(sources: Sources) -> None:
    sources.pyproject("[tool.py-build-cmake.cmake]\n[tool.py-build-cmake.stubgen]\n")
    config = sources.load()
    cmake = effective(config)
    assert cmake.minimum_version == CMAKE_LISTS
    assert cmake.source_path == sources.directory
    assert cmake.build_path == sources.directory / ".py-build-cmake_cache" / "{build_config}"
    assert (cmake.build_type, cmake.preset, cmake.generator) == (None, None, None)
    assert (cmake.config, cmake.install_config, cmake.build_presets) == ((), (), ())
    assert cmake.install_components == ("",)
    assert (cmake.find_python, cmake.find_python3) == (True, True)
    assert (cmake.options, cmake.env) == ({}, {})
    assert config.stubgen is not None
    assert (config.stubgen.packages, config.stubgen.args) == (None, ())


@pytest.mark.parametrize(
    ("name", "module"), [("A.B__c--d", "a_b_c_d"), ("x", "x"), ("Foo-Bar", "foo_bar")]
)
def test_the_module_is_named_after_the_project(sources: Sources, name: str, module: str) -> None:
    sources.write("pyproject.toml", f'[project]\nname = "{name}"\n')
    assert sources.load().module.name == module


def test_dashes_of_a_module_name_become_underscores(sources: Sources) -> None:
    assert sources.load("module.name=My-Module").module.name == "My_Module"


@pytest.mark.parametrize(
    ("environ", "overrides", "generator"),
    [
        ({"CMAKE_GENERATOR": "Ninja"}, [], "Ninja"),
        ({"CMAKE_GENERATOR": "Ninja"}, ["cmake.generator=Unix Makefiles"], "Unix Makefiles"),
        ({"CMAKE_GENERATOR": ""}, [], None),
        ({}, [], None),
    ],
)
def test_the_environment_chooses_the_generator(
    sources: Sources, environ: dict[str, str], overrides: list[str], generator: str | None
) -> None:
    config = sources.load("cmake.find_python=true", *overrides, environ=environ)
    assert effective(config).generator == generator


def test_tables_of_the_component_backend_are_tolerated(sources: Sources) -> None:
    sources.pyproject('main_project = ".."\n[tool.py-build-cmake.component]\nanything = 1\n')
    assert sources.load().host_tables.cmake == ()


def test_many_sources_at_once(sources: Sources) -> None:
    """The ``local-options`` project: pyproject.toml, both local files, and OS tables."""
    sources.pyproject(
        """
        [tool.py-build-cmake.cmake.options]
        A = "base"
        B = "foo;bar"
        C = ["foo", "bar"]
        D = false
        E = { value = ["/usr/bin/base"], type = "FILEPATH" }
        F = { value = "/usr/some/path", type = "PATH" }
        [tool.py-build-cmake.cmake.env]
        MY_PATH = "base"
        [tool.py-build-cmake.linux.cmake.options]
        F.prepend = "/some/linux/specific/path"
        """
    )
    sources.write(
        "py-build-cmake.local.toml",
        """
        [cmake.options]
        A = "local"
        B = "baz;local"
        C = { append = ["local-toml"] }
        E = { "+" = ["/usr/bin/local-toml"] }
        """,
    )
    sources.write(
        "py-build-cmake.local.pbc",
        """# A comment.
        cmake.options.C+=["local-pbc"]
        cmake.options.D=True
        cmake.options.E-=/usr/bin/base
        linux.cmake.options.F=+/some/local/linux/path
        cmake.env+={MY_PATH="replaced"}
        """,
    )
    cmake = effective(sources.load())
    assert shown(cmake.options) == {
        "A": "local",
        "B": r"baz\;local",
        "C": "foo;bar;local-toml;local-pbc",
        "D:BOOL": "On",
        "E:FILEPATH": "/usr/bin/local-toml",
        "F:PATH": "/some/local/linux/path;/some/linux/specific/path;/usr/some/path",
    }
    assert cmake.env["MY_PATH"].resolve(None, str, ":") == "replaced"
