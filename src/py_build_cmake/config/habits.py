"""What users of other build backends write: the options of this one that have the same effect.

Sources: the documentation of scikit-build-core (configuration reference), meson-python (build
options) and CMake (cmake(1)). Only names are listed; where values are written otherwise, the text
says so.
"""

from __future__ import annotations

import re

# A pattern for the whole key, without dashes in front, and what to write.
_HINTS = (
    (r"D(\w+)(?::\w+)?", "write `cmake.options.{1}`"),
    (r"(?:cmake\.)?defines?\.(.+)", "write `cmake.options.{1}`"),
    (r"(?:cmake\.)?define", "the table is `cmake.options`"),
    (
        r"wheel\.py[-_](?:api|limited[-_]api)",
        'write `wheel.python_abi` = "abi3" and `wheel.abi3_minimum_cpython_version`',
    ),
    (r"build-?type", "write `cmake.build_type`"),
    (r"build[-_]dir|builddir", "write `cmake.build_path`"),
    (r"cmake\.source[-_]dir", "write `cmake.source_path`"),
    (r"cmake\.targets?|build\.targets?", "write `cmake.targets`"),
    (r"build\.tool[-_]args", "write `cmake.build_tool_args`"),
    (r"build\.verbose|cmake\.verbose", "write `verbose`"),
    (r"logging\.level", "write `loglevel`"),
    (r"install\.components", "write `cmake.install_components`"),
    (r"editable\.rebuild", "write `editable.build_hook`"),
    (r"ninja\.\w+", "Ninja is asked for where `cmake.generator` needs it"),
    (r"wheel\.packages", "the package is `module.name`, and `module.directory` says where it is"),
    (r"wheel\.install-dir", "write `wheel.install_dir`"),
    (
        r"setup[-_]args|compile[-_]args|install[-_]args",
        "write `cmake.args`, `cmake.build_args` or `cmake.install_args`",
    ),
    (r"metadata\.version.*", "write `dynamic.version` or `dynamic.version_file`"),
)


def habit_hint(key: str) -> str:
    """Return what to write in place of a key of another build backend; empty if it is none.

    ``key`` is the key path, below ``[tool.py-build-cmake]`` or as a config setting.
    """
    for pattern, hint in _HINTS:
        if match := re.fullmatch(pattern, key.lstrip("-")):
            return hint.replace("{1}", match[1] if match.re.groups else "")
    return ""
