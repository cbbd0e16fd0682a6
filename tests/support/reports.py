"""What is known of compiled files that exist in memory only."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace

from py_build_cmake.verify.finding import FileReport
from py_build_cmake.verify.formats.reading import read_other, read_stream
from py_build_cmake.verify.suffix import is_module_name, may_be_loaded


def reports_of(files: Mapping[str, bytes]) -> list[FileReport]:
    """Describe the files, given by their places in a wheel, as the proof reads them."""
    found = []
    for place, data in files.items():
        binary = read_stream(io.BytesIO(data))
        if binary is None and may_be_loaded(place):
            binary = read_other(data)
        found += [FileReport(place, binary)] if binary else []
    return found


def modules_of(files: Mapping[str, bytes]) -> list[FileReport]:
    """Describe the files as if all that are called like modules had the function of one.

    This is for tests of something else, whose files need not say it.
    """
    return [_as_module(file) for file in reports_of(files)]


def _as_module(file: FileReport) -> FileReport:
    name = file.place.rpartition("/")[2]
    if not is_module_name(name) or file.binary.init_functions or not file.binary.format:
        return file
    init = f"PyInit_{name.partition('.')[0]}"
    return replace(file, binary=replace(file.binary, exports=file.binary.exports | {init}))
