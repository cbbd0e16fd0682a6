"""A build in a directory that was used before makes the wheel that a new directory would."""

from __future__ import annotations

import json
import os
import random
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable

import pytest
from support.backend import Backend, path_of
from support.builds import run
from support.editable import Environment, tree_of
from support.projects import edit, write

Package = Callable[[str], Path]

CACHE = ".py-build-cmake_cache"
LOCAL = "py-build-cmake.local.toml"
CROSS = "py-build-cmake.cross.toml"
# How an option can be given, and taken back: each time, something else vanishes.
WAYS = ("setting", "args", "local", "pyproject", "when", "local then cleared", "cross")
# What is changed, and to what. The first value of each is the usual one.
CHOICES: Mapping[str, Sequence[Any]] = {
    "A": (None, "one", "two; three"),
    "A by": WAYS,
    "EXTRA": (False, True),
    "EXTRA by": WAYS[:4],
    "FLAGS": (None, "-DX=1", "-DX=2"),
    "build type": (None, "Debug", "Release"),
    "generator": ("Ninja", "Unix Makefiles", "Ninja Multi-Config"),
    "components": (None, '["main"]', '["parts", "main"]'),
    "environment prefix": (None, "first", "second"),
    "environment Thing_ROOT": (None, "first", "second"),
    "environment STATE_MARK": (None, "x", "y"),
    "environment STATE_WORD": (None, "x", "y"),
    "initial cache": (None, "one", "two"),
    "environment toolchain": (False, True),
    "environment PATH": (None, "first", "second"),
    "cross": (False, True),
    "cross toolchain": (False, True),
    "included by toolchain": ("i", "j"),
    "input": ("one", "two"),
    "part": (False, True),
    "default in CMakeLists": ("in-the-project", "edited"),
    "command in CMakeLists": ("echo", "echo_append"),
    "preset": (None, "p", "q"),
    "variable of preset": ("v", "w"),
    "editable": (False, True),
    "native pre-build": (False, True),
    "times go back": (False, True),
    "reproducible": (False, True),
}


OPTION = 'options.{} = "{}"\n'
WHEN = '[[tool.py-build-cmake.when]]\nmatch.python = ">=3"\ncmake.options.{} = "{}"\n'
# Where the texts of the ways of giving an option go.
FORMS = {"local": OPTION, "pyproject": OPTION, "when": WHEN, "cross": OPTION}


