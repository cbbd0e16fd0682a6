"""The form of an editable install, and where its parts are."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.errors import ConfigError, Error, Problem
from ..base.places import Place
from ..base.records import dataclass
from ..platforms.tags import PlatformTag
from ..project.plan import CACHE_FOLDER

if TYPE_CHECKING:
    from ..project.plan import BuildPlan

_WHERE = Place("pyproject.toml", "tool.py-build-cmake.editable.mode")


@dataclass(frozen=True)
class Layout:
    """The form of an editable install.

    ``tree`` holds what is added to the sources (by CMake, stubgen, ``wheel.include`` and
    ``generate``) and, in the mode ``symlink``, links to them; None if there is nothing of that.
    ``label`` begins the names of what the wheel installs for itself.
    """

    mode: str
    build_hook: bool
    label: str
    tree: Path | None

    @property
    def state_file(self) -> Path | None:
        """The file that records the build."""
        return self.tree.with_name(f"{self.tree.name}.json") if self.tree else None

    @property
    def hook(self) -> str:
        """The name of the package with the import hook, as in the reference."""
        rebuilds_only = self.build_hook and self.mode != "hook"
        return f"{self.label}_build_hook" if rebuilds_only else f"{self.label}_editable_hook"


def check_editable(plan: BuildPlan) -> None:
    """Check that the wheel of a plan can be editable.

    :raises Error: it is for another system, or its mode does not fit the module.
    """
    problems = []
    config, module = plan.config, plan.module
    tags = plan.tag.platforms
    if config.cross and not (plan.machine.os == "mac" and all(map(_is_universal, tags))):
        problems.append(
            Problem(
                "a cross build cannot be editable: it is for"
                f" {' and '.join(config.host_platform.platform_tags)}, and what is compiled there"
                " cannot be imported by the Python that it would be installed for",
                config.cross_where,
                "install without the cross configuration, or build a wheel and install it on the"
                " host system (only universal2 builds on macOS can be editable, too)",
            )
        )
    if config.host_tables.editable.mode == "wrapper":
        if config.module.namespace:
            problems.append(_unfit("a namespace package has no __init__.py to wrap"))
        elif config.module.generated:
            problems.append(_unfit("the sources of a generated module have no __init__.py to wrap"))
        elif module.path is not None and module.path.is_file():
            problems.append(_unfit(f"{module.path.name} is no package"))
    if problems:
        raise ConfigError.from_problems(problems)


def _is_universal(platform: str) -> bool:
    tag = PlatformTag.parse(platform)
    return tag.system == "mac" and len(tag.machines) > 1


def _unfit(message: str) -> Problem:
    return Problem(
        f"the mode 'wrapper' does not work: {message}", _WHERE, "use 'hook' or 'symlink'"
    )


def make_layout(plan: BuildPlan) -> Layout:
    """Decide the form of an editable install.

    :raises Error: the mode is ``symlink``, and links are not permitted.
    """
    config = plan.config.host_tables.editable
    cache = plan.config.project_dir / CACHE_FOLDER
    mode = config.mode
    if mode in ("auto", "symlink") and plan.module.path is not None:
        refused = _refused_links(cache)
        if refused and mode == "symlink":
            raise Error(
                f"symbolic links are not permitted here ({refused})",
                where=_WHERE,
                hint="use the mode 'hook' or 'wrapper', or 'auto', which is 'hook' where links are"
                " not permitted; on Windows, developer mode permits them",
            )
        mode = "hook" if refused else "symlink"
    elif mode == "auto":
        mode = "symlink"
    adds_files = plan.config.stubgen is not None or plan.wheel.include or plan.generated
    has_tree = mode == "symlink" or plan.main_pass is not None or bool(adds_files)
    # Modes share build directories, but one must not remove the links of another.
    folder = "editable" if mode == "symlink" else "editable-output"
    tree = cache / plan.build_config / folder if has_tree else None
    name = plan.module.name
    unique = plan.metadata.file_name
    # Several distributions can have parts of one namespace package.
    label = f"{name}_{unique}" if plan.module.is_namespace and unique != name else name
    return Layout(mode, config.build_hook and plan.main_pass is not None, label, tree)


def _refused_links(cache: Path) -> str:
    """Return why there can be no links in the cache; empty if there can."""
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as temporary:
        try:
            Path(temporary, "link").symlink_to(temporary, target_is_directory=True)
        except (OSError, NotImplementedError) as e:
            return getattr(e, "strerror", None) or os.fspath(str(e))
    return ""
