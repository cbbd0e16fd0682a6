"""What a second build of the same project does again, and what it must do again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Callable

import pytest
from support.backend import Backend, path_of
from support.builds import CommandFailed, find_links, install_and_run, make_venv, pip_wheel, run
from support.hosts import without
from support.projects import edit, write
from support.pythons import MINORS, find_python

Package = Callable[[str], Path]

CODE = "import c_extension; print(c_extension.answer())"
COMPILING = "Building C object"


def make_requirement(directory: Path, version: str, answer: int) -> None:
    """Make the wheel of a package that has a header, and says where, as nanobind does."""
    directory.mkdir(exist_ok=True)
    info = f"answer_header-{version}.dist-info"
    files = {
        "answer_header/__init__.py": "",
        "answer_header/__main__.py": "import os; print(os.path.dirname(os.path.abspath(__file__)))",
        "answer_header/include/answer.h": f"#define ANSWER {answer}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: answer-header\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{place},sha256=of-{version},{len(text)}\n" for place, text in files.items())
    with zipfile.ZipFile(directory / f"answer_header-{version}-py3-none-any.whl", "w") as wheel:
        for place, text in {**files, f"{info}/RECORD": record}.items():
            wheel.writestr(place, text)


@pytest.fixture
def with_requirement(package: Package, tmp_path: Path) -> Path:
    """A project that compiles with a header of a build requirement."""
    project = package("c-extension")
    make_requirement(tmp_path / "links", "1.0", 7)
    edit(
        project / "pyproject.toml",
        'requires = ["py-build-cmake>=1"]',
        'requires = ["py-build-cmake>=1", "answer-header"]',
    )
    edit(
        project / "CMakeLists.txt",
        "install(",
        'execute_process(COMMAND "${Python3_EXECUTABLE}" -m answer_header\n'
        "  OUTPUT_VARIABLE folder OUTPUT_STRIP_TRAILING_WHITESPACE)\n"
        'target_include_directories(_native PRIVATE "${folder}/include")\n'
        "install(",
    )
    source = project / "src" / "_native.c"
    text = source.read_text()
    assert text.count("42") == 1
    source.write_text("#include <answer.h>\n" + text.replace("42", "ANSWER"))
    return project


def build_with_pip(project: Path, python: Path, env: Mapping[str, str]) -> tuple[Path, str]:
    return pip_wheel(project, project / "dist", python=python, env=env)


def build_with_build(project: Path, python: Path, env: Mapping[str, str]) -> tuple[Path, str]:
    log = run(python, "-m", "build", "--wheel", project, env=env)
    return next((project / "dist").glob("*.whl")), log


def build_with_uv(project: Path, python: Path, env: Mapping[str, str]) -> tuple[Path, str]:
    log = run(
        *(sys.executable, "-m", "uv", "build", "--no-config", "--wheel", "--refresh"),
        *("--python", python, project),
        env=env,
    )
    return next((project / "dist").glob("*.whl")), log


@pytest.mark.parametrize("build", [build_with_pip, build_with_build, build_with_uv])
def test_isolated_builds_compile_what_changed_and_nothing_else(
    with_requirement: Path,
    wheelhouse: Path,
    tools: dict[str, str],
    tmp_path: Path,
    build: Callable[[Path, Path, Mapping[str, str]], tuple[Path, str]],
) -> None:
    python = make_venv(tmp_path / "front-end", "build")
    links = tmp_path / "links"
    env = {**tools, **find_links(wheelhouse, links), "UV_CACHE_DIR": str(tmp_path / "uv")}
    _, log = build(with_requirement, python, env)
    assert COMPILING in log
    _, log = build(with_requirement, python, env)
    assert "configure for" in log
    assert COMPILING not in log, log
    assert "Linking" not in log, log
    make_requirement(links, "2.0", 8)
    wheel, log = build(with_requirement, python, env)
    assert COMPILING in log, log
    assert install_and_run(wheel, CODE, tmp_path / "venv").strip() == "8"


def test_flags_toolchains_and_compilers_that_changed_are_noticed(
    backend: Backend, package: Package, tmp_path: Path
) -> None:
    project = package("c-extension")
    compiler = write(tmp_path / "bin" / "mycc", '#!/bin/sh\nexec cc "$@"\n')
    compiler.chmod(0o755)
    mine = backend.with_env(CC=str(compiler))
    mine.build_wheel(project)
    again = mine.build_wheel(project)
    assert "configuring afresh" not in again.log
    assert COMPILING not in again.log
    flags = mine.with_env(CFLAGS="-DUNUSED=1").build_wheel(project)
    assert "configuring afresh: environment variable CFLAGS was None" in flags.log
    assert COMPILING in flags.log
    compiler.write_text('#!/bin/sh\n# upgraded\nexec cc "$@"\n')
    upgraded = mine.with_env(CFLAGS="-DUNUSED=1").build_wheel(project)
    assert f"configuring afresh: the C compiler {compiler} was replaced" in upgraded.log
    assert COMPILING in upgraded.log
    # A moved checkout has another source directory.
    moved = project.rename(tmp_path / "moved")
    log = mine.with_env(CFLAGS="-DUNUSED=1").build_wheel(moved).log
    assert "configuring afresh: CMAKE_HOME_DIRECTORY was" in log


def test_a_configuration_that_failed_can_go_on(backend: Backend, package: Package) -> None:
    project = package("c-extension")
    backend.build_wheel(project)
    lists = project / "CMakeLists.txt"
    text = lists.read_text()
    lists.write_text(text + 'message(FATAL_ERROR "not now")\n')
    shutil.rmtree(project / "dist")
    assert "CMake configuration failed" in backend.refusal(project)
    lists.write_text(text)
    log = backend.build_wheel(project).log
    assert "configuring afresh" not in log
    assert COMPILING not in log


def test_ccache_knows_what_other_checkouts_and_pythons_compiled(
    backend: Backend, package: Package, wheelhouse: Path, tmp_path: Path
) -> None:
    if not shutil.which("ccache"):
        without("no ccache on PATH")
    cached = backend.with_env(CCACHE_DIR=str(tmp_path / "ccache"))
    project = package("versioned-library")
    checkout = shutil.copytree(project, tmp_path / "elsewhere" / "checkout")
    settings = {"override": 'cmake.compiler_launcher="ccache"'}
    cached.build_wheel(project, settings)
    assert _ccache_counts(tmp_path) == (2, 0)
    cached.build_wheel(checkout, settings)
    assert _ccache_counts(tmp_path) == (2, 2)
    # For another Python, the library is the same and the extension module is not.
    others = (find_python(minor) for minor in MINORS if minor != sys.version_info[1])
    other = next(filter(None, others), None)
    if other is None:
        without("there is no second version of Python")
    (wheel,) = wheelhouse.glob("*.whl")
    python = make_venv(tmp_path / "other", wheel, python=other)
    replace(cached, python=python).build_wheel(project, settings)
    assert _ccache_counts(tmp_path) == (3, 3)


def _ccache_counts(directory: Path) -> tuple[int, int]:
    """Return how often a compiler was run, and how often it was not necessary."""
    stats = run("ccache", "--print-stats", env={"CCACHE_DIR": str(directory / "ccache")})
    counts = {name: int(count) for name, count in map(str.split, stats.splitlines())}
    return counts["cache_miss"], counts["direct_cache_hit"] + counts["preprocessed_cache_hit"]


def test_sccache_knows_what_other_checkouts_compiled(
    backend: Backend, package: Package, tmp_path: Path
) -> None:
    """Each build with a server of its own, as on a CI service whose jobs share the storage."""
    sccache = make_venv(tmp_path / "sccache", "sccache").with_name("sccache")
    cached = backend.with_env(
        PATH=path_of(sccache.parent),
        SCCACHE_DIR=str(tmp_path / "storage"),
        SCCACHE_SERVER_PORT="37633",
    )
    project = package("versioned-library")
    checkout = shutil.copytree(project, tmp_path / "elsewhere" / "checkout")
    hits = []
    for directory in (project, checkout):
        try:
            cached.build_wheel(directory, {"override": 'cmake.compiler_launcher="sccache"'})
            shown = run(sccache, "--show-stats", "--stats-format=json", env=cached.env)
            counts = json.loads(shown)["stats"]["cache_hits"]["counts"]
            hits.append(sum(counts.values()))
        finally:
            run(sccache, "--stop-server", env=cached.env)
    assert hits == [0, 2]


def test_distcc_spreads_the_compilers(backend: Backend, package: Package, tmp_path: Path) -> None:
    if not (shutil.which("distccd") and shutil.which("distcc")):
        without("no distcc and distccd on PATH")
    project = package("c-extension")
    lists = project / "CMakeLists.txt"
    sources = [
        write(project / "src" / f"part{n}.c", f"int part{n}(void) {{ return {n}; }}\n")
        for n in range(8)
    ]
    edit(lists, "src/_native.c)", f"src/_native.c {' '.join(str(path) for path in sources)})")
    logs = [tmp_path / f"{port}.log" for port in (37_631, 37_632)]
    daemons = []
    try:
        for log in logs:
            with log.open("wb") as output:
                command = [
                    "distccd",
                    "--daemon",
                    "--no-detach",
                    "--log-stderr",
                    "--user",
                    "distccd",
                ]
                command += ["--listen", "127.0.0.1", "--allow", "127.0.0.1", "--port", log.stem]
                daemons.append(subprocess.Popen(command, stderr=output))
        hosts = " ".join(f"127.0.0.1:{log.stem}/2" for log in logs)
        (tmp_path / "distcc").mkdir()
        spread = backend.with_env(
            DISTCC_HOSTS=hosts, DISTCC_FALLBACK="0", DISTCC_DIR=str(tmp_path / "distcc")
        )
        settings = {"override": ['cmake.compiler_launcher="distcc"', "cmake.jobs=4"]}
        built = spread.build_wheel(project, settings)
    finally:
        for daemon in daemons:
            daemon.terminate()
            daemon.wait()
    assert install_and_run(built.path, CODE, tmp_path / "venv").strip() == "42"
    jobs = [log.read_text(errors="replace").count("COMPILE_OK") for log in logs]
    assert sum(jobs) == 9
    assert min(jobs) > 0


def test_reproducible_builds_do_not_know_where_they_are(
    backend: Backend, package: Package, tmp_path: Path
) -> None:
    project = package("versioned-library")
    source = project / "src" / "answer.c"
    source.write_text(
        source.read_text() + "const char *where(void) { return __FILE__ __TIME__; }\n"
    )
    other = shutil.copytree(project, tmp_path / "a" / "much" / "longer" / "path to it")
    settings = {"override": ["cmake.reproducible=true", 'cmake.build_type="RelWithDebInfo"']}
    previous = os.umask(0o077)
    try:
        second = backend.with_env(LC_ALL="C", TZ="Asia/Tokyo").build_wheel(other, settings)
    finally:
        os.umask(previous)
    first = backend.with_env(TZ="UTC", CMAKE_BUILD_PARALLEL_LEVEL="1").build_wheel(
        project, settings
    )
    assert first.path.read_bytes() == second.path.read_bytes()
    assert not [
        place for place, data in first.wheel.files.items() if str(tmp_path).encode() in data
    ]


def test_reproduce(backend: Backend, package: Package, wheelhouse: Path, tmp_path: Path) -> None:
    project = package("c-extension")
    source = project / "src" / "_native.c"
    source.write_text(source.read_text() + "const char *where(void) { return __FILE__; }\n")
    settings = {"override": "cmake.reproducible=true"}
    same = backend.with_env(SOURCE_DATE_EPOCH="1700000000").build_wheel(project, settings).path
    other = backend.build_wheel(project, out=tmp_path / "other").path
    (wheel,) = wheelhouse.glob("*.whl")
    program = make_venv(tmp_path / "cli", f"{wheel}[cli]").with_name("py-build-cmake")
    command = (program, "--directory", project, "reproduce")
    log = run(*command, same, "-C", "cmake.reproducible=true", env=backend.env)
    assert f"{same.name} is the same, byte by byte" in log
    with pytest.raises(CommandFailed) as failure:
        run(*command, other, env=backend.env)
    assert failure.value.status == 1
    assert f"{other}: is not reproduced: c_extension/_native" in failure.value.log
    assert "a directory is compiled in; `cmake.reproducible` leaves it out" in failure.value.log
