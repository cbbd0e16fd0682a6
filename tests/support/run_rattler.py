"""What needs py-rattler-build: run by the interpreter of an environment that has it.

The first argument is the command, the second a JSON file with what that takes.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from rattler_build import assemble_package, build_recipes


def assemble(packages: list[dict[str, Any]]) -> None:
    """Make packages of directories: the arguments of ``assemble_package``, for each."""
    for package in packages:
        Path(package["output_dir"]).mkdir(parents=True, exist_ok=True)
        # The machine that packs them unpacks them again: small does not pay.
        assemble_package(**package, build_string="0", compression_level=0)


def build(recipe: str, target: str, channel: str, output_dir: str) -> None:
    """Build all outputs of a recipe on linux-64 for `target`; print what their scripts print.

    The packages are tar archives, which Python's own library reads. The recipe, which they would
    have a rendering of, names the paths of the build and when that was.
    """
    try:
        # The API that is to replace it takes every build for one for the build platform.
        build_recipes(
            [recipe],
            build_platform="linux-64",
            host_platform=target,
            target_platform=target,
            channel=[channel],
            output_dir=output_dir,
            package_format="tar-bz2",
            no_include_recipe=True,
            keep_build=True,
            test="skip",
        )
    finally:
        for log in sorted(Path(output_dir).glob("bld/*/*/conda_build.log")):
            print(log.read_text(encoding="utf-8"))


def main(command: str, file: str) -> None:
    """Run a command with the parameters that `file` has."""
    parameters = json.loads(Path(file).read_text(encoding="utf-8"))
    if command == "assemble":
        assemble(**parameters)
    else:
        build(**parameters)


if __name__ == "__main__":
    main(*sys.argv[1:])
