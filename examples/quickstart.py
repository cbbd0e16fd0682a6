"""Build the `nanobind-stubs` example natively and, where it can be done, for aarch64.

Run it with any Python from 3.9 on that has pip, on a machine with a C++ compiler. Everything that
it makes is in `.cache/quickstart` of this repository.
"""

from __future__ import annotations

import shutil
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import host_python
from bootstrap import REPOSITORY, build_backend, make_environment, run, with_wheelhouse

WORK = REPOSITORY / ".cache" / "quickstart"
EXAMPLE = REPOSITORY / "examples" / "nanobind-stubs"
CROSS_COMPILER = "aarch64-linux-gnu-g++"


def main() -> None:
    """Build and show the wheels; run the native one."""
    python = make_environment(WORK / "venv")
    wheelhouse = WORK / "wheelhouse"
    build_backend(python, wheelhouse)
    environ = with_wheelhouse(wheelhouse)

    native = build_example(python, WORK / "native", environ)
    run([python, "-m", "pip", "install", "--quiet", "--force-reinstall", "--no-deps", native])
    run([python, "-c", "import cpp_math; print('add(1, 2) =', cpp_math.add(1, 2))"])

    wheels = [native]
    reason = why_no_cross_build()
    if reason is None:
        cross_file = EXAMPLE / "aarch64.cross.toml"
        wheels.append(
            build_example(
                python, WORK / "aarch64", environ, f"--config-settings=cross={cross_file}"
            )
        )
    for wheel in wheels:
        print(f"\n{wheel.relative_to(REPOSITORY)}")
        with zipfile.ZipFile(wheel) as archive:
            for member in archive.infolist():
                print(f"  {member.file_size:8}  {member.filename}")
    if reason is not None:
        print(f"\nNo wheel for aarch64: {reason}.")


def build_example(python: Path, directory: Path, environ: Mapping[str, str], *args: str) -> Path:
    """Build a wheel of the example into an empty directory, in an isolated environment."""
    shutil.rmtree(directory, ignore_errors=True)
    run(
        [python, "-m", "pip", "wheel", "--verbose", "--no-deps", "-w", directory, *args, EXAMPLE],
        env=environ,
    )
    (wheel,) = directory.glob("*.whl")
    return wheel


def why_no_cross_build() -> str | None:
    """Prepare the Python of the host system; return why there is no cross build, if so."""
    if shutil.which(CROSS_COMPILER) is None:
        return f"there is no cross compiler {CROSS_COMPILER}"
    try:
        host_python.unpack(host_python.find_architecture("aarch64"))
    except host_python.Unavailable as e:
        return str(e)
    return None


if __name__ == "__main__":
    sys.exit(main())
