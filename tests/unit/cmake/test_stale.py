"""Build directories that cannot be configured again as they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from py_build_cmake.cmake.build_dir import OBJECTS, OURS, drop_entries, read_cache, why_stale
from py_build_cmake.cmake.memory import Given, Memory, Staleness
from py_build_cmake.editable.runtime.afresh import start_afresh

# Written by CMake 3.25; only paths are changed.
CACHE = """\
# This is the CMakeCache file.
# For build in directory: /project/build

########################
# EXTERNAL cache entries
########################

//Choose the type of build
CMAKE_BUILD_TYPE:STRING=Release

//No help, variable specified on the command line.
CMAKE_TOOLCHAIN_FILE:FILEPATH=/tool chain.cmake

//Empty
EMPTY:STRING=

"QUOTED:NAME":BOOL=ON

########################
# INTERNAL cache entries
########################

//Name of generator.
CMAKE_GENERATOR:INTERNAL=Ninja
//ADVANCED property for variable: CMAKE_AR
CMAKE_AR-ADVANCED:INTERNAL=1
//Source directory with the top level CMakeLists.txt file for this
// project
CMAKE_HOME_DIRECTORY:INTERNAL=/project=x:y
"""


def test_the_entries_of_a_cache(tmp_path: Path) -> None:
    (tmp_path / "CMakeCache.txt").write_text(CACHE)
    assert read_cache(tmp_path) == {
        "CMAKE_BUILD_TYPE": "Release",
        "CMAKE_TOOLCHAIN_FILE": "/tool chain.cmake",
        "EMPTY": "",
        "CMAKE_GENERATOR": "Ninja",
        "CMAKE_HOME_DIRECTORY": "/project=x:y",
    }


def test_a_directory_that_was_not_configured_has_no_entries(tmp_path: Path) -> None:
    assert read_cache(tmp_path) == {}
    assert read_cache(tmp_path / "missing") == {}


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({}, None),
        ({"CMAKE_GENERATOR": "Ninja"}, None),
        ({"CMAKE_GENERATOR": None}, None),
        ({"MISSING": "x"}, None),
        ({"CMAKE_GENERATOR": "Xcode"}, "CMAKE_GENERATOR was Ninja"),
        ({"CMAKE_BUILD_TYPE": "Release", "CMAKE_GENERATOR": ""}, "CMAKE_GENERATOR was Ninja"),
    ],
)
def test_why_a_cache_cannot_stay(wanted: dict[str, str | None], reason: str | None) -> None:
    cache = {"CMAKE_BUILD_TYPE": "Release", "CMAKE_GENERATOR": "Ninja"}
    assert why_stale(cache, wanted) == reason


def test_only_what_cmake_remembers_is_removed(tmp_path: Path) -> None:
    for folder in ("CMakeFiles/3.1", "sub/CMakeFiles", "py-build-cmake/native-build-0/CMakeFiles"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "CMakeCache.txt").write_text(CACHE)
    (tmp_path / "sub" / "tool").write_text("")
    start_afresh(tmp_path, ours=OURS)
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")}
    private = "py-build-cmake/native-build-0"
    assert left == {"sub", "sub/tool", "py-build-cmake", private, f"{private}/CMakeFiles"}
    start_afresh(tmp_path, ours=OURS)


@pytest.fixture
def configured(tmp_path: Path) -> Path:
    """A build directory that CMake has configured with a compiler in it."""
    (tmp_path / "CMakeCache.txt").write_text(CACHE)
    (tmp_path / "cc").write_text("compiler")
    directory = tmp_path / "CMakeFiles" / "3.25.1"
    directory.mkdir(parents=True)
    (directory / "CMakeCCompiler.cmake").write_text(
        f'set(CMAKE_C_COMPILER "{tmp_path}/cc")\nset(CMAKE_C_COMPILER_ARG1 "")\n'
    )
    (tmp_path / "toolchain.cmake").write_text("set(A 1)")
    source = tmp_path / "source"
    source.mkdir()
    (source / "CMakeLists.txt").write_text("if(DEFINED ENV{MY_TOKEN})\nendif()\n")
    reply = tmp_path / ".cmake" / "api" / "v1" / "reply"
    reply.mkdir(parents=True)
    inputs = [
        {"path": "CMakeLists.txt"},
        {"path": "version.h.in"},
        {"path": "/usr/share/cmake/M.cmake", "isCMake": True},
        {"path": "/x/CMakeFiles/3.25.1/CMakeSystem.cmake", "isGenerated": True},
    ]
    contents = {"inputs": inputs, "paths": {"source": str(source)}}
    (reply / "cmakeFiles-v1-0123.json").write_text(json.dumps(contents))
    Memory(tmp_path).end(given(tmp_path))
    return tmp_path


def given(
    build_dir: Path,
    launcher: str | None = None,
    *,
    option: str | None = None,
    script: str = "",
    **environ: str,
) -> Given:
    settings = {"`cmake.compiler_launcher`": launcher}
    if option is not None:
        settings["option A"] = option
    toolchain = {"the toolchain file": build_dir / "toolchain.cmake"}
    return Given(settings, {"the preload cache": script}, toolchain, environ, ("OWN",))


def why(build_dir: Path, launcher: str | None = None, **more: str) -> Staleness | None:
    return Memory(build_dir).why_stale(given(build_dir, launcher, **more))


def hard(reason: str) -> Staleness:
    return Staleness(reason, keeps_objects=False)


def soft(reason: str) -> Staleness:
    return Staleness(reason, keeps_objects=True)


def test_what_was_not_configured_is_not_stale(tmp_path: Path) -> None:
    assert why(tmp_path) is None


def test_what_has_not_changed_is_not_stale(configured: Path) -> None:
    assert why(configured, PWD="/x", CMAKE_BUILD_PARALLEL_LEVEL="3", TERM="t") is None


def test_what_cmake_reads_only_once(configured: Path) -> None:
    flags = given(configured, CFLAGS="-O2")
    memory = Memory(configured)
    assert memory.why_stale(flags) == hard("environment variable CFLAGS was None")
    memory.end(flags)
    assert memory.why_stale(flags) is None
    assert why(configured) == hard("environment variable CFLAGS was '-O2'")


def test_where_cmake_searches(configured: Path) -> None:
    for name in ("PATH", "CMAKE_PREFIX_PATH", "Thing_ROOT", "Thing_DIR", "PKG_CONFIG_PATH"):
        assert why(configured, **{name: "x"}) == soft(f"environment variable {name} changed")


def test_what_the_configuration_sets(configured: Path) -> None:
    assert why(configured, OWN="secret") == hard("environment variable OWN changed")


def test_an_option_that_is_given_or_taken_back(configured: Path) -> None:
    assert why(configured, option="secret") == hard("option A changed")
    Memory(configured).end(given(configured, option="secret"))
    assert why(configured) == hard("option A changed")
    assert (configured / "py-build-cmake" / "configured.json").stat().st_mode & 0o077 == 0


def test_a_preload_cache_with_other_values(configured: Path) -> None:
    assert why(configured, script="set(A 1)") == soft("the preload cache changed")


def test_names_of_temporary_environments_do_not_count(configured: Path) -> None:
    def path(name: str) -> str:
        return f"/tmp/{name}/bin:/tmp/{name}/overlay/bin:/usr/bin"

    Memory(configured).end(given(configured, PATH=path("pip-build-env-1"), script=path("x")))
    assert why(configured, PATH=path("pip-build-env-2"), script=path("x")) is None
    assert why(configured, PATH=path("pip-build-env-2"), script=path("y")) is not None


def test_a_toolchain_file_that_was_edited(configured: Path) -> None:
    (configured / "toolchain.cmake").write_text("set(A 2)")
    assert why(configured) == hard("contents of the toolchain file changed")


def test_variables_that_the_toolchain_file_names(configured: Path) -> None:
    (configured / "toolchain.cmake").write_text("set(A $ENV{SDK})")
    Memory(configured).end(given(configured))
    assert why(configured, SDK="/sdk") == hard("environment variable SDK changed")


def test_a_file_of_the_project_that_was_edited(configured: Path) -> None:
    lists = configured / "source" / "CMakeLists.txt"
    (lists.parent / "version.h.in").write_text("what is only copied")
    assert why(configured) is None
    lists.write_text("option(A ON)")
    assert why(configured) == soft(f"{lists} changed")
    lists.unlink()
    assert why(configured) == soft(f"{lists} changed")


def test_variables_that_the_project_names(configured: Path) -> None:
    reason = soft("environment variable MY_TOKEN, which the project's CMake reads, changed")
    assert why(configured, MY_TOKEN="secret") == reason
    Memory(configured).end(given(configured, MY_TOKEN="secret"))
    assert why(configured, MY_TOKEN="secret") is None
    assert why(configured) == reason
    assert "secret" not in (configured / "py-build-cmake" / "configured.json").read_text()


def test_another_launcher(configured: Path) -> None:
    assert why(configured, "ccache") == hard("`cmake.compiler_launcher` was None")


def test_an_upgraded_compiler(configured: Path) -> None:
    (configured / "cc").write_text("newer compiler")
    reason = hard(f"the C compiler {configured / 'cc'} was replaced")
    assert why(configured) == reason
    (configured / "cc").unlink()
    assert why(configured) == reason


def test_an_interruption(configured: Path) -> None:
    now = given(configured)
    Memory(configured).begin(now)
    interrupted = hard("the last configuration was interrupted")
    assert why(configured) == interrupted
    Memory(configured).end(now)
    assert why(configured) is None
    for text in ("[", "[]"):
        (configured / "py-build-cmake" / "configured.json").write_text(text)
        assert why(configured) == interrupted


def test_what_another_version_has_written(configured: Path) -> None:
    file = configured / "py-build-cmake" / "configured.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "format": 1}))
    assert why(configured) == hard("another version of this program has configured it")


def test_what_was_found_and_is_gone(configured: Path, tmp_path: Path) -> None:
    (tmp_path / "thing.txt").write_text("")
    with (configured / "CMakeCache.txt").open("a") as file:
        file.write(f"THING:FILEPATH={tmp_path}/thing.txt\nOTHER_DIR:PATH={tmp_path}/missing\n")
    Memory(configured).end(given(configured))
    assert why(configured) is None
    (tmp_path / "thing.txt").unlink()
    assert why(configured) == soft(f"{tmp_path}/thing.txt, which was found as THING, is gone")


def test_variables_with_computed_names(configured: Path) -> None:
    lists = configured / "source" / "CMakeLists.txt"
    lists.write_text("set(A $ENV{MY_${name}} $ENV{${OTHER}_ROOT})\n")
    Memory(configured).end(given(configured))
    assert why(configured) is None
    assert why(configured, YOUR_WORD="x") is None
    change = "environment variable MY_WORD, which the project's CMake reads, changed"
    assert why(configured, MY_WORD="x") == soft(change)
    Memory(configured).end(given(configured, MY_WORD="x"))
    assert why(configured, MY_WORD="x") is None
    assert why(configured) == soft(change)
    # Any name at all, but those that differ between terminals.
    lists.write_text("set(A $ENV{${name}})\n")
    Memory(configured).end(given(configured))
    assert why(configured, PWD="/elsewhere", SHLVL="7") is None
    assert why(configured, WORD="x") is not None


def test_variables_that_shells_read(configured: Path) -> None:
    lists = configured / "source" / "CMakeLists.txt"
    lists.write_text('add_custom_target(x COMMAND sh -c "echo $WORD ${CMAKE_VARIABLE}")\n')
    Memory(configured).end(given(configured))
    change = "environment variable WORD, which the project's CMake reads, changed"
    assert why(configured, WORD="x") == soft(change)
    assert why(configured, CMAKE_VARIABLE_NOT="x") != soft(change)


def test_what_a_later_configuration_depends_on(configured: Path) -> None:
    """Digests of what a directory was configured with."""
    memory = Memory(configured)
    settings, circumstances = memory.settings, memory.circumstances
    memory.end(given(configured, option="x"))
    assert memory.settings != settings
    assert memory.circumstances == circumstances
    memory.end(given(configured, script="set(B 1)"))
    assert memory.settings == settings
    assert memory.circumstances != circumstances


def test_a_failure_is_no_interruption(configured: Path) -> None:
    """What was cached before the failure is not used, and the objects can stay."""
    now = given(configured)
    Memory(configured).begin(now)
    Memory(configured).end(now, failed=True)
    failed = Staleness("the last configuration failed", keeps_objects=True, is_announced=False)
    assert why(configured) == failed
    assert why(configured, option="x") == hard("option A changed")


def test_a_cache_that_is_gone(configured: Path) -> None:
    (configured / "CMakeCache.txt").unlink()
    found = why(configured)
    assert found is not None
    assert not found.is_announced


def test_what_another_program_has_configured(tmp_path: Path) -> None:
    (tmp_path / "CMakeCache.txt").write_text(CACHE)
    assert why(tmp_path) == hard("an editable install, or another program, has configured it")


def test_a_build_that_was_killed(configured: Path) -> None:
    memory = Memory(configured)
    memory.begin_build()
    assert why(configured) == hard("the last build was killed")
    memory.end_build()
    assert why(configured) is None


def test_a_directory_belongs_to_builds_if_it_had_nothing_else_in_it(tmp_path: Path) -> None:
    for name, is_owned in (("new", True), ("with files", False)):
        directory = tmp_path / name
        memory = Memory(directory)
        (directory / "py-build-cmake").mkdir(parents=True)
        (directory / "py-build-cmake.log").touch()
        if not is_owned:
            (directory / "notes.txt").touch()
        memory.begin(given(directory))
        (directory / "CMakeCache.txt").touch()
        memory.end(given(directory))
        assert memory.is_owned is is_owned
    assert Memory(tmp_path / ".py-build-cmake_cache" / "cp311").is_owned


def lay_out(build_dir: Path) -> set[str]:
    """Fill a build directory; return the files that are not CMake's."""
    ours = {
        *("py-build-cmake/lock", "py-build-cmake/native-build-0/CMakeFiles/x.o"),
        *("py-build-cmake.log", "py-build-cmake-preload.cmake"),
        *("editable/pkg/m.so", "editable.json", "editable-output/m.so"),
    }
    objects = {
        *("CMakeFiles/t.dir/a.c.o", "CMakeFiles/t.dir/a.c.o.d", "sub/CMakeFiles/t.dir/b.cpp.o"),
        *("CMakeFiles/t.dir/flags.make", "CMakeFiles/t.dir/compiler_depend.ts", ".ninja_log"),
    }
    others = {
        *("CMakeCache.txt", "CMakeFiles/3.25.1/CMakeCCompiler.cmake", "lib.so", "generated.h"),
        *("CMakeFiles/t.dir/m.f90.o", "_deps/x-src/a.c", ".cmake/api/v1/reply/x.json"),
    }
    for name in (*ours, *objects, *others):
        (build_dir / name).parent.mkdir(parents=True, exist_ok=True)
        (build_dir / name).touch()
    return ours


