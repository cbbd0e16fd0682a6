"""Build the `nanobind-stubs` example natively, for another machine, and for another C library.

Run it with any Python from 3.9 on that has pip, on Linux. No compiler is needed: it comes from the
package index. Everything that it makes is in `.cache/quickstart` of this repository.
"""

from __future__ import annotations

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
# What the example and this backend require, in one environment: zig is downloaded once.
REQUIREMENTS = ("ziglang>=0.17", "cmake", "ninja", "nanobind>=2.4", "typing-extensions")


def main() -> None:
    """Build the wheels, run the native one, and show what is in all of them."""
    start = time.monotonic()
    python = make_environment(WORK / "venv", *REQUIREMENTS)
    backend = build_backend(python, WORK / "wheelhouse")
    run([python, "-m", "pip", "install", "--quiet", "--force-reinstall", "--no-deps", backend])
    run([python, "-m", "pip", "install", "--quiet", f"{backend}[cli]"])
    downloaded = time.monotonic()

    print(
        "The first time, zig compiles its C++ library for each system, which takes about a minute"
        " of processor time for each; it keeps them in its cache.",
        flush=True,
    )
    output = WORK / "wheels"
    shutil.rmtree(output, ignore_errors=True)
    program = (python, "-m", "py_build_cmake.cli")
    # What runs on this machine is compiled by zig, too, if nothing else is there to do it.
    has_compiler = any(map(shutil.which, ("c++", "g++", "clang++")))
    settings = () if has_compiler else ("-C", "cmake.toolchain=zig")
    run(
        [
            *(*program, "--directory", EXAMPLE, "wheels", "--matrix", EXAMPLE / "wheels.toml"),
            *(*settings, "-o", output),
        ]
    )
    built = time.monotonic()

    wheels = sorted(output.glob("*.whl"))
    (native,) = output.glob("*-linux_*.whl")
    run([python, "-m", "pip", "install", "--quiet", "--force-reinstall", "--no-deps", native])
    run([python, "-c", "import cpp_math; print('add(1, 2) =', cpp_math.add(1, 2))"])
    run([*program, "inspect", *wheels])
    print(
        f"{len(wheels)} wheels in {built - downloaded:.0f} s, after {downloaded - start:.0f} s for"
        f" the environment; they are in {output}"
    )


if __name__ == "__main__":
    sys.exit(main())
