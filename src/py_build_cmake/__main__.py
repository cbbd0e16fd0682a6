"""``python -m py_build_cmake`` runs the command line program."""

from .cli import main

main()
