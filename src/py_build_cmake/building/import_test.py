"""``cross.test_import``: the extension modules of a wheel, imported before it is packed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..base.errors import CommandError, ConfigError, WheelError
from ..cmake.emulator import emulator_command, find_emulator, find_host_python
from ..cmake.runner import Purpose
from ..verify.suffix import read_suffix

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ..base.console import Console
    from ..cmake.runner import Runner
    from ..project.plan import BuildPlan

_CODE = """\
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
    print("imported", name)
"""


def import_modules(
    plan: BuildPlan, staging: Path, places: Iterable[str], runner: Runner, console: Console
) -> None:
    """Import the extension modules at ``places`` in staging, if the configuration wants it.

    :raises Error: one cannot be imported, or there is no Python that could do it.
    """
    cross = plan.config.cross
    if cross is None or not cross.test_import:
        return
    modules = extension_modules(places)
    if not modules:
        console.info("test_import: there are no extension modules in the wheel")
        return
    host, where = plan.config.host_platform, plan.config.cross_where
    python = find_host_python(cross, host)
    if python is None:
        raise ConfigError(
            f"there is no python{host.dotted_version} of the host system to import the "
            "extension"
            " modules with",
            where=where.at("test_import"),
            hint="point `python` at a sysroot or prefix with an interpreter in usr/bin or bin, or"
            " remove `test_import`",
        )
    emulator = emulator_command(cross, host, plan.machine, where) or find_emulator(
        host, plan.machine, cross.python, where
    )
    command = [*emulator, str(python), "-B", "-c", _CODE, *modules]
    environ = {k: v for k, v in plan.machine.environ.items() if not k.startswith("PYTHON")}
    log = plan.log or staging.with_name("test_import.log")
    console.info(f"importing {', '.join(modules)} on the host system's Python")
    try:
        runner(
            command,
            purpose=Purpose.IMPORT_TEST,
            cwd=staging,
            environ={**environ, "PYTHONPATH": str(staging)},
            log=log,
        )
    except CommandError as e:
        raise WheelError(
            f"the extension modules cannot be imported on {host.platform_tags[0]}\n    {e}",
            where=where.at("test_import"),
            hint="packages that the modules import must be in the sysroot: dependencies of the"
            " wheel are not installed there",
        ) from e


def extension_modules(places: Iterable[str]) -> list[str]:
    """Return the names under which the extension modules among the files of a wheel are imported.

    A file without an extension suffix of Python may be another library.
    """
    modules = []
    for place in sorted(places):
        suffix = read_suffix(place)
        if suffix is None:
            continue
        stem = place.rpartition(".")[0].removesuffix(f".{suffix.text}")
        parts = stem.split("/")
        if all(map(str.isidentifier, parts)):
            modules.append(".".join(parts))
    return modules