class Project:
    """A copy of the project and what lies beside it, brought into one state after the other."""

    def __init__(self, project: Path, beside: Path, backend: Backend) -> None:
        self.project = project
        self.beside = beside
        self.backend = backend
        self.lists = (project / "CMakeLists.txt").read_text()
        self.pyproject = (project / "pyproject.toml").read_text()
        for name in ("first", "second"):
            write(beside / name / "include" / "thing.txt", "")
            write(beside / name / "bin" / "state-tool", "#!/bin/sh\n").chmod(0o755)
            write(beside / name / "lib" / "cmake" / "Thing" / "ThingConfig.cmake", "")
        self.past = 1_500_000_000
        write(beside / "toolchain.cmake", 'include("${CMAKE_CURRENT_LIST_DIR}/more.cmake")\n')

    def prepare(self, state: Mapping[str, Any]) -> tuple[Backend, dict[str, Any]]:
        """Write the files of a state; return the backend and the config settings for it."""
        settings: dict[str, Any] = {}
        texts = dict.fromkeys(FORMS, "")
        args = ["-C", "initial.cmake"] if state["initial cache"] else []
        for name, value in (("A", state["A"]), ("EXTRA", "ON" if state["EXTRA"] else None)):
            way = state[f"{name} by"]
            if value is None:
                continue
            if way == "setting":
                settings[f"cmake.options.{name}"] = value
            elif way == "args":
                args.append(f"-D{name}={value}")
            elif way == "local then cleared":
                texts["local"] += OPTION.format(name, value)
                settings["override"] = f"cmake.options.{name}=!"
            else:
                texts[way] += FORMS[way].format(name, value)
        tables = self._cmake_table(state, args) + texts["pyproject"] + texts["when"]
        files = {
            "pyproject.toml": self.pyproject.replace('generator = "Ninja"\n', tables),
            "CMakeLists.txt": self.lists.replace(
                '"in-the-project"', f'"{state["default in CMakeLists"]}"'
            ).replace("-E echo ", f"-E {state['command in CMakeLists']} "),
            LOCAL: f"[cmake]\n{texts['local']}" if texts["local"] else "",
            CROSS: self._cross(state, texts["cross"]) if state["cross"] else "",
            "CMakePresets.json": _presets(state) if state["preset"] else "",
            "initial.cmake": "include(${CMAKE_CURRENT_LIST_DIR}/more.cmake)",
            "more.cmake": f'set(INITIAL "{state["initial cache"]}" CACHE STRING "")',
            "input.txt": state["input"],
            "parts/b.txt": "b" if state["part"] else "",
        }
        for name, text in files.items():
            path = self.project / name
            if not text:
                path.unlink(missing_ok=True)
            elif not path.exists() or path.read_text() != text:
                write(path, text)
                if state["times go back"]:
                    self.past -= 1
                    os.utime(path, (self.past, self.past))
        included = state["included by toolchain"]
        write(self.beside / "more.cmake", f'set(STATE_TOOLCHAIN "{included}")\n')
        return self.backend.with_env(**self._environment(state)), settings

    def _cmake_table(self, state: Mapping[str, Any], args: list[str]) -> str:
        table = f'generator = "{state["generator"]}"\nargs = {args}\n'
        for key, name in (("build type", "build_type"), ("preset", "preset")):
            table += f'{name} = "{state[key]}"\n' if state[key] else ""
        if state["components"]:
            table += f"install_components = {state['components']}\n"
        if state["reproducible"]:
            table += "reproducible = true\n"
        return table + (OPTION.format("CMAKE_C_FLAGS", state["FLAGS"]) if state["FLAGS"] else "")

    def _cross(self, state: Mapping[str, Any], options: str) -> str:
        text = 'arch = "linux_aarch64"\nos = "linux"\n'
        if state["cross toolchain"]:
            text += f'toolchain_file = "{self.beside}/toolchain.cmake"\n'
        if state["native pre-build"]:
            text += "native_build = true\n"
        return f"{text}[cmake]\n{options}"

    def _environment(self, state: Mapping[str, Any]) -> dict[str, str]:
        environ = {}
        if name := state["environment prefix"]:
            environ["CMAKE_PREFIX_PATH"] = str(self.beside / name)
        if name := state["environment Thing_ROOT"]:
            environ["Thing_ROOT"] = str(self.beside / name)
        for name in ("STATE_MARK", "STATE_WORD"):
            if word := state[f"environment {name}"]:
                environ[name] = word
        if state["environment toolchain"]:
            environ["CMAKE_TOOLCHAIN_FILE"] = str(self.beside / "toolchain.cmake")
        if name := state["environment PATH"]:
            environ["PATH"] = path_of(self.beside / name / "bin")
        return environ

    def check(self, state: Mapping[str, Any], out: Path) -> str:
        """Build in the directory that is there, and in a new one; return the log of the first."""
        backend, settings = self.prepare(state)
        if state["editable"] and not state["cross"]:
            backend.hooks(self.project).build_editable(str(out), settings)
        used = backend.build_wheel(self.project, settings, out=out / "used")
        with self.in_a_new_directory():
            new = backend.build_wheel(self.project, settings, out=out / "new")
        assert used.path.name == new.path.name
        assert used.wheel.files == new.wheel.files
        assert used.path.read_bytes() == new.path.read_bytes()
        return used.log

    @contextmanager
    def in_a_new_directory(self) -> Iterator[None]:
        """Build without what earlier builds left; then put it back."""
        cache, aside = self.project / CACHE, self.beside / "aside"
        cache.rename(aside)
        yield
        shutil.rmtree(cache)
        aside.rename(cache)

    def install(self, state: Mapping[str, Any], out: Path) -> dict[str, bytes]:
        """Make an editable install of a state; return the files that it shows."""
        backend, settings = self.prepare(state)
        settings["editable.build_hook"] = "true"
        backend.hooks(self.project).build_editable(str(out), settings)
        return self.shown()

    def rebuild(self, state: Mapping[str, Any], *options: str) -> dict[str, bytes]:
        """Rebuild the editable install; return the files that it shows."""
        backend, _ = self.prepare(state)
        code = (
            "import sys; from pathlib import Path;"
            "from py_build_cmake.editable.runtime.rebuild import rebuild_install as r;"
            f"r(Path(sys.argv[1]), {', '.join(options)})"
        )
        (found,) = self.project.glob(f"{CACHE}/*/editable.json")
        run(backend.python, "-c", code, found, cwd=self.project, env=backend.env)
        return self.shown()

    def shown(self) -> dict[str, bytes]:
        """Return the files that imports of the editable install see."""
        tree = tree_of(self.project, "symlink") / "state"
        files = (path for path in tree.rglob("*") if path.is_file())
        return {path.relative_to(tree).as_posix(): path.read_bytes() for path in files}


