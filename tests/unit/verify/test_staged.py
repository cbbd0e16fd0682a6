"""The proof before a wheel is packed, through the backend, with a runner in the place of CMake."""

from __future__ import annotations

import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from support import compiled as c
from support.fake_cmake import FakeCMake
from support.machines import LINUX_CP311

from py_build_cmake.base.console import Console
from py_build_cmake.base.errors import ConfigError, WheelError
from py_build_cmake.building import wheel as backend
from py_build_cmake.building.session import Session
from py_build_cmake.config.settings import parse_config_settings

PYPROJECT = """
[project]
name = "pkg"
version = "1.0"
[tool.py-build-cmake.cmake]
[tool.py-build-cmake.wheel]
"""
MODULE = "pkg/_m.cpython-311-x86_64-linux-gnu.so"
AUTO = 'platform_tag = "auto"\n'


def glibc(version: str, **options: str) -> bytes:
    needs = {"libc.so.6": [f"GLIBC_{version}"]}
    inits = ["PyInit__m", "PyInit_x"]
    return c.elf(c.X86_64, needed=["libc.so.6"], versions=needs, exports=inits, **options)  # type: ignore[arg-type]


@pytest.fixture
def session(tmp_path: Path) -> Session:
    root, programs = tmp_path / "project", tmp_path / "bin"
    (root / "pkg").mkdir(parents=True)
    (root / "pkg" / "__init__.py").write_text('"""A package."""\n')
    (root / "CMakeLists.txt").touch()
    programs.mkdir()
    for name in ("cmake", "make"):
        (programs / name).write_text("#!/bin/sh\necho cmake version 3.25.1\n")
        (programs / name).chmod(0o755)
    machine = replace(LINUX_CP311, environ={"PATH": str(programs)})
    files = {MODULE: glibc("2.14")}
    return Session(root, parse_config_settings({}, {}), machine, Console(), FakeCMake(files))


def configure(session: Session, wheel: str, more: str = "") -> None:
    (session.project_dir / "pyproject.toml").write_text(PYPROJECT + wheel + more)


def build(session: Session, announced: Path | None = None) -> str:
    return backend.build_wheel(session, session.project_dir / "dist", announced)


def test_contents(session: Session) -> None:
    configure(session, 'expect = ["pkg/_m.*.so"]\nforbid = ["*.pdb"]\n')
    assert build(session)


@pytest.mark.parametrize(
    ("wheel", "message"),
    [
        ('expect = ["*.pyi"]\n', "`wheel.expect`: nothing in the wheel matches '*.pyi'"),
        ('forbid = ["*.so"]\n', f"{MODULE}: must not be in the wheel"),
        # Whoever asks for it wants it.
        ('verify = "off"\nforbid = ["*.so"]\n', "must not be in the wheel"),
        ('verify = "warn"\nexpect = ["*.pyi"]\n', "nothing in the wheel matches"),
    ],
)
def test_wrong_contents(session: Session, wheel: str, message: str) -> None:
    configure(session, wheel)
    with pytest.raises(WheelError) as e:
        build(session)
    assert message in str(e.value)


def test_many_files_with_the_same_problem_are_one(session: Session) -> None:
    configure(session, "")
    cmake = FakeCMake({f"pkg/x{number}.so": c.elf(c.AARCH64) for number in range(12)})
    with pytest.raises(WheelError) as e:
        build(replace(session, runner=cmake))
    problem, advice = e.value.problems
    assert problem.where.startswith("pkg/x0.so, pkg/x1.so, ")
    assert problem.where.endswith(", and 4 more")
    assert "broken on linux_x86_64" in advice.message


@pytest.mark.parametrize(("rpath", "is_reported"), [("/opt/lib", True), ("$ORIGIN", False)])
def test_rpath_to_a_fixed_place(
    session: Session, capsys: pytest.CaptureFixture[str], rpath: str, is_reported: bool
) -> None:
    configure(session, "")
    build(replace(session, runner=FakeCMake({MODULE: glibc("2.14", rpath=rpath)})))
    assert ("warning: pkg/_m" in capsys.readouterr().err) is is_reported


def test_rpath_into_the_project(session: Session) -> None:
    configure(session, "")
    module = glibc("2.14", rpath=f"{session.project_dir}/build")
    with pytest.raises(WheelError, match="not there on other machines"):
        build(replace(session, runner=FakeCMake({MODULE: module})))


