#!/usr/bin/env python3
"""Record which symbols there are: in libraries of Linux, and in CPython's stable ABI.

    python tests/support/record_symbols.py musl  (or glibc, zlib, expat)
    python tests/support/record_symbols.py stable-abi

writes the tables in ``src/py_build_cmake/verify/loader/data``, and that of the stable ABI in
``src/py_build_cmake/platforms/data``. The first form reads the libraries
in packages of Debian for several architectures, on a machine with apt; the other reads the
package ``abi3info`` of this environment, which is made from CPython's
``Misc/stable_abi.toml``.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "examples" / "sysroots")]

import host_python  # noqa: E402

from py_build_cmake.verify.formats.reading import read_binary  # noqa: E402

PACKAGE = ROOT / "src" / "py_build_cmake"
DATA = PACKAGE / "verify" / "loader" / "data"
STABLE_ABI = PACKAGE / "platforms" / "data" / "stable_abi.txt"
# What every Python is linked to: libm, and what were libraries of their own before glibc 2.34.
_PACKAGES = {"musl": "musl", "glibc": "libc6", "zlib": "zlib1g", "expat": "libexpat1"}
_LIBRARIES = {
    "zlib1g": ("libz.so.1*",),
    "libexpat1": ("libexpat.so.1*",),
    "musl": ("libc.so", "libc.musl-*.so.1"),
    "libc6": (
        *("libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1"),
        *("libutil.so.1", "ld-linux*.so.*", "ld*.so.[12]"),
    ),
}
# Versions of symbols are symbols, too.
_VERSION = re.compile(r"(?:GLIBC|GCC|ZLIB)_\d")
# Only in Pythons for debugging, and never in those that wheels are for.
_OF_DEBUGGING = {"Py_REF_DEBUG", "Py_TRACE_REFS", "USE_STACKCHECK"}


def exported(
    package: str, suites: Iterable[str], architectures: Iterable[str]
) -> tuple[list[str], list[str]]:
    """Return what the libraries of a Debian package export, and the files that were read.

    Of an architecture, the packages of all suites are read that have it: versions differ. What
    musl 1.2.4 no longer exports for linkers, such as `stat64`, its loader resolves all the same.
    """
    names: set[str] = set()
    packages: list[str] = []
    for architecture in map(host_python.find_architecture, architectures):
        own = []
        for suite in suites:
            with tempfile.TemporaryDirectory() as directory:
                scratch = Path(directory)
                try:
                    own += _unpacked(architecture, package, suite, scratch)
                except host_python.Unavailable as e:
                    print(f"{architecture.name}, {suite}: {e}")
                    continue
                for library in _find(scratch / "root", _LIBRARIES[package]):
                    report = read_binary(library)
                    if report:
                        # Also those that are found by their old version only.
                        names |= report.exports | {name for name, _ in report.versioned_exports}
        if not own:
            raise SystemExit(f"no {package} for {architecture.name}")
        packages += own
    return sorted(name for name in names if not _VERSION.match(name)), packages


def _unpacked(
    architecture: host_python.Architecture, package: str, suite: str, scratch: Path
) -> list[str]:
    """Unpack a package below ``root``, and return the name of its file."""
    files = host_python.download(architecture, [package], suite=suite, directory=scratch / "apt")
    own = [path for path in files if path.name.startswith(f"{package}_")]
    host_python.unpack_packages(own, scratch / "root")
    return [path.name for path in own]


def _find(root: Path, patterns: Iterable[str]) -> Iterator[Path]:
    for pattern in patterns:
        yield from (p for p in sorted(root.rglob(pattern)) if p.is_file() and not p.is_symlink())


def stable_abi() -> Iterator[str]:
    """Yield the functions and data of the stable ABI with the version that first had them."""
    info: Any = importlib.import_module("abi3info")
    for symbol, item in sorted(
        {**info.FUNCTIONS, **info.DATAS}.items(), key=lambda pair: str(pair[0].name)
    ):
        if item.ifdef is None or item.ifdef.name not in _OF_DEBUGGING:
            yield f"{symbol.name} {item.added.major}.{item.added.minor}"


def write(path: Path, comment: Iterable[str], lines: Iterable[str]) -> None:
    """Write a table."""
    text = "".join(f"# {line}\n" for line in comment) + "".join(f"{line}\n" for line in lines)
    path.write_text(text, encoding="utf-8")
    print(f"{path.name}: {text.count(chr(10))} lines")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", choices=(*_PACKAGES, "stable-abi"))
    parser.add_argument("--suites", nargs="+", default=["bookworm", "trixie"], help="of Debian")
    parser.add_argument("--architectures", nargs="+", default=list(host_python.ARCHITECTURES))
    arguments = parser.parse_args()
    made = "Made by tests/support/record_symbols.py."
    if arguments.table == "stable-abi":
        version = importlib.metadata.version("abi3info")
        source = f"abi3info {version} (MIT), made from Misc/stable_abi.toml of CPython (PSF-2.0)."
        what = "Functions and data of CPython's stable ABI, and the version that first had them."
        write(STABLE_ABI, (what, f"Source: {source}", made), stable_abi())
        return
    package = _PACKAGES[arguments.table]
    names, packages = exported(package, arguments.suites, arguments.architectures)
    what = f"Names that {arguments.table} exports, on one or several architectures."
    source = f"Debian's packages {', '.join(packages)}."
    write(DATA / f"{arguments.table}.txt", (what, f"Source: {source}", made), names)


if __name__ == "__main__":
    main()
