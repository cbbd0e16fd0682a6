import importlib
import platform
import sys
from pathlib import Path

sys.path.insert(0, sys.argv[1])
module = importlib.import_module("_started")
Path("told.txt").write_text(f"{module.version} {platform.python_version()} {sys.executable}\n")
