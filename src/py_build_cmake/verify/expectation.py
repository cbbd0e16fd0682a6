"""What the files of a wheel are compared with: its tag, and what is known of its making."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..base.records import dataclass

if TYPE_CHECKING:
    from ..platforms.tags import WheelTag
    from .loader.search import Links
    from .promise import Promise


@dataclass(frozen=True)
class Circumstances:
    """What is known of a wheel beside its files; by default nothing, as of somebody else's.

    ``project_module`` is the module of the project that is being built. ``import_names`` are the
    modules that may be at the root of the wheel; None if it is not known. ``host_suffixes`` are
    those that the host's own Python says it has.

    ``build_dirs`` are directories that exist during the build only, ``compile_flags`` those that
    all sources are compiled with, ``external_libraries`` patterns of libraries that are there
    already when the wheel's are loaded. A wheel that ``adds_dll_directories`` tells Windows where
    its DLLs are, and one that ``loads_by_suffix`` loads libraries itself that are called like
    extension modules. Where libraries are ``shared_with_packages``, as in conda, others bring them.
    """

    build_dirs: tuple[str, ...] = ()
    compile_flags: tuple[str, ...] = ()
    external_libraries: tuple[str, ...] = ()
    adds_dll_directories: bool = False
    loads_by_suffix: bool = False
    shared_with_packages: bool = False
    project_module: str = ""
    import_names: frozenset[str] | None = None
    host_suffixes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Expectation:
    """What the files of a wheel are compared with.

    ``promises`` has None for platform tags that this program does not know. ``links`` say what
    the loader finds in the wheel. ``circumstances`` are what else is known of its making.
    ``is_data`` is whether compiled files in a wheel for every machine are data.
    """

    tag: WheelTag
    promises: tuple[Promise | None, ...]
    links: Links
    circumstances: Circumstances
    is_data: bool = False
