"""What Sphinx makes the site with; ``python docs/make.py`` calls it.

The source directory is the repository, so that a page's relative links are the same on the site and
on a forge. The navigation is made of the lists of links in the index pages, for the same reason.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

REPOSITORY = Path(__file__).resolve().parent.parent

project = "py-build-cmake"
author = "The py-build-cmake maintainers"
version = re.findall(
    r'^__version__ = "(.+)"$',
    (REPOSITORY / "src/py_build_cmake/__init__.py").read_text("utf-8"),
    re.M,
)[0]
extensions = ["myst_parser"]
root_doc = "docs/index"
include_patterns = ["docs/**.md", "examples/*/README.md"]
exclude_patterns = ["**/.*", "src", "tests", "**/_build", "**/build", "**/dist"]
nitpicky = True

# Anchors as forges make them, of headings of every level.
myst_heading_anchors = 6

html_theme = "furo"
html_title = "py-build-cmake"
html_copy_source = False
html_show_copyright = False
# Programs and other sites are not part of the site; `docs/make.py --external` asks them.
linkcheck_anchors = False

# A list of links below a heading of an index page.
_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
_LINK = re.compile(r"^\* \[[^\]]+\]\(([^)#]+)\.md\)", re.MULTILINE)


def setup(app: Sphinx) -> None:
    """Make the lists of links of the index pages to the navigation."""
    app.connect("source-read", _add_navigation)


def _add_navigation(app: Sphinx, page: str, source: list[str]) -> None:
    """Add what Sphinx calls a toctree for each heading of the root page."""
    if page != root_doc:
        return
    parts = _HEADING.split(source[0])[1:]
    for caption, text in zip(parts[::2], parts[1::2]):
        pages = "\n".join(_LINK.findall(text))
        source[0] += f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{pages}\n```\n"
