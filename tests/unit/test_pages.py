"""The pages of the documentation: links, navigation, and what is copied from the examples."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.environments import REPOSITORY
from support.pages import (
    ASKED,
    CROSS,
    DOCS,
    ELSEWHERE,
    NATIVE,
    Role,
    anchors,
    blocks,
    links,
    pages,
)

each_page = pytest.mark.parametrize(
    "page",
    [*pages(), *sorted(REPOSITORY.glob("*.md"))],
    ids=lambda page: str(page.relative_to(REPOSITORY)),
)


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(page):
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        # A forge shows directories, too; the site has none.
        assert target.is_file(), link
        if anchor:
            assert anchor in anchors(target), link


def test_every_page_is_in_the_navigation() -> None:
    index = DOCS / "index.md"
    listed = [(DOCS / link.partition("#")[0]).resolve() for link in links(index)]
    assert set(pages()) - {index} == set(listed)


def test_commands_of_tutorials_and_guides_are_tried() -> None:
    """Each page with commands is in one list, and says so only if it has some."""
    shown = {
        str(page.relative_to(REPOSITORY))
        for page in pages()
        if page.parent.name in ("tutorials", "how-to")
        and any(not block.skipped for block in blocks(page, "sh"))
    }
    listed = [*(run.page for run in (*NATIVE, *CROSS, *ASKED)), *ELSEWHERE]
    assert len(listed) == len(set(listed))
    assert shown - set(listed) == set(), "list them in tests/support/pages.py"
    assert set(listed) - shown == set(), "these show no commands"
    for test in ELSEWHERE.values():
        assert (REPOSITORY / test).is_file()


@each_page
def test_parts_of_files_are_in_the_files(page: Path) -> None:
    for block in blocks(page):
        if block.role is Role.PART:
            assert block.file
            assert block.text in (REPOSITORY / block.file).read_text("utf-8"), block.place


def test_what_a_page_shows(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# A `b` & c\n\n`x.toml`:\n\n```toml skip=why\na = 1\n```\n\n## Twice\n\n## Twice\n\n"
        "* Append to `x.toml`:\n\nAppend to `x.toml`:\n\n  ```toml\n  b = [x](y)\n  ```\n"
        "[text `[x](y)`](other.md#place) ![image](z) [site](https://example.com)\n"
    )
    first, second = blocks(page, "toml")
    assert (first.file, first.role, first.text, first.skipped) == (
        *("x.toml", Role.WHOLE, "a = 1\n", "why"),
    )
    assert (second.file, second.role, second.text) == ("x.toml", Role.APPENDED, "b = [x](y)\n")
    assert second.line == 17
    assert blocks(page, "sh") == []
    assert links(page) == ["other.md#place"]
    assert anchors(page) == {"a-b--c", "twice", "twice-1"}
