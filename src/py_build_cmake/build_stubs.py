"""The hooks of the backend that packs the stubs of another project (PEP 517).

Set ``build-backend = "py_build_cmake.build_stubs"`` in the ``[build-system]`` table of
pyproject.toml, and ``main_project`` in ``[tool.py-build-cmake]``.
"""

from __future__ import annotations

from .companions.hooks import CompanionHooks

__all__ = [
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_wheel",
]

_HOOKS = CompanionHooks("stubs")

build_sdist = _HOOKS.build_sdist
build_wheel = _HOOKS.build_wheel
get_requires_for_build_sdist = _HOOKS.get_requires_for_build_sdist
get_requires_for_build_wheel = _HOOKS.get_requires_for_build_wheel
prepare_metadata_for_build_wheel = _HOOKS.prepare_metadata_for_build_wheel