def test_external_libraries(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    needed = ["libcuda.so.1", "libc.so.6"]
    module = c.elf(c.X86_64, needed=needed, exports=["PyInit__m"])
    configure(session, 'platform_tag = "manylinux_2_28_x86_64"\n')
    with pytest.raises(WheelError, match=r"needs libcuda\.so\.1, which is neither"):
        build(replace(session, runner=FakeCMake({MODULE: module})))
    table = 'platform_tag = "auto"\nexternal_libraries = ["libcuda.so.*"]\n'
    configure(session, table)
    assert "manylinux_2_5_x86_64" in build(replace(session, runner=FakeCMake({MODULE: module})))
    assert "needs libcuda.so.1 from elsewhere" in capsys.readouterr().out


def test_warnings_need_no_permission(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    configure(session, 'verify = "off"\n')
    build(replace(session, runner=FakeCMake({"pkg/x.abi3.so": glibc("2.14")})))
    assert capsys.readouterr().err == ""
    configure(session, "")
    build(replace(session, runner=FakeCMake({"pkg/x.abi3.so": glibc("2.14")})))
    assert "warning: pkg/x.abi3.so: its suffix" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("wheel", "tag"),
    [
        (AUTO, "cp311-cp311-manylinux_2_14_x86_64"),
        (AUTO + 'verify = "off"\n', "cp311-cp311-manylinux_2_14_x86_64"),
        (
            AUTO + 'python_tag = "cp311"\npython_abi = "none"\n',
            "cp311-none-manylinux_2_14_x86_64",
        ),
        (
            'platform_tag = ["auto", "linux_x86_64"]\n',
            "cp311-cp311-manylinux_2_14_x86_64.linux_x86_64",
        ),
        ('platform_tag = "guess"\n', "cp311-cp311-linux_x86_64"),
    ],
)
def test_the_tag_is_found_out(
    session: Session, tmp_path: Path, capsys: pytest.CaptureFixture[str], wheel: str, tag: str
) -> None:
    configure(session, wheel)
    name = backend.announce_metadata(session, tmp_path)
    announced = tmp_path / name
    assert build(session, announced) == f"pkg-1.0-{tag}.whl"
    with zipfile.ZipFile(session.project_dir / "dist" / f"pkg-1.0-{tag}.whl") as archive:
        assert archive.read(f"{name}/WHEEL") == (announced / "WHEEL").read_bytes()
        tags = archive.read(f"{name}/WHEEL").decode().split("Tag: ")[1:]
    python, abi, platforms = tag.split("-")
    assert [t.strip() for t in tags] == [f"{python}-{abi}-{p}" for p in platforms.split(".")]
    said = capsys.readouterr().out
    assert (f"platform tag: manylinux_2_14_x86_64 ({MODULE} needs that)" in said) == (
        "auto" in wheel
    )


STABLE = "pkg/_m.abi3.so"


@pytest.mark.parametrize(
    ("more", "symbols", "tag"),
    [
        ("", ["PyLong_FromLong", "PyType_FromModuleAndSpec"], "cp310-abi3"),
        ('verify = "off"\n', ["PyType_FromModuleAndSpec"], "cp310-abi3"),
        ("", [], "cp32-abi3"),
        ("abi3_minimum_cpython_version = 311\n", ["PyLong_FromLong"], "cp311-abi3"),
        ('python_tag = ["cp39"]\n', ["PyLong_FromLong"], "cp39-abi3"),
    ],
)
def test_the_oldest_cpython_is_found_out(
    session: Session, capsys: pytest.CaptureFixture[str], more: str, symbols: list[str], tag: str
) -> None:
    configure(session, f'python_abi = "abi3"\n{more}')
    session = replace(session, runner=FakeCMake({STABLE: glibc("2.14", imports=symbols)}))
    directory = session.project_dir / "metadata"
    directory.mkdir()
    announced = directory / backend.announce_metadata(session, directory)
    assert build(session, announced) == f"pkg-1.0-{tag}-linux_x86_64.whl"
    is_found_out = "python_tag" not in more and "minimum" not in more
    said = f"python tag: {tag.partition('-')[0]} (the stable ABI that is used)"
    assert (said in capsys.readouterr().out) is is_found_out


def test_a_lower_stable_abi_than_is_used(session: Session) -> None:
    configure(session, 'python_abi = "abi3"\nabi3_minimum_cpython_version = 39\n')
    module = glibc("2.14", imports=["PyType_FromModuleAndSpec", "PyType_GetModule"])
    with pytest.raises(WheelError) as e:
        build(replace(session, runner=FakeCMake({STABLE: module})))
    assert "which the stable ABI has from CPython 3.10 on" in str(e.value)
    assert "set it to 310" in str(e.value)


def test_the_build_directory_does_not_depend_on_the_tag(session: Session) -> None:
    configure(session, AUTO)
    for version in ("2.14", "2.34"):
        build(replace(session, runner=FakeCMake({MODULE: glibc(version)})))
    cache = session.project_dir / ".py-build-cmake_cache"
    assert [path.name for path in cache.iterdir() if path.is_dir()] == ["cp311-cp311-linux_x86_64"]


def test_what_was_announced_binds(session: Session, tmp_path: Path) -> None:
    """A build that is not the one before must not change the announced tag."""
    configure(session, AUTO)
    announced = tmp_path / backend.announce_metadata(session, tmp_path)
    with pytest.raises(WheelError, match="WHEEL is not what was announced"):
        build(replace(session, runner=FakeCMake({MODULE: glibc("2.34")})), announced)


def test_the_tag_of_a_cross_build_is_found_out(session: Session) -> None:
    configure(session, AUTO, '[tool.py-build-cmake.cross]\narch = "linux_aarch64"\n')
    needs = {"libc.so.6": ["GLIBC_2.28"]}
    module = c.elf(c.AARCH64, needed=["libc.so.6"], versions=needs, exports=["PyInit__m"])
    cmake = FakeCMake({"pkg/_m.cpython-311-aarch64-linux-gnu.so": module})
    assert build(replace(session, runner=cmake)).endswith("-manylinux_2_28_aarch64.whl")


def test_a_pure_wheel_has_no_tag_to_find_out(session: Session) -> None:
    configure(session, AUTO + "pure_python = true\n")
    cmake = FakeCMake({"pkg/data.txt": b"x"})
    assert build(replace(session, runner=cmake)) == "pkg-1.0-py3-none-any.whl"
    cmake = FakeCMake({"pkg/x.so": glibc("2.14")})
    with pytest.raises(WheelError, match="promises to work on every machine"):
        build(replace(session, runner=cmake))


def test_kinds_of_findings_can_be_ignored(
    session: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(session, 'verify_ignore = ["wrong-machine", "firmware/"]\n')
    files = {MODULE: glibc("2.14"), "pkg/x": c.elf(c.AARCH64), "firmware/y": c.elf(c.AARCH64)}
    build(replace(session, runner=FakeCMake(files)))
    said = capsys.readouterr()
    assert "pkg/x: is ELF for aarch64" in said.out
    assert "[wrong-machine]" in said.out
    assert "firmware/y: was not checked" in said.out


def test_a_code_that_there_is_not(session: Session) -> None:
    configure(session, 'verify_ignore = ["wrong-machin", "no-file"]\n')
    with pytest.raises(ConfigError, match="did you mean 'wrong-machine'"):
        build(session)
    configure(session, 'verify_ignore = ["no-file"]\n')
    build(replace(session, runner=FakeCMake({MODULE: glibc("2.14"), "pkg/no-file": b""})))


WRONG_NAMES = {
    "pkg-1.0.data/bin/tool": "unknown-scheme",
    "pkg-1.0.data/tool": "file-in-data",
    "pkg-1.1.data/scripts/tool": "wrong-data-directory",
    "Pkg-1.0.data/scripts/tool": "wrong-data-directory",
    "other-1.0.dist-info/LICENSE": "several-dist-info",
    "Pkg-1.0.dist-info/LICENSE": "several-dist-info",
    "pkg-1.0.dist-info/RECORD": "duplicate-name",
    "pkg-1.0.dist-info/INSTALLER": "installer-file",
    "pkg/__INIT__.py": "names-differ-in-case",
    "pkg/a\\b.txt": "backslash-in-name",
    "pkg/a\tb.txt": "impossible-name",
    "c:x.txt": "unsafe-name",
}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
@pytest.mark.parametrize("verify", ["error", "warn", "off"])
@pytest.mark.parametrize(("place", "code"), WRONG_NAMES.items(), ids=map(ascii, WRONG_NAMES))
def test_names_that_no_wheel_may_have(session: Session, place: str, code: str, verify: str) -> None:
    configure(session, f'verify = "{verify}"\n')
    with pytest.raises(WheelError) as e:
        build(replace(session, runner=FakeCMake({place: b""})))
    assert f"[{code}]" in str(e.value)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
def test_all_wrong_names_are_reported_together(session: Session) -> None:
    configure(session, 'expect = ["*.pyi"]\n')
    with pytest.raises(WheelError) as e:
        build(replace(session, runner=FakeCMake(dict.fromkeys(WRONG_NAMES, b""))))
    for code in set(WRONG_NAMES.values()):
        assert f"[{code}]" in str(e.value)
    assert "nothing in the wheel matches '*.pyi'" in str(e.value)


def test_where_the_project_may_install_its_modules(session: Session) -> None:
    configure(session, "")
    suffix = ".cpython-311-x86_64-linux-gnu.so"
    with pytest.raises(WheelError) as e:
        build(replace(session, runner=FakeCMake({f"_m{suffix}": glibc("2.14"), "lib/x.h": b""})))
    assert f"_m{suffix}: is installed as the module _m of its own" in str(e.value)
    assert "lib/x.h: is installed as site-packages/lib/x.h" in str(e.value)
    configure(session, 'verify_ignore = ["misplaced-file"]\n')
    assert build(replace(session, runner=FakeCMake({f"_m{suffix}": glibc("2.14")})))
    configure(session, "", '[tool.py-build-cmake.module]\nname = "_m"\ngenerated = "module"\n')
    assert build(replace(session, runner=FakeCMake({f"_m{suffix}": glibc("2.14")})))


def test_the_host_has_the_suffix_that_it_says(session: Session) -> None:
    """Under a plain Linux tag: others stand for hosts of which the suffixes are known."""
    module = "pkg/_m.cpython-311-own.so"
    session = replace(session, machine=replace(session.machine, soabi="cpython-311-own"))
    session = replace(session, runner=FakeCMake({module: glibc("2.14")}))
    configure(session, "")
    assert build(session)
    configure(session, 'platform_tag = "manylinux_2_28_x86_64"\n')
    with pytest.raises(WheelError, match="its suffix is"):
        build(session)
