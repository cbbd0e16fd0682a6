"""The commit that a project was made from: of its checkout, or as an archive of it records.

The record is ``.git_archival.txt``, which archives of git have where ``.gitattributes`` marks it
with ``export-subst``, and which setuptools-scm reads, too. Source distributions get one if a
template names the commit.

Source: gitattributes(5), "export-subst"; git-log(1), "PRETTY FORMATS".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..base.errors import ProjectError
from ..base.records import dataclass
from ..config.sources import is_unpacked_sdist

if TYPE_CHECKING:
    from pathlib import Path

RECORD_FILE = ".git_archival.txt"
_TEMPLATE = "node: $Format:%H$\nnode-date: $Format:%cI$\n"
_PLACEHOLDER = re.compile(r"\$Format:(.*?)\$")
_HINT = (
    "make archives of a checkout of git by `py-build-cmake sdist`, or by `git archive` with"
    f" `{RECORD_FILE} export-subst` in .gitattributes"
)


@dataclass(frozen=True)
class Revision:
    """A commit: its hash, the time of the commit (ISO 8601), and the record of both."""

    sha: str
    date: str
    record: str


def find_revision(project_dir: Path) -> Revision:
    """Return the commit of a project.

    :raises ProjectError: the project is neither in a checkout nor from an archive with a record.
    """
    path = project_dir / RECORD_FILE
    record = path.read_text("utf-8", errors="replace") if path.is_file() else _TEMPLATE
    if _PLACEHOLDER.search(record):
        if is_unpacked_sdist(project_dir):
            raise ProjectError(
                f"the commit is not known: this source distribution has no {RECORD_FILE}",
                where=str(project_dir),
                hint=_HINT,
            )
        record = _PLACEHOLDER.sub(lambda match: _ask_git(project_dir, match[1]), record)
    found = dict(re.findall(r"^([\w-]+):[ \t]*(.*?)[ \t]*$", record, re.MULTILINE))
    sha, date = found.get("node", ""), found.get("node-date", "")
    if not re.fullmatch(r"[0-9a-f]{40,64}", sha) or not date:
        raise ProjectError(
            "must have a line `node: …` with the hash of a commit and a line `node-date: …`",
            where=RECORD_FILE,
            hint="write into it `node: $Format:%H$` and `node-date: $Format:%cI$`",
        )
    return Revision(sha, date, record)


def _ask_git(project_dir: Path, form: str) -> str:
    """Return what git says of the commit that is checked out."""
    from .git import GitError, ask_git

    try:
        said = ask_git(project_dir, "log", "-1", f"--format={form}")
    except GitError as e:
        if e.is_missing:
            raise ProjectError(
                f"git, which knows the commit, cannot be run: {e}",
                where=str(project_dir),
                hint="install git",
            ) from e
        first = str(e).partition("\n")[0]
        raise ProjectError(
            f"git does not know the commit of the project: {first}",
            where=str(project_dir),
            hint=_HINT,
        ) from e
    return said.decode(errors="replace").strip()
