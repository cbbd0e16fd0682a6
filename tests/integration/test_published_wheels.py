"""Published wheels of all platforms: accepted as they are, and refused where they are doctored.

They are 400 MB, so somebody has to ask for them with ``PY_BUILD_CMAKE_TEST_PUBLISHED=1``.
"""

from __future__ import annotations

import io
import json
import os
import random
import re
import shutil
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from support.builds import run
from support.published import fetch, listed

from py_build_cmake.platforms.tags import WheelTag
from py_build_cmake.verify.contents import check_wheel
from py_build_cmake.verify.finding import FileReport
from py_build_cmake.verify.formats.reading import read_binary, read_stream
from py_build_cmake.verify.formats.report import LIBRARY
from py_build_cmake.verify.inspect import inspect_wheel

IS_WANTED = os.environ.get("PY_BUILD_CMAKE_TEST_PUBLISHED") == "1"
pytestmark = pytest.mark.skipif(not IS_WANTED, reason="PY_BUILD_CMAKE_TEST_PUBLISHED is not 1")

# Otherwise there is one test for all of them, which is skipped.
WHEELS = {wheel.name: wheel for wheel in listed()} if IS_WANTED else {}
# What is refused, and why that is right: the beginning of the name, the codes, the reason.
REFUSED = (
    (
        "cryptography-46.0.3-pp311-pypy311_pp73-macosx_10_9",
        {"newer-system"},
        "Its module is for macOS 10.13, its tag promises 10.9.",
    ),
    (
        "protobuf-7.36.2-cp310-abi3-macosx_10_9",
        {"newer-system"},
        "Its module is for macOS 12.0, its tag promises 10.9.",
    ),
    (
        "debugpy-1.8.22-cp312-cp312-win_amd64",
        {"missing-library", "wrong-machine"},
        "Some of its DLLs are for 32-bit programs that are debugged, and others need the C++"
        " runtime, which not every Windows has.",
    ),
    (
        "numba-0.68.1-cp312-cp312-manylinux",
        {"missing-library"},
        "Two optional modules need libgomp and libtbb of the system.",
    ),
    (
        "pyqt6-6.12.0-",
        {"missing-library"},
        "Its Qt is in another wheel, PyQt6-Qt6; a project says so in wheel.external_libraries.",
    ),
    (
        "pywin32-312-",
        {"missing-library"},
        "Its editor needs the library MFC, which not every Windows has.",
    ),
)


@pytest.fixture(scope="module")
def files() -> Mapping[str, Path]:
    return fetch(WHEELS.values())


def expected(name: str) -> set[str]:
    return next((codes for start, codes, _ in REFUSED if name.startswith(start)), set())


@pytest.mark.parametrize("name", WHEELS)
def test_published_wheels(files: Mapping[str, Path], name: str) -> None:
    report = inspect_wheel(files[name])
    errors = {f.code.text: str(f.shown) for f in report.findings if f.is_error}
    assert set(errors) == expected(name), errors
    assert report.files


def test_every_reason_is_needed() -> None:
    for start, _, reason in REFUSED:
        assert any(name.startswith(start) for name in WHEELS), start
        assert reason.endswith(".")


def rewritten(path: Path, target: Path, leaves_out: Callable[[str], bool]) -> bool:
    """Copy a wheel without some files; return whether there was anything to leave out."""
    is_changed = False
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as copy:
        for info in source.infolist():
            if leaves_out(info.filename):
                is_changed = True
            else:
                copy.writestr(info, source.read(info), compresslevel=1)
    return is_changed


def renamed(name: str, **parts: str) -> str:
    """Return the name of a wheel with another python, ABI or platform tag."""
    *rest, python, abi, platform = name.removesuffix(".whl").split("-")
    tag = {"python": python, "abi": abi, "platform": platform, **parts}
    return "-".join([*rest, tag["python"], tag["abi"], tag["platform"]]) + ".whl"


