"""Run all checks and all tests, from nothing but Python (3.9 or newer), pip and a C++ compiler.

The environment that it makes is `.cache/tests/venv` of this repository. Arguments go to pytest,
and then nothing else is run: ``python3 tests/run.py tests/unit -k tags``.

Cross tests need Debian's cross compilers and qemu-user; where those are missing, the tests are
skipped with the reason, unless PY_BUILD_CMAKE_REQUIRE_CROSS=1 makes that a failure.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY / "examples"))

from bootstrap import build_backend, make_environment, run  # noqa: E402

WORK = REPOSITORY / ".cache" / "tests"
# Configuring keeps one processor busy; tests of one file share what they build. The files that take
# longest, those of cross builds, begin.
BUILDS = ("-n", "3", "--dist", "loadfile", "--no-loadscope-reorder", "--durations=20")
# Per cent of lines and branches.
UNIT = ("-q", "-n", "2", "--cov", "--cov-report=term:skip-covered", "--cov-fail-under=95")


def main(arguments: Sequence[str]) -> int:
    """Prepare the environment and run the checks; return the exit status."""
    python = make_environment(WORK / "venv")
    wheel = build_backend(python, WORK / "wheelhouse")
    run([python, "-m", "pip", "install", "--quiet", f"{wheel}[test]"])
    # Tests of the sources use the sources; what is built with the backend uses its wheel.
    environ = {**os.environ, "PYTHONPATH": str(REPOSITORY / "src")}
    if arguments:
        command = [str(python), "-m", "pytest", *arguments]
        return subprocess.run(command, cwd=REPOSITORY, env=environ, check=False).returncode
    try:
        for command in (
            [python, "-m", "ruff", "format", "--check", "."],
            [python, "-m", "ruff", "check", "."],
            [python, "-m", "mypy"],
            [python, "-m", "pytest", *UNIT, "tests/unit"],
            [python, "-m", "pytest", *BUILDS, "tests/cross", "tests/integration"],
        ):
            run(command, cwd=REPOSITORY, env=environ)
    except subprocess.CalledProcessError as e:
        print(f"failed with exit status {e.returncode}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
