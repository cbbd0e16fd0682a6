"""Finding the modules of one package that is installed in editable mode.

The finder stands first in :data:`sys.meta_path` and looks at the names of its own package only.
Before the package is found for the first time, the finder rebuilds what is out of date.
"""

from __future__ import annotations

import os
from importlib.machinery import PathFinder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType


class Finder:
    """Finds the modules of the package ``name``, as an editable wheel says.

    ``source`` is the package's directory or file in the project, empty if CMake generates it.
    ``tree`` holds what CMake installs and, in the mode ``symlink``, links to the sources; it is
    empty if there is neither. ``state`` is the file with the commands to rebuild, empty if imports
    do not rebuild. ``site`` is the directory that the wheel was installed into.
    """

    def __init__(  # noqa: PLR0913 - called by generated code
        self,
        name: str,
        *,
        mode: str,
        project: str,
        source: str,
        tree: str,
        state: str,
        site: str,
        namespace: bool,
    ) -> None:
        self._name = name
        self._mode = mode
        self._project = project
        self._source = source
        self._tree = tree
        self._state = state
        self._site = site
        self._namespace = namespace
        self._ready = False

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module of the package; None leaves it to the finders behind this one.

        :raises ImportError: the package cannot be rebuilt, or its files no longer exist.
        """
        if name == self._name:
            return self._find_package(target)
        if path is None:
            return None
        if self._namespace and (gone := self._what_is_gone()):
            if PathFinder.find_spec(name, path, target) is None:
                raise ModuleNotFoundError(f"{self._message(gone)} (No module {name!r}.)", name=name)
            return None
        if self._mode == "symlink" or not self._tree:
            return None
        return self._find_below(name, path, target)

    def _find_package(self, target: ModuleType | None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(self._name, None, target)
        if self._namespace:
            # Other distributions can have parts of the namespace, which must work without this one.
            gone = self._what_is_gone()
            if not gone:
                self._prepare()
            elif spec is None:
                raise self._cannot(gone)
            return None
        if spec is not None and not self._is_own(spec):
            return None  # another module of this name, earlier on the path
        gone = self._what_is_gone()
        if gone:
            raise self._cannot(gone)
        self._prepare()
        spec = PathFinder.find_spec(self._name, self._places(), target)
        if spec is None:
            raise self._cannot(f"there is no module in {' or '.join(self._places())}")
        if self._mode == "hook":
            self._complete(spec, self._source, self._in_tree(self._name))
        return spec

    def _places(self) -> list[str]:
        """Return the directories to find the package in; files that CMake installed come first."""
        if self._mode == "symlink":
            return [self._tree]
        if self._mode == "wrapper":
            return [self._site]
        return [place for place in (self._tree, os.path.dirname(self._source)) if place]

    def _find_below(
        self, name: str, path: Sequence[str], target: ModuleType | None
    ) -> ModuleSpec | None:
        """Find a submodule; as in a wheel, files that CMake installed replace the sources."""
        below = self._tree + os.sep
        ordered = sorted(path, key=lambda entry: not entry.startswith(below))
        spec = PathFinder.find_spec(name, ordered, target)
        if spec is not None and self._namespace and not self._is_own(spec):
            return None  # of another distribution, which may have a finder of its own
        if spec is not None and self._source:
            source = os.path.join(self._source, *name.split(".")[1:])
            self._complete(spec, source, self._in_tree(name))
        return spec

    def _in_tree(self, name: str) -> str:
        return os.path.join(self._tree, *name.split(".")) if self._tree else ""

    @staticmethod
    def _complete(spec: ModuleSpec, source: str, built: str) -> None:
        """Make a package of its directory in the sources and of the files that CMake installs."""
        places = spec.submodule_search_locations
        if not isinstance(places, list):
            return  # no package; or a namespace package, which already has both directories
        wanted = [place for place in (source, built) if place and os.path.isdir(place)]
        if not any(place in wanted for place in places):
            return
        places[:] = [*wanted, *(place for place in places if place not in wanted)]
        if len(wanted) > 1:
            from .resources import with_resources

            spec.loader = with_resources(spec.loader, wanted)

    def _is_own(self, spec: ModuleSpec) -> bool:
        """Whether the module that was found belongs to this project."""
        if spec.origin is None:
            return True  # a directory without __init__.py is not what was installed
        wrapper = os.path.join(self._site, self._name) if self._mode == "wrapper" else ""
        own = map(os.path.realpath, filter(None, (self._source, self._tree, wrapper)))
        origin = os.path.realpath(spec.origin)
        return any(origin == place or origin.startswith(place + os.sep) for place in own)

    def _what_is_gone(self) -> str:
        for place in (self._source, self._tree):
            if place and not os.path.exists(place):
                return f"{place} is gone"
        return ""

    def _cannot(self, why: str) -> ImportError:
        return ImportError(self._message(why), name=self._name)

    def _message(self, why: str) -> str:
        return (
            f"{self._name!r} is an editable install of {self._project}, but {why}. After a project"
            " is moved or renamed, or its cache is deleted, run `pip install -e .` in it again."
        )

    def _prepare(self) -> None:
        """Bring everything up to date, once in a process."""
        if self._ready:
            return
        if self._state and _may_rebuild(self._name):
            from .stamp import is_fresh

            if not is_fresh(self._state):
                from .rebuild import rebuild_for_import

                rebuild_for_import(self._state, self._name)
        if self._mode == "symlink" and self._source:
            from .links import mirror

            try:
                mirror(self._source, os.path.join(self._tree, os.path.basename(self._source)))
            except OSError as e:
                import warnings

                warnings.warn(f"files of {self._name!r} cannot be linked: {e}", stacklevel=2)
        # Python has cached the listings of directories, which now have new files.
        PathFinder.invalidate_caches()
        self._ready = True


def _may_rebuild(name: str) -> bool:
    """Whether imports rebuild: not during a build, nor if the user has switched it off."""
    if "PY_BUILD_CMAKE_BUILD_HOOK" in os.environ:
        return False
    text = os.environ.get("PY_BUILD_CMAKE_EDITABLE_SKIP", "")
    skipped = text.replace(",", " ").replace(";", " ").replace("-", "_").split()
    return name not in skipped and "*" not in skipped
