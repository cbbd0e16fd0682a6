"""The proof for a conda package: its compiled files against the platform and Python in its index.

Sources: conda's documentation of the ``.conda`` format (a zip archive with two tar archives that
Zstandard compresses) and of ``index.json``; conda-forge's for ``python_abi`` and ``__osx``.
"""

from __future__ import annotations

import json
import re
import sys
import tarfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..base.errors import Error
from ..base.records import dataclass
from ..platforms.environments.conda import platform_tag_of
from ..platforms.tags import WheelTag
from .contents import WheelReport, check_wheel
from .expectation import Circumstances
from .finding import Code, finding
from .members import (
    MemberError,
    file_chunks,
    open_zip,
    read_member,
    read_text,
    reason,
    unreadable,
)

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from .finding import FileReport, Finding
    from .ignored import Ignored

CONDA_SUFFIX = ".conda"
_LONGEST_INDEX = 16 << 20
# What conda-forge compiles for where a package does not say more.
_OLDEST_MAC = {"macosx_x86_64": "10_13", "macosx_arm64": "11_0"}
_ABI = re.compile(r"python_abi\s+\S+\s+\*_(?:(?P<cp>cp\d+t?)|(?P<abi>pypy(?P<pp>\d+)_pp\d+))")
_PYTHON = re.compile(r"python\s+(?:>=|==?|)3\.(?P<minor>\d+)(?P<rest>.*)")
_STABLE = re.compile(r"cpython\s+>=3\.(?P<minor>\d+)")
_MAC = re.compile(r"__osx\s+>=(?P<major>\d+)(?:\.(?P<minor>\d+))?")


def inspect_conda(path: Path, ignored: Ignored) -> WheelReport:
    """Check the compiled files of a ``.conda`` package.

    The report has the wheel tag that makes the same promises.

    :raises Error: it is not such a package, or the library that reads it is missing.
    """
    try:
        with open_zip(path) as archive:
            package = _CondaPackage.read(archive, path)
            return replace(package.check(archive, ignored), name=path.name)
    except MemberError as e:
        raise unreadable(path, e) from e


