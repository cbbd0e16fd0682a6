"""What the interpreter of a cross build runs: copied into build directories, run without us.

None of it imports this program. :mod:`..shim` writes the copies.

* :mod:`.sitecustomize`: runs when the interpreter starts.
* :mod:`.host_answers`: what the interpreter says about the host, and to whom.
* :mod:`.python_config`: the program ``python3-config``.
* :mod:`.run_program`: runs programs such as ``pybind11-config`` with the interpreter.
"""