def _presets(state: Mapping[str, Any]) -> str:
    p = {
        "name": "p",
        "generator": "Ninja",
        "binaryDir": "${sourceDir}/shared",
        "cacheVariables": {"B": state["variable of preset"]},
    }
    q = {"name": "q", "inherits": "p", "environment": {"STATE_MARK": "of q"}}
    return json.dumps({"version": 2, "configurePresets": [p, q]})


@pytest.fixture
def project(package: Package, tmp_path: Path, backend: Backend, make: None) -> Project:
    """The project, with nothing in the environment that decides about it."""
    return Project(package("state"), tmp_path / "beside", backend)


# How long random states are tried, in seconds: a minute is about thirty wheels on two processors.
SECONDS = float(os.environ.get("PY_BUILD_CMAKE_TEST_SECONDS", "60"))
USUAL = {name: values[0] for name, values in CHOICES.items()}


def test_random_sequences_of_changes(project: Project, tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(10**6)
    chance = random.Random(seed)
    state = dict(USUAL)
    history: list[Mapping[str, Any]] = []
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        for name in chance.sample(list(CHOICES), chance.choice((1, 1, 2, 3, 8))):
            state[name] = chance.choice(CHOICES[name])
        history.append({n: v for n, v in state.items() if v != USUAL[n]})
        try:
            project.check(state, tmp_path / str(len(history)))
        except Exception as e:
            states = "\n".join(map(repr, history))
            raise AssertionError(f"seed {seed}, after these states:\n{states}") from e


# What is not an option, and changes below an editable install.
SOURCES = (
    *("input", "part", "default in CMakeLists", "command in CMakeLists", "times go back"),
    "included by toolchain",
)


def test_random_sequences_of_changes_below_an_editable_install(
    project: Project, tmp_path: Path
) -> None:
    """Its rebuilds show what a new installation would, whatever wheels are built meanwhile."""
    seed = random.SystemRandom().randrange(10**6)
    chance = random.Random(seed)
    history: list[Mapping[str, Any]] = []
    deadline = time.monotonic() + SECONDS / 3
    installed = dict(USUAL)
    out = tmp_path / "out"
    out.mkdir()
    while time.monotonic() < deadline:
        if chance.random() < 0.2 or not history:
            options = [name for name in CHOICES if name not in (*SOURCES, "cross", "preset")]
            installed.update({name: chance.choice(CHOICES[name]) for name in options})
            project.install(installed, out)
        for name in chance.sample(SOURCES, chance.choice((0, 1, 1, 2))):
            installed[name] = chance.choice(CHOICES[name])
        history.append({n: v for n, v in installed.items() if v != USUAL[n]})
        try:
            if chance.random() < 0.5:
                other = {name: chance.choice(values) for name, values in CHOICES.items()}
                other.update({name: installed[name] for name in SOURCES})
                history.append({"a wheel of": other})
                backend, settings = project.prepare(other)
                backend.build_wheel(project.project, settings, out=out)
            shown = project.rebuild(installed)
            with project.in_a_new_directory():
                assert shown == project.install(installed, out)
        except Exception as e:
            states = "\n".join(map(repr, history))
            raise AssertionError(f"seed {seed}, after these states:\n{states}") from e


FEEDING = """\
cmake_minimum_required(VERSION 3.15...4.1)
project(state LANGUAGES NONE)
set(WORD "usual" CACHE STRING "")
set(installed "${CMAKE_INSTALL_PREFIX}/state/word.txt")
if(READS)
  if(DEFINED PY_BUILD_CMAKE_NATIVE_INSTALL_DIR)
    set(installed "${PY_BUILD_CMAKE_NATIVE_INSTALL_DIR}/state/word.txt")
  endif()
  file(READ "${installed}" read)
  set(WORD_READ "${read}" CACHE STRING "")
  file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/read.txt" "${WORD_READ}")
  # Nothing tells the build tool what it depends on.
  add_custom_command(OUTPUT copied.txt
    COMMAND "${CMAKE_COMMAND}" -E copy "${installed}" copied.txt VERBATIM)
  add_custom_target(all_files ALL DEPENDS copied.txt)
  install(FILES "${CMAKE_CURRENT_BINARY_DIR}/read.txt" "${CMAKE_CURRENT_BINARY_DIR}/copied.txt"
    DESTINATION state)
else()
  file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/word.txt" "${WORD}")
  install(FILES "${CMAKE_CURRENT_BINARY_DIR}/word.txt" DESTINATION state)
endif()
"""


@pytest.mark.parametrize("is_cross", [True, False])
def test_what_an_earlier_configuration_was_given(
    backend: Backend, package: Package, is_cross: bool
) -> None:
    """The cross build uses the native pre-build, and one configuration what another installed."""
    project = package("state")
    write(project / "CMakeLists.txt", FEEDING)
    if is_cross:
        cross = 'arch = "linux_aarch64"\nos = "linux"\nnative_build = true\n'
        write(project / CROSS, f'{cross}[cmake]\noptions.READS = true\noptions.WORD = "same"\n')
        options = 'options.WORD = "{}"\n'
    else:
        edit(project / "pyproject.toml", ".cmake]\n", ".cmake.0]\n")
        options = (
            'options.WORD = "{}"\n[tool.py-build-cmake.cmake.1]\nbuild_path = "second"\n'
            "options.READS = true\n"
        )
    text = (project / "pyproject.toml").read_text()
    for word in ("one", "two"):
        write(project / "pyproject.toml", text + options.format(word))
        files = backend.build_wheel(project).wheel.files
        assert files["state/read.txt"] == files["state/copied.txt"] == word.encode()


def test_words_for_the_build_tool(backend: Backend, make: None, package: Package) -> None:
    project = package("state")
    edit(project / "CMakeLists.txt", 'echo "${words}"', 'echo "$(WORD)"')
    edit(project / "CMakeLists.txt", "  VERBATIM)", "  )")
    text = (project / "pyproject.toml").read_text().replace("Ninja", "Unix Makefiles")
    for word in ("one", "two"):
        write(project / "pyproject.toml", f'{text}build_tool_args = ["WORD={word}"]\n')
        files = backend.build_wheel(project).wheel.files
        assert files["state/built.txt"].strip() == word.encode()


def test_an_editable_install_keeps_its_options(
    backend: Backend, package: Package, tmp_path: Path
) -> None:
    """Also when a wheel with other options is built in the same directory."""
    environment = Environment.make(tmp_path / "venv", backend)
    project = package("state")
    edit(project / "pyproject.toml", 'generator = "Ninja"\n', 'options.A = "editable"\n')
    with (project / "pyproject.toml").open("a") as file:
        file.write("[tool.py-build-cmake.editable]\nbuild_hook = true\n")
    environment.install(project)
    settings = {"cmake.options.A": "wheel", "cmake.options.EXTRA": "ON"}
    wheel = backend.build_wheel(project, settings).wheel
    assert wheel.files["state/built.txt"] == b"wheel;wheel-derived;ON\n"
    write(project / "input.txt", "two")
    code = "import state; p = state.__path__[0]; print(open(p + '/built.txt').read())"
    assert environment.run(code).strip().endswith("editable;editable-derived;OFF")
    again = backend.build_wheel(project, settings)
    assert again.wheel.files["state/built.txt"] == b"wheel;wheel-derived;ON\n"
    assert again.wheel.files["state/input.txt"] == b"two"


LOOKED_UP = """\
cmake_minimum_required(VERSION 3.15...4.1)
project(state LANGUAGES C)
find_path(DIRECTORY thing.h PATHS "${CMAKE_CURRENT_SOURCE_DIR}/../sdk" NO_DEFAULT_PATH)
find_library(LIBRARY thing PATHS "${CMAKE_CURRENT_SOURCE_DIR}/../sdk" NO_DEFAULT_PATH)
find_package(PkgConfig)
if(PKG_CONFIG_FOUND)
  pkg_check_modules(THING thing)
endif()
add_library(x MODULE x.c)
target_include_directories(x PRIVATE "${DIRECTORY}")
target_link_libraries(x PRIVATE "${LIBRARY}")
file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/out/version" "${THING_VERSION}")
if(EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/template")
  configure_file(template "${CMAKE_CURRENT_BINARY_DIR}/out/configured" COPYONLY)
endif()
install(DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}/out/" DESTINATION state)
install(TARGETS x DESTINATION state)
"""


@pytest.mark.parametrize("generator", ["Ninja", "Unix Makefiles"])
def test_what_neither_cmake_nor_the_build_tool_notices(
    backend: Backend, make: None, package: Package, tmp_path: Path, generator: str
) -> None:
    """Packages of the system are replaced by others, whose files are older than the last build."""
    if not shutil.which("pkg-config"):
        pytest.skip("no pkg-config on PATH")
    project, sdk = package("state"), tmp_path / "sdk"
    write(project / "CMakeLists.txt", LOOKED_UP)
    edit(project / "pyproject.toml", "Ninja", generator)
    source = '#include "thing.h"\nint thing(void);\nint x(void) {{ return {}VALUE + thing(); }}\n'
    write(project / "x.c", source.format(""))
    write(project / "template", "")
    past = 1_500_000_000

    def put(path: Path, text: str) -> None:
        nonlocal past
        past -= 1
        os.utime(write(path, text), (past, past))

    def library(text: str) -> None:
        code, archive = write(sdk / "thing.c", f"{text}\n"), sdk / "libthing.a"
        run("cc", "-fPIC", "-c", code, "-o", sdk / "thing.o")
        archive.unlink(missing_ok=True)
        run("ar", "rc", archive, sdk / "thing.o")
        os.utime(archive, (past, past))

    changes: Sequence[Callable[[], object]] = (
        lambda: put(sdk / "thing.h", "#define VALUE 2000\n"),
        lambda: library("int thing(void) { return 3000; }"),
        lambda: put(project / "x.c", source.format("3 * ")),
        lambda: write(sdk / "thing.pc", "Name: t\nDescription: t\nVersion: 2\n"),
        (project / "template").unlink,
        lambda: None,
    )
    put(sdk / "thing.h", "#define VALUE 1\n")
    library("int thing(void) { return 1; }")
    write(sdk / "thing.pc", "Name: t\nDescription: t\nVersion: 1\n")
    backend = backend.with_env(PKG_CONFIG_PATH=str(sdk))
    before = backend.build_wheel(project, out=tmp_path / "first")
    for number, change in enumerate(changes):
        change()
        used = backend.build_wheel(project, out=tmp_path / f"{number}-used")
        (project / CACHE).rename(tmp_path / "aside")
        new = backend.build_wheel(project, out=tmp_path / f"{number}-new")
        shutil.rmtree(project / CACHE)
        (tmp_path / "aside").rename(project / CACHE)
        assert used.path.read_bytes() == new.path.read_bytes()
        is_last = number == len(changes) - 1
        assert is_last is (used.path.read_bytes() == before.path.read_bytes())
        assert is_last is ("configuring afresh" not in used.log)
        before = used
