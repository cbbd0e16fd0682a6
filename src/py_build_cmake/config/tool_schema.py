"""The JSON schemas that are part of the package, and the plugin of validate-pyproject."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def tool_schema(tool_name: str) -> dict[str, Any]:
    """Return the schema of ``[tool.py-build-cmake]``, for validate-pyproject."""
    return dict(json.loads(schema_file("pyproject").read_text("utf-8")))


def schema_file(name: str) -> Path:
    """Return the file with the schema of ``pyproject``, a ``local`` or a ``cross`` file."""
    return Path(__file__).parent.parent / "schemas" / f"{name}.schema.json"
