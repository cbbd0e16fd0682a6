"""Running the ``__init__.py`` of a package in the place of another file."""

from __future__ import annotations

import os
from importlib.machinery import SourceFileLoader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


def load(namespace: dict[str, Any], places: Sequence[str], project: str) -> None:
    """Load the package whose directories are ``places``, the first of them with its sources.

    ``namespace`` is that of the calling module, which becomes the package.

    :raises ImportError: the sources are gone.
    """
    name = namespace["__name__"]
    main = os.path.join(places[0], "__init__.py")
    if not os.path.isfile(main):
        raise ImportError(
            f"{name!r} is an editable install of {project}, but {main} is gone. Run"
            " `pip install -e .` in the project again.",
            name=name,
        )
    path = [place for place in places if os.path.isdir(place)]
    loader = SourceFileLoader(name, main)
    if len(path) > 1:
        from .resources import with_resources

        loader = with_resources(loader, path)
    spec = namespace["__spec__"]
    spec.loader = loader
    spec.origin = main
    spec.submodule_search_locations = path
    namespace.update(__file__=main, __loader__=loader, __path__=path)
    code = loader.get_code(name)
    assert code is not None
    exec(code, namespace)
