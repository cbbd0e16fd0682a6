"""Signatures of files for macOS."""

from __future__ import annotations

import io

import pytest
from support import compiled as c

from py_build_cmake.platforms.tags import WheelTag
from py_build_cmake.verify.contents import check_wheel
from py_build_cmake.verify.finding import FileReport
from py_build_cmake.verify.formats.reading import read_stream

NEWER = {"platforms": [(1, 11, 0)], "exports": ["PyInit_m"]}


def findings(data: bytes, tag: str = "macosx_11_0_arm64") -> dict[str, str]:
    """Return the severities of what is found in a wheel with one module, by codes."""
    binary = read_stream(io.BytesIO(data))
    assert binary is not None
    file = FileReport("m.cpython-312-darwin.so", binary)
    report = check_wheel(WheelTag.parse(f"cp312-cp312-{tag}"), [file])
    return {f.code.text: f.severity.value for f in report.findings}


def test_a_signed_file() -> None:
    # Of more than one page.
    data = c.mach(c.MAC_ARM64, platforms=[(1, 11, 0)], exports=[f"PyInit_m{n}" for n in range(99)])
    assert len(data) > 4096
    assert findings(data).keys() == {"no-init-function"}
    assert findings(c.mach(c.MAC_ARM64, **NEWER)) == {}


def test_no_signature() -> None:
    data = c.mach(c.MAC_ARM64, is_signed=False, **NEWER)
    assert findings(data) == {"not-signed": "error"}
    assert findings(c.mach(c.MAC_X86_64, **NEWER), "macosx_11_0_x86_64") == {}
    # In one of the slices, which the wheel has to be for.
    both = c.fat_mach([c.MAC_ARM64, c.MAC_X86_64], slices=[data, c.mach(c.MAC_X86_64, **NEWER)])
    assert findings(both, "macosx_11_0_universal2") == {"not-signed": "error"}
    assert findings(both, "macosx_11_0_x86_64") == {}


@pytest.mark.parametrize(("machine", "severity"), [("arm64", "error"), ("x86_64", "warning")])
def test_a_changed_file(machine: str, severity: str) -> None:
    cpu = {"arm64": c.MAC_ARM64, "x86_64": c.MAC_X86_64}[machine]
    data = c.mach(cpu, is_signed=True, changed=1, **NEWER)
    assert findings(data, f"macosx_11_0_{machine}") == {"wrong-signature": severity}


def test_signatures_of_other_forms() -> None:
    data = c.mach(c.MAC_ARM64, **NEWER)
    at = data.index(b"\xfa\xde\x0c\xc0")
    # No signature at all, none with hashes, one with hashes that nobody knows.
    for offset, byte, severity in ((3, 1, "error"), (19, 0xFF, "error"), (20 + 37, 9, "warning")):
        changed = bytearray(data)
        changed[at + offset] = byte
        found = findings(bytes(changed))
        assert found.get("wrong-signature") == severity or "damaged-binary" in found
