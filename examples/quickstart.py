"""Write a new project, and build its wheels for this machine and for eleven others.

Run it with any Python from 3.9 on that has pip, on Linux. No compiler is needed: it comes from the
package index. Everything that it makes is in `.cache/quickstart` of this repository. With
``--stubs``, the project is the example `nanobind-stubs`, in C++ and with generated type stubs.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from pathlib import Path

# Shared with the tests of this repository.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.environments import (
    REPOSITORY,
    build_backend,
    make_environment,
    run,
)

WORK = REPOSITORY / ".cache" / "quickstart"
EXAMPLE = REPOSITORY / "examples" / "nanobind-stubs"
# What the projects and this backend require, in one environment: zig is downloaded once.
REQUIREMENTS = ("ziglang>=0.17", "cmake", "ninja", "nanobind>=2.4", "typing-extensions")


def main() -> None:
    """Build the wheels, run the native one, and show what is in all of them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--stubs", action="store_true", help="build the example nanobind-stubs")
    has_stubs = parser.parse_args().stubs

    start = time.monotonic()
    python = make_environment(WORK / "venv", *REQUIREMENTS)
    backend = build_backend(python, WORK / "wheelhouse")
    run([python, "-m", "pip", "install", "--quiet", "--force-reinstall", "--no-deps", backend])
    run([python, "-m", "pip", "install", "--quiet", f"{backend}[cli]"])
    downloaded = time.monotonic()

    program = (python, "-m", "py_build_cmake.cli")
    project, package = (EXAMPLE, "cpp_math") if has_stubs else (WORK / "hello", "hello")
    if not has_stubs:
        shutil.rmtree(project, ignore_errors=True)
        run([*program, "init", project])
    print(
        "The first time, zig compiles its libraries for each system, and keeps them in its cache:"
        " this takes seconds of processor time for C, and more than a minute for C++.",
        flush=True,
    )
    output = WORK / "wheels"
    shutil.rmtree(output, ignore_errors=True)
    # What runs on this machine is compiled by zig, too, if nothing else is there to do it.
    has_compiler = any(map(shutil.which, ("c++", "g++", "clang++")))
    settings = () if has_compiler else ("-C", "cmake.toolchain=zig")
    matrix = project / "wheels.toml"
    run(
        [
            *(*program, "--directory", project, "wheels", "--matrix", matrix, "-o", output),
            *settings,
        ]
    )
    built = time.monotonic()

    wheels = sorted(output.glob("*.whl"))
    (native,) = output.glob("*-linux_*.whl")
    run([python, "-m", "pip", "install", "--quiet", "--force-reinstall", "--no-deps", native])
    run([python, "-c", f"import {package}; print('add(1, 2) =', {package}.add(1, 2))"])
    run([*program, "inspect", *wheels])
    print(
        f"{len(wheels)} wheels in {built - downloaded:.0f} s, after {downloaded - start:.0f} s for"
        f" the environment; they are in {output}"
    )


if __name__ == "__main__":
    sys.exit(main())
