"""Make the site: ``python docs/make.py``, with any Python from 3.9 on that has pip.

Warnings are errors: a link to a page or heading that is not there, a page that no index lists. The
site is in ``docs/_build/html``; it needs no server. Sphinx is installed into an environment in
``.cache/docs``, in the versions that ``tests/requirements/docs.txt`` locks.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

# Shared with the tests of this repository.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support import clean, locked
from support.environments import REPOSITORY, make_locked_environment, run

WORK = REPOSITORY / ".cache" / "docs"
HTML = REPOSITORY / "docs" / "_build" / "html"


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the site; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--external", action="store_true", help="also ask other sites for what is linked there"
    )
    options = parser.parse_args(arguments)
    env = clean.network(os.environ)
    python = make_locked_environment(WORK / "venv", locked.lock_file("docs"), env=env)
    shutil.rmtree(HTML, ignore_errors=True)
    try:
        _sphinx(python, "html", HTML, env)
        if options.external:
            _sphinx(python, "linkcheck", WORK / "linkcheck", env)
    except subprocess.CalledProcessError as failure:
        # Sphinx has said why.
        return failure.returncode
    # Pages keep the paths that they have in the repository.
    refresh = '<meta http-equiv="refresh" content="0; url=docs/index.html">'
    title = "<title>py-build-cmake</title>"
    (HTML / "index.html").write_text(f"<!doctype html>{title}{refresh}\n", encoding="utf-8")
    print(f"the site is {HTML / 'index.html'}")
    return 0


def _sphinx(python: Path, builder: str, output: Path, env: Mapping[str, str]) -> None:
    """Run a builder of Sphinx; every warning is an error, and all of them are shown.

    :raises subprocess.CalledProcessError: there was a warning.
    """
    run(
        [
            *(python, "-m", "sphinx", "--quiet", "--fail-on-warning", "--keep-going"),
            # Links of pages that did not change are checked, too.
            *("--fresh-env", "--builder", builder, "--conf-dir", REPOSITORY / "docs"),
            *("--doctree-dir", WORK / "doctrees", REPOSITORY, output),
        ],
        env=env,
    )


if __name__ == "__main__":
    sys.exit(main())
