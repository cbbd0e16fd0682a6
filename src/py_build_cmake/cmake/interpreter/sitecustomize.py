"""Written by py-build-cmake: runs when the interpreter of a cross build starts.

There may be another module of this name, of pip's isolated builds or of the distribution, which is
run first. Then the interpreter is made to speak for the system that the wheel is for.
"""

import os
import sys
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import module_from_spec


def _run_the_other() -> None:
    here = os.path.dirname(os.path.abspath(__file__))
    others = [path for path in sys.path if os.path.abspath(path or os.curdir) != here]
    spec = PathFinder.find_spec("sitecustomize", others)
    if spec is not None and spec.loader is not None:
        module = module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


_run_the_other()

import_module("_py_build_cmake_host").speak_for_the_host()
