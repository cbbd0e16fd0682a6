"""The NumPy of the host system's Python, whose headers extension modules are compiled against.

All of NumPy's headers but one are the same everywhere; ``_numpyconfig.h`` has the sizes of types
of the machine that NumPy was compiled for. Nothing of it is executed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..base.records import dataclass

if TYPE_CHECKING:
    from pathlib import Path

# From NumPy 2.0 on, and before.
_PACKAGES = ("_core", "core")
_DISTRIBUTION = re.compile(r"numpy-(\d[^-]*)(?:-py3[\d.]*)?\.(?:dist|egg)-info", re.IGNORECASE)
_VERSION = re.compile(
    r"""^\s*["']?(?:full_version|short_version|version)["']?\s*[=:]\s*["'](\d[^"']*)["']""",
    re.MULTILINE,
)


@dataclass(frozen=True)
class HostNumPy:
    """NumPy's headers and version; or, without ``include_dir``, the ``problem`` with them."""

    include_dir: Path | None
    version: str = ""
    problem: str = ""


def find_numpy(site_packages: Path | None, soabi: str) -> HostNumPy:
    """Return the NumPy in a directory of packages for the Python with ``soabi``.

    A NumPy for another Python or another machine is a problem, not an answer.
    """
    if site_packages is None:
        return _problem(
            "the NumPy of the build machine has headers for the build machine; name the directory"
            " with the host system's NumPy in `cross.site_packages`"
        )
    package = site_packages / "numpy"
    for name in _PACKAGES:
        include_dir = package / name / "include"
        if (include_dir / "numpy" / "arrayobject.h").is_file():
            return _checked(include_dir, package, soabi)
    return _problem(
        f"`cross.site_packages` has no NumPy: there is no numpy/_core/include/numpy/arrayobject.h"
        f" and no numpy/core/include/numpy/arrayobject.h in {site_packages}"
    )


def _checked(include_dir: Path, package: Path, soabi: str) -> HostNumPy:
    # The module that every NumPy has; headers alone have none, and may be enough.
    modules = sorted(include_dir.parent.glob("_multiarray_umath.*"))
    modules = [path for path in modules if path.suffix in (".so", ".pyd")]
    if modules and soabi and not any(f".{soabi}." in path.name for path in modules):
        return _problem(
            f"the NumPy in `cross.site_packages` is not for the host system's Python: {modules[0]}"
            f" does not end with .{soabi}{modules[0].suffix}"
        )
    version = _version(package)
    if not version:
        return _problem(f"the version of the NumPy in {package} cannot be read")
    return HostNumPy(include_dir, version)


def _version(package: Path) -> str:
    """Return the version that the name of the metadata has, or else NumPy's own files."""
    found = {
        match[1]
        for path in package.parent.iterdir()
        if (match := _DISTRIBUTION.fullmatch(path.name))
    }
    if len(found) == 1:
        return found.pop()
    for name in ("version.py", "_version.py"):
        path = package / name
        match = _VERSION.search(path.read_text("utf-8")) if path.is_file() else None
        if match:
            return match[1]
    return ""


def _problem(text: str) -> HostNumPy:
    return HostNumPy(None, problem=text)
