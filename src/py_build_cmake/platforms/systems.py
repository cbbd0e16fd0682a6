"""What a platform tag says about the operating system and the architecture.

Sources: the platform compatibility tags specification; PEP 513, 571, 599 and 600 (manylinux),
656 (musllinux), 730 (iOS), 738 (Android), 776 and 783 (Emscripten).
"""

from __future__ import annotations

import re

_SYSTEMS = (
    ("linux", r"(?:linux|manylinux(?:1|2010|2014|_\d+_\d+)|musllinux_\d+_\d+)_(\w+)"),
    ("windows", r"win_?(\w+)"),
    ("mac", r"macosx_\d+_\d+_(\w+)"),
    ("android", r"android_\d+_(\w+)"),
    ("ios", r"ios_\d+_\d+_(\w+)_iphone(?:os|simulator)"),
    ("pyodide", r"(?:pyodide|emscripten|pyemscripten)_\d+(?:_\d+)*_(\w+)"),
)
_CMAKE_SYSTEMS = {
    **{"linux": "Linux", "mac": "Darwin", "android": "Android", "ios": "iOS"},
    **{"pyodide": "Emscripten", "freebsd": "FreeBSD", "openbsd": "OpenBSD", "netbsd": "NetBSD"},
}
_ARCHITECTURES = {
    **dict.fromkeys(("amd64", "x64"), "x86_64"),
    **dict.fromkeys(("arm64", "arm64_v8a"), "aarch64"),
    **dict.fromkeys(("x86", "i386", "32"), "i686"),
    **dict.fromkeys(("armeabi_v7a", "arm32"), "armv7l"),
}


def split_platform_tag(tag: str) -> tuple[str, str]:
    """Return the name of the OS table for a platform tag, and the architecture that it names.

    For systems that have no table, it is the first word of the tag.
    """
    for system, pattern in _SYSTEMS:
        if match := re.fullmatch(pattern, tag):
            return system, match[1]
    # FreeBSD and the like, which have no specification.
    system, _, rest = tag.partition("_")
    return system, rest.rpartition("_")[2]


def common_architecture(name: str) -> str:
    """Return the name that an architecture has on Linux, whatever others call it."""
    return _ARCHITECTURES.get(name, name)


def kind_of_platform(tag: str) -> tuple[str, str]:
    """Return system and architecture of a platform tag, as far as a SOABI tells them apart."""
    system, architecture = split_platform_tag(tag)
    name = common_architecture(architecture)
    return system, "arm" if name.startswith("armv") else name


def cmake_system(tag: str) -> tuple[str, str]:
    """Return what CMake calls the system and the processor of a platform tag.

    Source: the documentation of ``CMAKE_SYSTEM_NAME`` and of ``CMAKE_SYSTEM_PROCESSOR``, which is
    the name that the system itself has for the processor.
    """
    system, architecture = split_platform_tag(tag)
    if system == "windows":
        return "Windows", {"amd64": "AMD64", "32": "x86", "arm64": "ARM64"}.get(
            architecture, architecture
        )
    return _CMAKE_SYSTEMS.get(system, system), architecture
