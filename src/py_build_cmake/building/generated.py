"""Writing the files that are made from templates. A file whose contents did not change is not
touched, so that nothing is compiled again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..archive.reproducible import written_whole
from ..base.errors import Problem, ProjectError, WheelError
from ..project.plan import installed_place

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from ..project.plan import BuildPlan

_KEY = "`generate`"


def write_sources(plan: BuildPlan) -> None:
    """Write the files that are made in the project directory. Builds that run at the same time see
    whole files.

    :raises ProjectError: a file cannot be written.
    """
    for place, text in plan.generated_texts("source").items():
        path, data = plan.config.project_dir / place, text.encode()
        try:
            if path.is_file() and path.read_bytes() == data:
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            with written_whole(path) as file:
                file.write(data)
        except OSError as e:
            raise ProjectError(
                f"{path} cannot be written: {e.strerror}",
                where=_KEY,
                hint='make the directory writable, or write `location = "install"`',
            ) from e


def stage_files(plan: BuildPlan, staging: Path, others: Collection[str]) -> None:
    """Write the files that are made in the wheel. ``others`` are the places of its files that are
    not in the staging directory.

    :raises WheelError: the wheel has another file there.
    """
    texts = {
        installed_place(place, plan.metadata.base_name): text
        for place, text in plan.generated_texts("install").items()
    }
    problems = [
        Problem(
            f"{place} is in the wheel already: what is made from a template would replace it",
            _KEY,
            'remove the other file, or write `location = "source"` to replace it in the project',
        )
        for place in texts
        if place in others or (staging / place).exists()
    ]
    if problems:
        raise WheelError.from_problems(problems)
    for place, text in texts.items():
        path = staging / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