def files_in(directory: Path) -> set[str]:
    found = (path for path in directory.rglob("*") if not path.is_dir())
    return {path.relative_to(directory).as_posix() for path in found}


def test_a_directory_that_belongs_to_builds_is_emptied(tmp_path: Path) -> None:
    ours = lay_out(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path / "editable", target_is_directory=True)
    start_afresh(tmp_path, ours=OURS, is_owned=True)
    assert files_in(tmp_path) == ours


def test_objects_stay_with_what_build_tools_compare(tmp_path: Path) -> None:
    ours = lay_out(tmp_path)
    start_afresh(tmp_path, ours=OURS, is_owned=True, objects=OBJECTS)
    assert files_in(tmp_path) == {
        *ours,
        *("CMakeFiles/t.dir/a.c.o", "CMakeFiles/t.dir/a.c.o.d", "sub/CMakeFiles/t.dir/b.cpp.o"),
        *("CMakeFiles/t.dir/flags.make", "CMakeFiles/t.dir/compiler_depend.ts", ".ninja_log"),
    }
    assert not (tmp_path / "_deps").exists()


def test_entries_are_dropped_with_their_documentation(tmp_path: Path) -> None:
    drop_entries(tmp_path, str)
    cache = tmp_path / "CMakeCache.txt"
    cache.write_text(CACHE)
    drop_entries(tmp_path, lambda value: "tool" in value)
    dropped = (
        "//No help, variable specified on the command line.\n"
        "CMAKE_TOOLCHAIN_FILE:FILEPATH=/tool chain.cmake\n"
    )
    assert cache.read_text() == CACHE.replace(dropped, "")