@dataclass(frozen=True)
class _CondaPackage:
    """What ``info/index.json`` says: name, version and build as one text; what it depends on."""

    file_name: str
    base_name: str
    subdir: str
    depends: tuple[str, ...]

    @classmethod
    def read(cls, archive: zipfile.ZipFile, path: Path) -> _CondaPackage:
        """Read the index.

        :raises MemberError: it cannot be read.
        :raises Error: the library that reads it is missing.
        """
        for place, chunks in _members(archive, "info-"):
            if place == "info/index.json":
                return cls._parse(read_text(chunks, _LONGEST_INDEX), path)
        raise MemberError("it has no info/index.json")

    @classmethod
    def _parse(cls, data: bytes, path: Path) -> _CondaPackage:
        try:
            index: Mapping[str, Any] = json.loads(data)
            base_name = f"{index['name']}-{index['version']}-{index['build']}"
            requirements = (*index.get("depends", ()), *index.get("constrains", ()))
            return cls(path.name, base_name, str(index["subdir"]), tuple(map(str, requirements)))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as e:
            raise MemberError(f"its info/index.json has no {reason(e)}") from e

    @property
    def tag(self) -> WheelTag | None:
        """The wheel tag that makes the same promises; None for an unknown platform."""
        platform = "any" if self.subdir == "noarch" else platform_tag_of(self.subdir)
        if platform is None:
            return None
        if platform in _OLDEST_MAC:
            platform = platform.replace("_", f"_{self._oldest_mac(platform)}_", 1)
        python, abi = self._python or ("py3", "none")
        return WheelTag((python,), (abi,), (platform,))

    def _oldest_mac(self, platform: str) -> str:
        for text in self.depends:
            if match := _MAC.match(text):
                return f"{match['major']}_{match['minor'] or 0}"
        return _OLDEST_MAC[platform]

    @property
    def _python(self) -> tuple[str, str] | None:
        """The python tag and the ABI tag of the Python that it depends on; None if on none."""
        for pattern in (_ABI, _STABLE, _PYTHON):
            for text in self.depends:
                match = pattern.match(text)
                if not match:
                    continue
                if pattern is _STABLE:
                    return f"cp3{match['minor']}", "abi3"
                if pattern is _PYTHON:
                    # A wider range, such as `python >=3.9` or `>=3.9,<4`, is any Python.
                    next_minor = re.search(r",<3\.(\d+)", match["rest"])
                    is_one = ">=" not in text or (
                        next_minor is not None and int(next_minor[1]) == int(match["minor"]) + 1
                    )
                    one = f"cp3{match['minor']}"
                    return (one, one) if is_one else ("py3", "none")
                if match["abi"]:
                    return f"pp{match['pp']}", match["abi"]
                return match["cp"].rstrip("t"), match["cp"]
        return None

    def check(self, archive: zipfile.ZipFile, ignored: Ignored) -> WheelReport:
        """Read all files, and compare them with what the package promises.

        :raises MemberError: the platform is unknown.
        """
        tag = self.tag
        if tag is None:
            raise MemberError(f"its subdir {self.subdir!r} is not one that this program knows")
        findings: list[Finding] = []
        files, places = self._files(archive, ignored, findings)
        findings += self._check_names(files)
        circumstances = Circumstances(shared_with_packages=True)
        report = check_wheel(tag, files, places=places, circumstances=circumstances)
        findings = [*report.findings, *findings]
        return replace(
            report, findings=(*ignored.notes(ignored.files(places)), *ignored.applied_to(findings))
        )

    def _files(
        self, archive: zipfile.ZipFile, ignored: Ignored, findings: list[Finding]
    ) -> tuple[list[FileReport], list[str]]:
        files: list[FileReport] = []
        places: list[str] = []
        try:
            for place, chunks in _members(archive, "pkg-"):
                places.append(place)
                _, file = read_member(place, chunks, "", is_checked=not ignored.file(place))
                files += [file] if file else []
        except MemberError as e:
            message = f"cannot be unpacked to its end: {e}"
            where = places[-1] if places else self.file_name
            findings.append(finding(Code.DAMAGED_MEMBER, where, message))
        return files, places

    def _check_names(self, files: list[FileReport]) -> Iterator[Finding]:
        if self.file_name != f"{self.base_name}{CONDA_SUFFIX}":
            yield finding(
                Code.OTHER_METADATA,
                "info/index.json",
                f"is about {self.base_name}, which is not the name of the file",
                "a package cannot be renamed: build it again",
            )
        if self._python is None:
            for file in files:
                if file.suffix and file.suffix.python:
                    message = f"is a module for {file.suffix.python}, but no `python` is required"
                    hint = "add python to the host and the run requirements of the recipe"
                    yield finding(Code.NO_PYTHON_REQUIRED, file.place, message, hint)


def _members(archive: zipfile.ZipFile, prefix: str) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yield the place of every file in one of the tar archives, and its contents in parts.

    :raises MemberError: the archive is not there, or damaged.
    :raises Error: the library that reads it is missing.
    """
    open_zstd = _zstd_opener()
    name = next(
        (n for n in archive.namelist() if n.startswith(prefix) and n.endswith(".tar.zst")), None
    )
    if name is None:
        raise MemberError(f"it has no {prefix}*.tar.zst")
    try:
        with (
            archive.open(name) as compressed,
            open_zstd(compressed) as stream,
            tarfile.open(fileobj=stream, mode="r|") as tar,
        ):
            for info in tar:
                file = tar.extractfile(info) if info.isfile() else None
                if file is not None:
                    yield info.name, file_chunks(file)
    except (MemberError, GeneratorExit):
        raise
    except Exception as e:
        # Three libraries are at work, and raise what they like for damaged archives.
        raise MemberError(reason(e)) from e


def _zstd_opener() -> Any:
    """Return what opens a stream that Zstandard compressed.

    :raises Error: the library is missing.
    """
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
    except ImportError as e:
        raise Error(
            "conda packages cannot be read without the library backports.zstd",
            hint="install it, or the extra that has it: pip install 'py-build-cmake[cli]'",
        ) from e
    return zstd.open
