"""The command line program, which needs the extra ``cli``.

* :mod:`.program`: the group of all commands, and how it ends.
* :mod:`.options`: options that many commands have, and how a command opens a session.
* :mod:`.terminal`: whether the terminal has colours, and how wide it is.
* :mod:`.progress`: what ``wheels`` shows while it runs, and at the end.
* :mod:`.reference`: the reference of all options, from the schema.
* :mod:`.__main__`: runs the program as ``python -m py_build_cmake.cli``.

Each of the others is a command:

* :mod:`.init`: a new project from a template.
* :mod:`.stages`: ``configure``, ``build`` and ``install``.
* :mod:`.wheels`: many wheels from one command.
* :mod:`.sdist`: the source distribution, and why files are in it.
* :mod:`.tags`: what the wheel will be called.
* :mod:`.inspect`: what is in wheels, and whether it fits their tags.
* :mod:`.reproduce`: a wheel built again and compared.
* :mod:`.rebuild`: editable installs built again.
* :mod:`.config`: the configuration of a project, and the reference of all options.
* :mod:`.clean`: what builds left is removed.
* :mod:`.doctor`: what is installed, and what is missing.
* :mod:`.cross`: the commands about cross builds.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the program; without what it needs, say how to install that."""
    try:
        from .program import program

        program(prog_name="py-build-cmake")
    except ModuleNotFoundError as e:
        if e.name not in ("click", "rich"):
            raise
        print(
            f"py-build-cmake: the command line program needs {e.name}; install"
            " 'py-build-cmake[cli]', or run it without installing it: `uvx --from"
            " 'py-build-cmake[cli]' py-build-cmake` or `pipx run --spec 'py-build-cmake[cli]'"
            " py-build-cmake`",
            file=sys.stderr,
        )
        raise SystemExit(2) from None
