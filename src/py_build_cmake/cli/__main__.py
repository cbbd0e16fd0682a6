"""``python -m py_build_cmake.cli`` runs the command line program."""

from . import main

main()
