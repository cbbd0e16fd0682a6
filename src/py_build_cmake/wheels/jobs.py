"""What is to be built, and its outcome."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.records import dataclass
from ..config.settings import ConfigSettings, CrossTable

if TYPE_CHECKING:
    from collections.abc import Mapping

_CROSS_SUFFIXES = (".toml", ".pbc", ".cross", ".py-build-cmake")
BUILT, REUSED, FAILED, STOPPED = "built", "reused", "failed", "not built"


@dataclass(frozen=True)
class Job:
    """One wheel to build: cross files and tables that are added to the project's configuration.
    Without any, it is the wheel that the hooks build without settings.
    """

    name: str
    cross: tuple[str, ...] = ()
    tables: tuple[CrossTable, ...] = ()

    def settings(self, common: ConfigSettings) -> ConfigSettings:
        """Return the config settings of the job, given those of all jobs."""
        return replace(
            common,
            cross=(*common.cross, *self.cross),
            cross_tables=(*common.cross_tables, *self.tables),
        )


@dataclass(frozen=True)
class Matrix:
    """The jobs that a matrix file lists; ``native`` is whether the native wheel is wanted."""

    jobs: tuple[Job, ...]
    native: bool = False


@dataclass(frozen=True)
class Outcome:
    """The outcome of one job; ``job`` is its name.

    ``status`` is ``built``, ``reused`` (nothing changed since it was built), ``failed`` or ``not
    built``. ``size`` is in bytes. ``verified`` says whether the verification passed: ``yes``,
    ``no``, or ``off``. ``message`` says why there is no wheel, or why it was built again.
    """

    job: str
    status: str
    wheel: Path | None = None
    tag: str = ""
    size: int = 0
    seconds: float = 0.0
    verified: str = ""
    log: Path | None = None
    message: str = ""

    @property
    def is_good(self) -> bool:
        """Whether there is a wheel."""
        return self.status in (BUILT, REUSED)

    def as_json(self) -> dict[str, Any]:
        """Return the outcome for ``json.dumps``."""
        return {
            "target": self.job,
            **{name: value for name, value in asdict(self).items() if name != "job"},
            "wheel": str(self.wheel) if self.wheel else None,
            "log": str(self.log) if self.log else None,
            "seconds": round(self.seconds, 1),
        }


def name_of_cross_file(file: str) -> str:
    """Return the name of the job that a cross file describes: its own, without suffixes."""
    name = Path(file).name
    while name.endswith(_CROSS_SUFFIXES) and name.rindex("."):
        name = name[: name.rindex(".")]
    return name


def settings_as_json(settings: ConfigSettings) -> dict[str, Any]:
    """Return config settings for ``json.dumps``."""
    return asdict(settings)


def settings_from_json(values: Mapping[str, Any]) -> ConfigSettings:
    """Return the config settings that were written by :func:`settings_as_json`."""
    return ConfigSettings(
        **{
            **values,
            **{name: tuple(values[name]) for name in ("local", "cross", "component")},
            "cross_tables": tuple(CrossTable(**table) for table in values["cross_tables"]),
            "overrides": tuple((label, text) for label, text in values["overrides"]),
        }
    )
