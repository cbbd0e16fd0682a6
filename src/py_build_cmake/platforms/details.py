"""What a ``build-details.json`` says about a Python (PEP 739; CPython 3.14 and newer)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ConfigError
from .soabi import platform_of_soabi
from .systems import kind_of_platform

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_IMPLEMENTATION_TAGS = {"cpython": "cp", "pypy": "pp"}
# Debian's armhf is compiled on 64-bit machines, in the 32-bit mode that calls itself so.
_PLATFORMS = {"linux_arm": "linux_armv7l", "linux_armv8l": "linux_armv7l"}


def read_details(path: Path, where: str) -> dict[str, str]:
    """Return the facts in the file at ``path``, under the names of ``PythonFacts``.

    ``where`` is the key that names the path.

    :raises ConfigError: it is not such a file, or one half of it is about the build machine.
    """
    import json

    try:
        details = json.loads(path.read_text("utf-8"))
        version = str(details["schema_version"])
        if version.partition(".")[0] != "1":
            raise ConfigError(
                f"{path} has the schema version {version}; only 1.x is known", where=where
            )
        values = dict(_values(details, path))
    except (ValueError, KeyError, TypeError, AttributeError) as e:
        raise ConfigError(
            f"{path} is not build details as PEP 739 has them: {type(e).__name__}: {e}",
            where=where,
        ) from e
    _check(values, path, where)
    return values


def _check(values: Mapping[str, str], path: Path, where: str) -> None:
    """Refuse details of which one half is about the machine that compiled a Python."""
    platform, of_suffix = values["platform"], platform_of_soabi(values.get("soabi", ""))
    if of_suffix and kind_of_platform(platform) != kind_of_platform(of_suffix):
        raise ConfigError(
            f"{path} says that the platform is {platform!r}, and that the extension suffix is"
            f" {values['ext_suffix']!r}",
            where=where,
            hint="one of the two is that of the machine that compiled this Python: name its"
            " _sysconfigdata*.py or include directory",
        )


def _values(details: Mapping[str, Any], path: Path) -> Iterator[tuple[str, str]]:
    implementation = details["implementation"]["name"]
    yield "implementation", _IMPLEMENTATION_TAGS.get(implementation, implementation)
    yield "version", details["language"]["version"].replace(".", "")
    platform = re.sub(r"[-.]", "_", details["platform"])
    yield "platform", _PLATFORMS.get(platform, platform)
    abi = details.get("abi") or {}
    yield "abi_flags", "".join(sorted(abi.get("flags", ()), key="td".find))
    # CPython writes all suffixes that it imports, its own first, and no `extension_suffix`.
    suffixes = (details.get("suffixes") or {}).get("extensions") or [""]
    suffix = abi.get("extension_suffix") or suffixes[0]
    if soabi := suffix.lstrip(".").rpartition(".")[0]:
        yield "ext_suffix", suffix
        yield "soabi", soabi
    headers = (details.get("c_api") or {}).get("headers")
    if headers and (found := _relocated(headers, details, path)):
        yield "include_dir", str(found)
    library = (details.get("libpython") or {}).get("dynamic")
    if library and (found := _relocated(library, details, path)):
        yield "library", str(found)


def _relocated(value: str, details: Mapping[str, Any], path: Path) -> Path | None:
    """Return where a path of build details is here; None if it is not here.

    Relative paths begin at ``base_prefix``, which itself may be relative to the file. Absolute
    paths are those of the machine that the Python is for: below a sysroot, the file is further
    down than it says.
    """
    prefix = str(details.get("base_prefix", ""))
    # The file is in lib/pythonX.Y of the prefix.
    here = path.resolve().parent.parent.parent
    if Path(value).is_absolute() and Path(prefix).is_absolute():
        try:
            candidate = here / Path(value).relative_to(prefix)
        except ValueError:
            return None
    else:
        base = here if Path(prefix).is_absolute() or not prefix else path.parent / prefix
        candidate = base / value
    return candidate.resolve() if candidate.exists() else None
