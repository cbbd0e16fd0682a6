"""The one error boundary: where the mistakes of users end, whichever hook they are found by."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..base.console import Console
from ..base.errors import Error, refusal_of_system
from ..base.records import dataclass
from ..cmake.runner import SubprocessRunner
from ..config.settings import parse_config_settings
from ..platforms.build_machine import detect_build_machine

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from types import TracebackType
    from typing import Any, Optional

    from ..cmake.runner import Runner
    from ..config.settings import ConfigSettings
    from ..platforms.build_machine import BuildMachine
    from .steps import Sharing

    # A value is a string, or a list of strings where a front end was given a key repeatedly.
    Settings = Optional[Mapping[str, Any]]


@dataclass(frozen=True)
class Session:
    """The surroundings of one call of a hook.

    ``editable`` is whether it is for such a wheel, ``sharing`` what several builds share.
    """

    project_dir: Path
    settings: ConfigSettings
    machine: BuildMachine
    console: Console
    runner: Runner
    editable: bool = False
    sharing: Sharing | None = None


class HookSession:
    """Provides what a hook works with, and ends the process when the user made a mistake.

    A mistake is printed without a traceback; the exit status tells the front end. Whatever else
    is raised is a defect of this program and keeps its traceback.

    ``tables`` are those that config settings can name besides the tables of a project.
    """

    def __init__(
        self,
        config_settings: Settings,
        *,
        editable: bool = False,
        tables: Collection[str] = (),
    ) -> None:
        self._config_settings = config_settings
        self._editable = editable
        self._tables = tables
        self._console = Console()

    def __enter__(self) -> Session:
        try:
            return self._open()
        except Exception as e:
            self._report(e)
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if isinstance(error, Exception):
            self._report(error)

    def _open(self) -> Session:
        machine = detect_build_machine()
        self._console = Console.of_environment(machine.environ)
        settings = parse_config_settings(self._config_settings, machine.environ, self._tables)
        self._console = Console.of_environment(
            machine.environ, verbose=settings.verbose, show_environment=settings.verbose_env
        )
        self._console.mask.hide(settings.secrets)
        runner = SubprocessRunner(self._console)
        return Session(Path.cwd(), settings, machine, self._console, runner, self._editable)

    def _report(self, error: Exception) -> None:
        known = error if isinstance(error, Error) else refusal_of_system(error)
        if known:
            self._console.error(known)
            raise SystemExit(1) from None
        self._console.defect()
