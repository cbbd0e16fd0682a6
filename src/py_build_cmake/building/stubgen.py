"""Stub generation with mypy's ``stubgen``."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.errors import Error
from ..base.places import Place
from ..cmake.programs import find_program
from ..cmake.runner import Purpose
from ..project.files import tree_files
from .staging import copy_files

if TYPE_CHECKING:
    from ..base.console import Console
    from ..cmake.runner import Runner
    from ..config.schema import StubgenConfig
    from ..project.plan import BuildPlan

_NOTHING_MADE = (
    "stubgen made no stubs. It imports the modules, and its output above names those it could "
    "not import; their dependencies must be in the build environment. Files in `stubgen.files` "
    "are not imported"
)
_NOTHING_TO_READ = (
    "no stubs: the host's modules cannot be imported here, and there is no native pre-build; name"
    " sources in `stubgen.files`, or set `cross.native_build = true`"
)


def generate_stubs(
    plan: BuildPlan, config: StubgenConfig, staging: Path, runner: Runner, console: Console
) -> None:
    """Run ``stubgen`` on the staging directory and add the stubs that are not there yet.

    It imports the compiled modules, so in a cross build it runs on the files of the native
    pre-build; without one, only modules in Python get stubs. Stubs of CMake or of the project are
    kept. If the configured arguments have an output directory, the stubs stay there.

    :raises Error: ``stubgen`` was not found, or failed.
    """
    # A pipeline's environment may be for the host system.
    machine = plan.config.pre_build or plan.machine
    if machine.implementation == "pp" or machine.free_threaded:
        console.info("no stubs: mypy does not run on this Python")
        return
    program = find_program("stubgen", machine)
    if program is None:
        raise Error(
            "stubgen was not found",
            where=Place("pyproject.toml", "tool.py-build-cmake.stubgen"),
            hint="install mypy, or build with build isolation, which installs it",
        )
    with tempfile.TemporaryDirectory() as temporary:
        output = Path(temporary, "stubs")
        output.mkdir()
        tree = staging
        if plan.native_pass:
            tree = Path(temporary, "native")
            copy_files(dict(plan.module.files()), tree)
            copy_files(tree_files(plan.native_pass.install_prefix), tree)
        old_path = machine.environ.get("MYPYPATH")
        sources = _default_sources(plan, tree) if _is_default(config) else _sources(config)
        if not sources:
            console.warning(_NOTHING_TO_READ)
            return
        runner(
            [str(program), *_arguments(config, sources, tree, output)],
            purpose=Purpose.STUBGEN,
            cwd=tree,
            environ={
                "MYPY_CACHE_DIR": temporary,
                **machine.environ,
                "MYPYPATH": os.pathsep.join(filter(None, (str(tree), old_path))),
            },
            log=plan.log or Path(temporary, "log"),
        )
        if _returns_them(config) and not tree_files(output):
            console.warning(_NOTHING_MADE)
        _add_missing(output, staging)


def _returns_them(config: StubgenConfig) -> bool:
    """Whether the stubs are to be packed: the arguments name no output directory."""
    return not any(a == "-o" or a.startswith("--output") for a in config.args)


def _is_default(config: StubgenConfig) -> bool:
    return config.packages is None and config.modules is None and config.files is None


def _sources(config: StubgenConfig) -> list[str]:
    packages = [word for package in config.packages or () for word in ("-p", package)]
    modules = [word for name in config.modules or () for word in ("-m", name)]
    return [*packages, *modules, *(config.files or ())]


def _default_sources(plan: BuildPlan, tree: Path) -> list[str]:
    """Return the arguments for the project's own module, which is imported if possible."""
    name, path = plan.module.name, plan.module.path
    if plan.main_pass and plan.main_pass.cross and not plan.native_pass:
        # Files are only read. (mypy 2.4 finds no package if `--no-import` comes with `-p`.) What
        # belongs to a package is told by its __init__.py.
        files = (f"{name}.py", *((name,) if (tree / name / "__init__.py").is_file() else ()))
        return [file for file in files if (tree / file).exists()]
    return ["-p" if path is None or path.is_dir() else "-m", name]


def _arguments(config: StubgenConfig, sources: list[str], tree: Path, output: Path) -> list[str]:
    arguments = [*config.args, *sources]
    if _returns_them(config):
        arguments += ["-o", str(output)]
    if not any(a.startswith("--search-path") for a in config.args):
        arguments += ["--search-path", str(tree)]
    return arguments


def _add_missing(stubs: Path, staging: Path) -> None:
    for place, stub in sorted(tree_files(stubs).items()):
        target = staging / place
        # A stub package and a stub module of one name would shadow each other.
        taken = (
            target.exists()
            or (target.with_suffix("") / "__init__.pyi").exists()
            or any(
                (staging / parent).with_suffix(".pyi").exists()
                for parent in Path(place).parents
                if parent.name
            )
        )
        if not taken:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(stub, target)