def has_library(name: str) -> bool:
    return re.search(r"[^/]+\.libs/.|\.dylibs/.", name) is not None


@pytest.mark.parametrize("name", WHEELS)
def test_doctored_wheels(files: Mapping[str, Path], tmp_path: Path, name: str) -> None:
    """A wheel whose tag is another one, or whose libraries are left out, is refused."""
    cases: dict[str, str] = {}
    *_, python, abi, platform = name.removesuffix(".whl").split("-")
    other = "x86_64" if "s390x" in platform else "s390x"
    cases[renamed(name, platform=f"manylinux_2_28_{other}")] = "wrong-machine"
    cases[renamed(name, python="py3", abi="none", platform="any")] = "binary-in-any-wheel"
    has_suffix = any(
        file.suffix and file.suffix.python for file in inspect_wheel(files[name]).files
    )
    if python == abi and has_suffix:
        cases[renamed(name, python="cp37", abi="cp37m")] = "wrong-suffix"
    for number, (changed, code) in enumerate(cases.items()):
        target = tmp_path / str(number) / changed
        target.parent.mkdir()
        target.symlink_to(files[name])
        found = inspect_wheel(target, allow_unknown_tags=True).findings
        assert code in {f.code.text for f in found if f.is_error}, changed
    target = tmp_path / name
    if rewritten(files[name], target, has_library):
        found = inspect_wheel(target).findings
        assert "missing-library" in {f.code.text for f in found if f.is_error}


@pytest.mark.parametrize("name", WHEELS)
def test_no_byte_makes_a_traceback(files: Mapping[str, Path], name: str) -> None:
    """Bytes are changed where headers and tables are, and anywhere."""
    choose = random.Random(name)
    *_, python, abi, platform = name.removesuffix(".whl").split("-")
    tag = WheelTag.parse(f"{python}-{abi}-{platform}")
    with zipfile.ZipFile(files[name]) as archive:
        contents = {
            info.filename: archive.read(info)
            for info in archive.infolist()
            if info.filename.endswith((".so", ".pyd", ".dll", ".dylib"))
            and info.file_size < 4 << 20
        }
    reports = {
        place: report
        for place, data in contents.items()
        if (report := read_stream(io.BytesIO(data)))
    }
    for _ in range(20 if reports else 0):
        place = choose.choice(sorted(reports))
        data = bytearray(contents[place])
        end = choose.choice([64, 1024, len(data)])
        data[choose.randrange(min(end, len(data)))] = choose.randrange(256)
        changed = read_stream(io.BytesIO(bytes(data)))
        binaries = {**reports, **({place: changed} if changed else {})}
        files_read = [FileReport(place, binary) for place, binary in binaries.items()]
        for finding in check_wheel(tag, files_read, places=contents).findings:
            assert str(finding.shown)


# What V8 says of a WebAssembly module.
_ASK_NODE = """
const fs = require("fs");
for (const path of process.argv.slice(1)) {
    const module = new WebAssembly.Module(fs.readFileSync(path));
    const names = WebAssembly.Module.exports(module).map((item) => item.name);
    const isDynamic = WebAssembly.Module.customSections(module, "dylink.0").length > 0;
    console.log(JSON.stringify({ names, isDynamic }));
}
"""


@pytest.mark.parametrize("name", [name for name in WHEELS if "wasm32" in name])
def test_webassembly_is_what_node_says(
    files: Mapping[str, Path], tmp_path: Path, name: str
) -> None:
    if not shutil.which("node"):
        pytest.skip("no node on PATH")
    with zipfile.ZipFile(files[name]) as archive:
        archive.extractall(tmp_path)
    paths = sorted(tmp_path.rglob("*.so"))
    for path, line in zip(paths, run("node", "-e", _ASK_NODE, *paths).splitlines()):
        said = json.loads(line)
        report = read_binary(path)
        assert report is not None
        assert report.exports == set(said["names"])
        assert (report.kind == LIBRARY) is said["isDynamic"]
    assert len(paths) > 5
