"""Stub generation with mypy's ``stubgen``."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from .cmake.programs import find_program
from .errors import Error
from .project.files import tree_files
from .staging import copy_files

if TYPE_CHECKING:
    from .cmake.runner import Runner
    from .config.schema import StubgenConfig
    from .console import Console
    from .plan import BuildPlan
    from .project.module import Module


def generate_stubs(
    plan: BuildPlan, config: StubgenConfig, staging: Path, runner: Runner, console: Console
) -> None:
    """Run ``stubgen`` on the staging directory and add the stubs that are not there yet.

    It imports what was compiled, so that in a cross build it runs on what the native pre-build
    installed. Stubs that CMake or the project put there win. With an output directory among the
    configured arguments, the stubs are left where the user wants them.

    :raises Error: ``stubgen`` was not found, or failed.
    """
    # Where a pipeline starts us, the environment is for the host system.
    build = plan.config.pre_build or plan.build
    if build.implementation == "pp" or build.free_threaded:
        console.info("no stubs: mypy does not run on this Python")
        return
    program = find_program("stubgen", build)
    if program is None:
        raise Error(
            "stubgen was not found",
            where="pyproject.toml: `tool.py-build-cmake.stubgen`",
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
        old_path = build.environ.get("MYPYPATH")
        runner(
            [str(program), *_arguments(config, plan.module, tree, output)],
            purpose="stub generation",
            cwd=tree,
            environ={
                "MYPY_CACHE_DIR": temporary,
                **build.environ,
                "MYPYPATH": os.pathsep.join(filter(None, (str(tree), old_path))),
            },
            log=plan.log or Path(temporary, "log"),
        )
        _add_missing(output, staging)


def _arguments(config: StubgenConfig, module: Module, tree: Path, output: Path) -> list[str]:
    packages, modules = config.packages, config.modules
    if packages is None and modules is None and config.files is None:
        is_package = module.path is None or module.path.is_dir()
        packages, modules = ((module.name,), ()) if is_package else ((), (module.name,))
    arguments = list(config.args)
    for package in packages or ():
        arguments += ["-p", package]
    for name in modules or ():
        arguments += ["-m", name]
    arguments += config.files or ()
    if not any(a == "-o" or a.startswith("--output") for a in config.args):
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
