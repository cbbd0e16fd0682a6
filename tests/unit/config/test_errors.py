"""Mistakes: where they are, what is wrong, and what to write instead."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.configuration import Sources, wheres

TOOL = "tool.py-build-cmake"


@pytest.mark.parametrize(
    ("tables", "key", "message", "hint"),
    [
        # Names that do not exist.
        ("[tool.py-build-cmake.cmak]", "cmak", "not an option", "`cmake`"),
        ('cmake.bild_type = "x"', "cmake.bild_type", "not an option", "`build_type`"),
        ('cmake.build-type = "x"', "cmake.build-type", "not an option", "`build_type`"),
        ('cmake.1.bild_type = "x"', "cmake.1.bild_type", "not an option", "`build_type`"),
        ('linux.cmake.arg = ["x"]', "linux.cmake.arg", "not an option", "`args`"),
        ("[tool.py-build-cmake.macos.cmake]", "macos", "not an option", "`mac`"),
        # Names that belong elsewhere.
        ('build_type = "x"', "build_type", "not an option", "`cmake`"),
        ('cmake.cross.arch = "x"', "cmake.cross", "not an option", f"`{TOOL}.cross`"),
        ('cmake.toolchain_file = "x"', "cmake.toolchain_file", "not an option", "`cross`"),
        ('linux.arch = "x"', "linux.arch", "not an option", "`cross`"),
        ('cmake.0.1.build_type = "x"', "cmake.0.1", "not an option", ""),
        ("zzzzzz = 1", "zzzzzz", "not an option", "cmake"),
        # Types.
        ('cmake = "x"', "cmake", "must be a table, not the string 'x'", ""),
        ("cmake.1 = 2", "cmake.1", "must be a table, not the integer 2", ""),
        ("linux.cmake.1 = []", "linux.cmake.1", "must be a table", ""),
        ("module = []", "module", "must be a table", ""),
        ("linux = 1", "linux", "must be a table", ""),
        ("cross = false", "cross", "must be a table, not the boolean false", ""),
        ('cmake.args = "x"', "cmake.args", "must be a list of strings, not the string", '["x"]'),
        ("cmake.args = [1]", "cmake.args", "integer 1", '"1"'),
        ('cmake.args = ["a", 1, {}]', "cmake.args", "integer 1", ""),
        ("cmake.build_type = 1", "cmake.build_type", "must be a string, not the integer", '"1"'),
        ("cmake.build_type = 1.5", "cmake.build_type", "float 1.5", '"1.5"'),
        ("cmake.build_type = [1]", "cmake.build_type", "must be a string, not the array", ""),
        ("cmake.build_type = {}", "cmake.build_type", "must be a string, not the table", ""),
        ("cmake.build_type = 1979-05-27", "cmake.build_type", "must be a string, not the date", ""),
        ("cmake.build_type = 07:32:00", "cmake.build_type", "must be a string, not the time", ""),
        ('cmake.find_python = "yes"', "cmake.find_python", "must be true or false", "quotes"),
        ("cmake.find_python = 1", "cmake.find_python", "must be true or false", ""),
        ("cmake.source_path = 1", "cmake.source_path", "path", ""),
        ("cmake.options = []", "cmake.options", "must be a table", ""),
        ("cmake.options.X = 1.5", "cmake.options.X", "float 1.5", '"1.5"'),
        ("cmake.options.X = [[]]", "cmake.options.X", "array", ""),
        ('cmake.options.X = { typ = "BOOL" }', "cmake.options.X", "'typ'", "type"),
        ('cmake.options.X = { type = "B" }', "cmake.options.X", "`type`", "BOOL"),
        ("cmake.options.X = { type = [] }", "cmake.options.X", "`type`", "BOOL"),
        ("cmake.options.X = { strict = 1 }", "cmake.options.X", "`strict`", ""),
        ("cmake.options.X = {}", "cmake.options.X", "empty", "value"),
        (
            'cmake.options."X:BOOL" = { value = "1", type = "BOOL" }',
            'cmake.options."X:BOOL"',
            "type",
            "",
        ),
        ('cmake.options."" = 1', 'cmake.options.""', "name", ""),
        ('cmake.options."A=B" = 1', 'cmake.options."A=B"', "name", ""),
        ('cmake.env."A=B" = "1"', 'cmake.env."A=B"', "name", ""),
        ("cmake.env.X = 1", "cmake.env.X", "must be a string", '"1"'),
        ("cmake.env.X = []", "cmake.env.X", "must be a string", ""),
        ('cmake.args = { add = ["x"] }', "cmake.args", "'add'", "append"),
        ('cmake.args = { "+" = ["x"], append = [] }', "cmake.args", "twice", ""),
        ('cmake.args = { "=" = ["x"], append = [] }', "cmake.args", "combined", ""),
        ("cmake.args = { append = 1 }", "cmake.args", "integer 1", ""),
        ("cmake.args = {}", "cmake.args", "empty", "append"),
        # Values.
        ('editable.mode = "symlnk"', "editable.mode", "'symlnk'", "`symlink`"),
        ("editable.mode = []", "editable.mode", "array", "'symlink'"),
        ('wheel.python_abi = "abi4"', "wheel.python_abi", "'abi4'", "`abi3`"),
        ('wheel.build_tag = "x1"', "wheel.build_tag", "'x1'", "digit"),
        ('wheel.build_tag = "1-2"', "wheel.build_tag", "'1-2'", "digit"),
        ('wheel.build_tag = "1\\n"', "wheel.build_tag", "'1\\n'", "digit"),
        ('wheel.build_tag = ""', "wheel.build_tag", "''", "digit"),
        (
            "wheel.abi3_minimum_cpython_version = 3",
            "wheel.abi3_minimum_cpython_version",
            "3",
            "312",
        ),
        (
            "wheel.abi3_minimum_cpython_version = 3012",
            "wheel.abi3_minimum_cpython_version",
            "3012",
            "312",
        ),
        (
            'wheel.abi3_minimum_cpython_version = "312"',
            "wheel.abi3_minimum_cpython_version",
            "must be an integer, not the string",
            "quotes",
        ),
        (
            "wheel.abi3_minimum_cpython_version = true",
            "wheel.abi3_minimum_cpython_version",
            "must be an integer, not the boolean",
            "",
        ),
        ('cmake.minimum_version = "3"', "cmake.minimum_version", "'3'", "3.20"),
        ('cmake.minimum_version = ">=3.15"', "cmake.minimum_version", "'>=3.15'", "3.20"),
        ('cmake.generator = ""', "cmake.generator", "''", "Ninja"),
        ('module.name = "a.b"', "module.name", "'a.b'", ""),
        ('module.name = ""', "module.name", "''", ""),
        ('cmake.args = ["a\\u0000b"]', "cmake.args", "null", ""),
        ('cmake.build_type = "\\u0000"', "cmake.build_type", "null", ""),
        ('cmake.options.X = ["\\u0000"]', "cmake.options.X", "null", ""),
        ('cmake.env.X = "\\u0000"', "cmake.env.X", "null", ""),
        ('cmake.build_path = "a\\u0000b"', "cmake.build_path", "null", ""),
        (f"cmake.options.X = 0x{'f' * 5000}", "cmake.options.X", "integer", ""),
        (f"cmake.build_type = 0x{'f' * 5000}", "cmake.build_type", "integer", ""),
        ("cmake.options.X = 9223372036854775808", "cmake.options.X", "integer", ""),
        # Paths.
        ('module.directory = "nowhere"', "module.directory", "nowhere", "project directory"),
        ('cmake.source_path = "nowhere"', "cmake.source_path", "nowhere", ""),
        ('cmake.source_path = "CMakeLists.txt"', "cmake.source_path", "CMakeLists.txt", ""),
        ('module.directory = "CMakeLists.txt"', "module.directory", "directory", ""),
        ('cross.toolchain_file = "no.cmake"', "cross.toolchain_file", "no.cmake", ""),
        ('cross.toolchain_file = "."', "cross.toolchain_file", "file", ""),
        ('cross.include_dir = "nowhere"', "cross.include_dir", "nowhere", ""),
        (f'module.directory = "{"x" * 5000}"', "module.directory", "xxx", ""),
    ],
)
def test_in_pyproject(sources: Sources, tables: str, key: str, message: str, hint: str) -> None:
    sources.pyproject(tables)
    problem = sources.problem()
    assert problem.where == f"pyproject.toml: `{TOOL}.{key}`"
    assert message in problem.message
    assert hint in problem.hint


def test_absolute_paths(sources: Sources) -> None:
    absolute = str(sources.directory).replace("\\", "/")
    sources.pyproject(f'cmake.build_path = "{absolute}/b"\ncross.prefix = "{absolute}"')
    config = sources.load("cross.arch=linux_aarch64")
    assert config.cross is not None
    assert config.cross.prefix == sources.directory
    for option in ("cmake.source_path", "module.directory"):
        sources.pyproject(f'{option} = "{absolute}"')
        problem = sources.problem()
        assert problem.where == f"pyproject.toml: `{TOOL}.{option}`"
        assert "absolute" in problem.message


@pytest.mark.parametrize(
    ("override", "where", "message", "hint"),
    [
        ("cmak=x", "<cli:1>: `cmak`", "not an option", "`cmake`"),
        ("cmake.bild_type=x", "<cli:1>: `cmake.bild_type`", "not an option", "`build_type`"),
        ("cmake.args=x", "<cli:1>: `cmake.args`", "must be a list", '["x"]'),
        ("cmake.build_type=1", "<cli:1>: `cmake.build_type`", "integer 1", '"1"'),
        ("cmake.find_python= false", "<cli:1>: `cmake.find_python`", "' false'", "false"),
        ("cmake.build_type.x=1", "<cli:1>: `cmake.build_type`", "not a table", ""),
        ("cmake.options.X.Y=1", "<cli:1>: `cmake.options.X`", "not a table", '"X.Y"'),
        ("cmake.options=x", "<cli:1>: `cmake.options`", "", "+="),
        ("cmake.options={X=1}", "<cli:1>: `cmake.options`", "=", "+="),
        ("cmake.options+=x", "<cli:1>: `cmake.options`", "must be a table", ""),
        ("cmake+={X=1}", "<cli:1>: `cmake`", "+=", "="),
        ("cmake-=x", "<cli:1>: `cmake`", "-=", ""),
        ("cmake=x", "<cli:1>: `cmake`", "must be a table", ""),
        ("cmake.find_python+=x", "<cli:1>: `cmake.find_python`", "+=", "="),
        ("editable.mode+=x", "<cli:1>: `editable.mode`", "+=", "="),
        ("cmake.source_path+=x", "<cli:1>: `cmake.source_path`", "+=", "="),
        ("cmake.args+=(path)x", "<cli:1>: `cmake.args`", "+=(path)", "+="),
        ("cmake.options.X+=(path)x", "<cli:1>: `cmake.options.X`", "+=(path)", "+="),
        ("cmake.args+={+=[x]}", "<cli:1>: `cmake.args`", "table", ""),
        ('"".x=1', '<cli:1>: `""`', "not an option", ""),
        ("cmake.99999999999999999999.preset=x", None, "not an option", ""),
        ('"*".x=1', '<cli:1>: `"*"`', "not an option", ""),
        ('cmake."*".preset=x', '<cli:1>: `cmake."*"`', "not an option", ""),
        ("cmake.", "<cli:1>, column 7", "key", ""),
        ("cmake.preset=a{b", "<cli:1>, column 15", "quotes", '"a{b"'),
    ],
)
def test_in_overrides(
    sources: Sources, override: str, where: str | None, message: str, hint: str
) -> None:
    problem = sources.problem(override)
    assert where in (None, problem.where)
    assert message in problem.message
    assert hint in problem.hint


def test_all_mistakes_of_all_files_at_once(sources: Sources) -> None:
    sources.pyproject('cmak = 1\ncmake.bild_type = 1\nmodule.directory = "nowhere"\n')
    sources.write("py-build-cmake.local.toml", "cmake.args = 1\ncmake.preset = 1\n")
    sources.write("py-build-cmake.local.pbc", "# ok\ncmake.preset=x\ncmake.preset\ncmake.foo=1\n")
    sources.write("py-build-cmake.cross.toml", 'arhc = "x"\ncmake.args = 1\nabi = "\\q"\n')
    sources.write("py-build-cmake.cross.pbc", "toolchain_file=no.cmake\nversion=1\n")
    sources.write("given.toml", "cmake.generator = 1\n")
    problems = sources.problems("a=", "b=1", local=["given.toml", "absent.toml"])
    assert sorted(wheres(problems)) == sorted(
        [
            f"pyproject.toml: `{TOOL}.cmak`",
            f"pyproject.toml: `{TOOL}.cmake.bild_type`",
            f"pyproject.toml: `{TOOL}.module.directory`",
            "py-build-cmake.local.toml: `cmake.args`",
            "py-build-cmake.local.toml: `cmake.preset`",
            "py-build-cmake.local.pbc, line 3, column 13",
            "py-build-cmake.local.pbc, line 4: `cmake.foo`",
            "py-build-cmake.cross.toml",
            "py-build-cmake.cross.pbc, line 1: `toolchain_file`",
            "py-build-cmake.cross.pbc, line 2: `version`",
            "given.toml: `cmake.generator`",
            "config setting `local`",
            "<cli:1>, column 3",
            "<cli:2>: `b`",
        ]
    )


def test_problems_of_cross_files_name_their_keys(sources: Sources) -> None:
    sources.write("py-build-cmake.cross.toml", 'arhc = "x"\n[cmake]\nargs = 1\n[cross]\n')
    assert sorted(wheres(sources.problems())) == [
        "py-build-cmake.cross.toml: `arhc`",
        "py-build-cmake.cross.toml: `cmake.args`",
        "py-build-cmake.cross.toml: `cross`",
    ]


@pytest.mark.parametrize(
    ("content", "where", "message"),
    [
        (b"a = 1\nb = [\n", "", "TOML"),
        (b"a = 1\nb = = 2\n", "", "line 2, column 5"),
        (b"a = 1\na = 2\n", "", "TOML"),
        (b"a = 1\nb = '\xff'\n", "", "line 2"),
        (b"a = " + b"[" * 5000, "", "TOML"),
        (b"a = " + b"9" * 5000, "", "TOML"),
        (b"", ": `project`", "missing"),
        (b"[tool]\n", ": `project`", "missing"),
        (b"project = 1\n", ": `project`", "must be a table"),
        (b"tool = 1\nproject.name = 'a'\n", ": `tool`", "must be a table"),
        (b"tool.py-build-cmake = 1\nproject.name = 'a'\n", f": `{TOOL}`", "must be a table"),
        (b"[[tool.py-build-cmake]]\n[project]\nname = 'a'\n", f": `{TOOL}`", "must be a table"),
        (b"project.version = '1'\n", ": `project.name`", "missing"),
        (b"project.name = 1\n", ": `project.name`", "string"),
    ],
)
def test_files_that_cannot_be_used(
    sources: Sources, content: bytes, where: str, message: str
) -> None:
    (sources.directory / "pyproject.toml").write_bytes(content)
    problem = sources.problem()
    assert problem.where == f"pyproject.toml{where}"
    assert message in problem.message


def test_no_pyproject(sources: Sources) -> None:
    (sources.directory / "pyproject.toml").unlink()
    problem = sources.problem()
    assert problem.where == "pyproject.toml"
    assert "cannot be read" in problem.message


def test_a_byte_order_mark_is_no_mistake(sources: Sources) -> None:
    sources.write("py-build-cmake.local.toml", '\ufeffcmake.preset = "x"\n')
    sources.write("py-build-cmake.local.pbc", "\ufeffcmake.generator=Ninja\n")
    cmake = dict(sources.load().host_tables.cmake)[0]
    assert (cmake.preset, cmake.generator) == ("x", "Ninja")


def test_a_directory_is_no_file(sources: Sources) -> None:
    (sources.directory / "py-build-cmake.local.toml").mkdir()
    assert sources.problem().where == "py-build-cmake.local.toml"


@pytest.mark.parametrize(
    ("name", "content"), [("c.toml", ""), ("c.toml", "# x\n"), ("c.pbc", ""), ("c.pbc", "# x\n")]
)
def test_an_empty_cross_file_that_was_asked_for(sources: Sources, name: str, content: str) -> None:
    sources.write(name, content)
    problem = sources.problem(cross=name)
    assert problem.where == name
    assert "empty" in problem.message
    # A local file may well be empty.
    assert sources.load(local=name).cross is None


def test_an_empty_cross_file_does_not_hide_behind_other_mistakes(sources: Sources) -> None:
    sources.write("c.toml", "")
    assert wheres(sources.problems("a=", cross="c.toml")) == ["c.toml", "<cli:1>, column 3"]


def test_the_names_of_files_end_in_toml_or_pbc(sources: Sources) -> None:
    sources.write("c.ini", "")
    problem = sources.problem(cross="c.ini")
    assert problem.where == "c.ini"
    assert ".toml" in problem.message
    assert ".pbc" in problem.message


def test_given_files_are_looked_for_in_two_directories(sources: Sources, tmp_path: Path) -> None:
    elsewhere = Sources(tmp_path / "elsewhere")
    environ = {"PWD": str(elsewhere.directory)}
    elsewhere.write("both.toml", 'cmake.preset = "elsewhere"\n')
    sources.write("both.toml", 'cmake.preset = "project"\n')
    sources.write("here.toml", 'cmake.preset = "project"\n')

    def preset(**given: str) -> str | None:
        return dict(sources.load(environ=environ, **given).host_tables.cmake)[0].preset

    assert preset(local="both.toml") == "elsewhere"
    assert preset(local="here.toml") == "project"
    assert preset(local=str(sources.directory / "both.toml")) == "project"


@pytest.mark.parametrize("kind", ["local", "cross"])
def test_a_given_file_that_does_not_exist(sources: Sources, tmp_path: Path, kind: str) -> None:
    problem = sources.problem(environ={"PWD": str(tmp_path)}, **{kind: f"x{os.sep}no.toml"})
    assert problem.where == f"config setting `{kind}`"
    assert str(tmp_path / "x" / "no.toml") in problem.message
    assert str(sources.directory / "x" / "no.toml") in problem.message


def test_a_file_elsewhere_is_named_in_full(sources: Sources, tmp_path: Path) -> None:
    path = Sources(tmp_path / "elsewhere").write("c.toml", "archh = 1\n").resolve()
    assert sources.problem(cross=str(path)).where == f"{path}: `archh`"
    assert sources.problem(cross="../elsewhere/c.toml").where == f"{path}: `archh`"
    sources.write("sub/c.toml", "archh = 1\n")
    assert sources.problem(cross="./sub/../sub/c.toml").where == "sub/c.toml: `archh`"


def test_paths_of_tables_not_in_use_are_not_looked_at(sources: Sources) -> None:
    sources.pyproject(
        'windows.cmake.source_path = "nowhere"\ncmake.source_path = "nowhere"\n'
        'linux.cmake.source_path = "."\n'
    )
    assert dict(sources.load().host_tables.cmake)[0].source_path == sources.directory
    assert "nowhere" in sources.problem(os_name="mac").message
    assert "nowhere" in sources.problem(os_name="windows").message
    # Without a native pre-build, nothing is built on the build machine.
    cross = ["cross.arch=win_arm64", "cross.cmake.source_path=."]
    assert sources.load(*cross, os_name="windows").cross is not None
    assert sources.problem(*cross, "cross.native_build=true", os_name="windows")


def test_a_missing_cmakelists_of_the_default_directory(sources: Sources) -> None:
    (sources.directory / "CMakeLists.txt").unlink()
    sources.pyproject("[tool.py-build-cmake.cmake]")
    problem = sources.problem()
    assert problem.where == f"pyproject.toml: `{TOOL}.cmake`"
    assert "CMakeLists.txt" in problem.message
    assert "source_path" in problem.hint
    # What is a consequence of another mistake is not reported.
    problem = sources.problem("cmake.source_pth=x")
    assert "source_pth" in problem.where


def test_an_invalid_value_has_no_consequences(sources: Sources) -> None:
    (sources.directory / "CMakeLists.txt").unlink()
    assert sources.problem("cmake.source_path=1").where == "<cli:1>: `cmake.source_path`"


@pytest.mark.skipif(os.name == "nt", reason="making links needs privileges there")
def test_a_link_that_leads_to_itself(sources: Sources) -> None:
    (sources.directory / "loop").symlink_to("loop")
    assert sources.problem("module.directory=loop").where == "<cli:1>: `module.directory`"


def test_relative_paths_of_cross_options_begin_at_their_file(
    sources: Sources, tmp_path: Path
) -> None:
    elsewhere = Sources((tmp_path / "elsewhere").resolve())
    for name in ("t.cmake", "include/x.h"):
        elsewhere.write(name, "")
    toml = elsewhere.write("c.toml", 'toolchain_file = "t.cmake"\ncmake.source_path = "."\n')
    pbc = elsewhere.write("c.pbc", "include_dir=include")
    sources.write("own/lib.so", "")
    sources.pyproject('cross.library = "own/lib.so"\ncross.prefix = ""\n')
    overrides = ["cross.sabi_library=own/lib.so", "cross.arch=linux_aarch64"]
    config = sources.load(*overrides, cross=[str(toml), str(pbc)])
    assert config.cross is not None
    assert config.cross.toolchain_file == elsewhere.directory / "t.cmake"
    assert config.cross.include_dir == elsewhere.directory / "include"
    assert config.cross.library == sources.directory / "own" / "lib.so"
    assert config.cross.sabi_library == sources.directory / "own" / "lib.so"
    assert config.cross.prefix is None
    assert dict(config.host_tables.cmake)[0].source_path == sources.directory


def test_where_the_cross_configuration_stands(sources: Sources) -> None:
    arch = "cross.arch=linux_aarch64"
    sources.pyproject('cross.cmake.build_type = "x"\n')
    assert str(sources.load(arch).cross_where) == f"pyproject.toml: `{TOOL}.cross`"
    sources.pyproject("")
    assert str(sources.load(arch).cross_where) == "<cli:1>: `cross`"
    sources.write("py-build-cmake.cross.toml", 'cmake.build_type = "x"\n')
    assert str(sources.load(arch).cross_where) == "py-build-cmake.cross.toml"
    sources.write("py-build-cmake.cross.pbc", "os=linux\n\nsoabi=cpython-311-aarch64-linux-musl\n")
    where = "py-build-cmake.cross.toml, py-build-cmake.cross.pbc"
    assert str(sources.load(arch).cross_where) == where
    problem = sources.problem()
    assert (problem.where, problem.message[:6]) == (where, "`arch`")


def test_the_key_of_an_environment_variable_is_kept(sources: Sources) -> None:
    sources.pyproject('cmake.env.A = "$B"\n')
    env = dict(sources.load("cmake.env.C=x").host_tables.cmake)[0].env
    assert str(env["A"].where) == f"pyproject.toml: `{TOOL}.cmake.env.A`"
    assert str(env["C"].where) == "<cli:1>: `cmake.env.C`"


@pytest.mark.parametrize("name", ["x" * 5000 + ".toml", "a\0b.toml"])
def test_names_that_no_file_can_have(sources: Sources, name: str) -> None:
    assert sources.problem(local=name).where == "config setting `local`"


def test_characters_that_no_command_can_have(sources: Sources) -> None:
    problem = sources.problem('cmake.preset="\ud800"')
    assert (problem.where, "'\\ud800'" in problem.message) == ("<cli:1>: `cmake.preset`", True)
    # What stands for a byte that is not UTF-8 is given back as that.
    assert dict(sources.load('cmake.preset="\udcff"').host_tables.cmake)[0].preset == "\udcff"


def test_values_of_tables_not_in_use_are_checked(sources: Sources) -> None:
    sources.pyproject('windows.wheel.build_tag = "x"\nmac.wheel.build_tag = "1"\n')
    problem = sources.problem("mac.wheel.build_tag+=-")
    assert problem.where == f"pyproject.toml: `{TOOL}.windows.wheel.build_tag`"
    # What overrides add up to is known where it is used.
    sources.pyproject('mac.wheel.build_tag = "1"\n')
    problem = sources.problem("mac.wheel.build_tag+=-", os_name="mac")
    assert (problem.where, problem.message[:4]) == ("<cli:1>: `mac.wheel.build_tag`", "'1-'")


@pytest.mark.parametrize("key", ["include", "exclude"])
def test_patterns_that_take_others_back(sources: Sources, key: str) -> None:
    sources.pyproject(f'sdist.{key} = ["docs", "!docs/x"]')
    problem = sources.problem()
    assert problem.where == f"pyproject.toml: `{TOOL}.sdist.{key}`"
    assert "'!docs/x' is negated" in problem.message
    assert "`exclude`" in problem.hint


@pytest.mark.parametrize(
    "text",
    [
        "[" + ".".join("a" * 5000) + "]",
        "x = " + "[" * 70 + "]" * 70,
        "x = " + "[" * 5000 + "]" * 5000,
    ],
)
def test_deep_nesting(sources: Sources, text: str) -> None:
    sources.write("pyproject.toml", "[project]\nname = 'x'\nversion = '1'\n" + text)
    problem = sources.problem()
    assert problem.where == "pyproject.toml"
    assert "not valid TOML" in problem.message


@pytest.mark.parametrize(
    ("tables", "key"),
    [
        (f'cmake.minimum_version = "3.{"9" * 5000}"', "cmake.minimum_version"),
        (f'wheel.platform_tag = ["manylinux_2_{"9" * 5000}_x86_64"]', "wheel.platform_tag"),
        (f'cross.arch = "android_{"9" * 5000}_arm64_v8a"', "cross.arch"),
    ],
)
def test_numbers_that_are_too_long(sources: Sources, tables: str, key: str) -> None:
    sources.pyproject(tables)
    problem = sources.problem()
    assert problem.where == f"pyproject.toml: `{TOOL}.{key}`"
    assert "a thousand digits" in problem.message


@pytest.mark.parametrize("name", ["py-build-cmake.local.toml", "py-build-cmake.cross.pbc"])
def test_named_pipes_are_not_waited_for(sources: Sources, name: str) -> None:
    os.mkfifo(sources.directory / name)
    problem = sources.problem()
    assert (problem.where, problem.message) == (name, "is not a file but a named pipe")


@pytest.mark.parametrize(
    "table",
    ['env.MY_TOKEN = ["hunter2", 1]', 'options.MY_TOKEN = [["hunter2"]]', "env.A_KEY = 4711"],
)
def test_values_that_may_be_secret_are_not_quoted(sources: Sources, table: str) -> None:
    sources.pyproject(f"cmake.{table}")
    problem = sources.problem()
    assert problem.where.endswith(f"cmake.{table.partition(' ')[0]}`")
    assert "hunter2" not in str(problem)
    assert "4711" not in str(problem)
    assert "not shown" in problem.hint
