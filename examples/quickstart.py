"""Build the `nanobind-stubs` example natively, for another machine, and for another C library.

Run it with any Python from 3.9 on that has pip, on Linux. No compiler is needed: it comes from the
package index. Everything that it makes is in `.cache/quickstart` of this repository.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from bootstrap import REPOSITORY, build_backend, make_environment, run, with_wheelhouse

WORK = REPOSITORY / ".cache" / "quickstart"
EXAMPLE = REPOSITORY / "examples" / "nanobind-stubs"
PLATFORMS = ("manylinux_2_28_aarch64", "musllinux_1_2_x86_64")
# What the example and this backend require, in one environment: zig is downloaded once.
REQUIREMENTS = ("ziglang>=0.17", "cmake", "ninja", "nanobind>=2.4", "typing-extensions")


def main() -> None:
    """Build the wheels, run the native one, and show what is in all of them."""
    python = make_environment(WORK / "venv", *REQUIREMENTS)
    wheelhouse = WORK / "wheelhouse"
    backend = build_backend(python, wheelhouse)
    run([python, "-m", "pip", "install", "--quiet", "--force-reinstall", "--no-deps", backend])
    run([python, "-m", "pip", "install", "--quiet", f"{backend}[cli]"])
    environ = with_wheelhouse(wheelhouse)

    start = time.monotonic()
    native = build_example(python, WORK / "native", environ, "cmake.toolchain=zig")
    wheels = [native]
    for platform in PLATFORMS:
        settings = (
            f"cross.arch={platform}",
            "cross.toolchain=zig",
            # Built for this machine first, which can make the stubs; the wheel gets them.
            "cmake.toolchain=zig",
            'cross.copy_from_native_build=["**/*.pyi", "**/py.typed"]',
        )
        wheels.append(build_example(python, WORK / platform, environ, *settings))
    seconds = time.monotonic() - start

    run([python, "-m", "pip", "install", "--quiet", "--force-reinstall", "--no-deps", native])
    run([python, "-c", "import cpp_math; print('add(1, 2) =', cpp_math.add(1, 2))"])
    run([python, "-m", "py_build_cmake.cli", "inspect", *wheels])
    print(f"{len(wheels)} wheels in {seconds:.0f} s; they are in {WORK}")


def build_example(
    python: Path, directory: Path, environ: Mapping[str, str], *settings: str
) -> Path:
    """Build a wheel of the example into an empty directory."""
    shutil.rmtree(directory, ignore_errors=True)
    options = [f"--config-settings={setting}" for setting in settings]
    run(
        [
            *(python, "-m", "pip", "wheel", "--verbose", "--no-deps", "--no-build-isolation"),
            *("-w", directory, *options, EXAMPLE),
        ],
        env=environ,
    )
    (wheel,) = directory.glob("*.whl")
    return wheel


if __name__ == "__main__":
    sys.exit(main())
