"""The process that runs one job; it calls the hooks' functions like a front end."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.records import dataclass
from .jobs import settings_as_json, settings_from_json
from .processes import write_event

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..building.session import Session
    from ..config.settings import ConfigSettings
    from ..project.plan import BuildPlan
    from ..verify.contents import WheelReport

# Starts the worker of this installation. The current directory is empty, so it hides no module.
_START = (
    "import sys; sys.path[:] = [sys.argv[1], *filter(None, sys.path)];"
    " from py_build_cmake.wheels.worker import main; main(sys.argv[2])"
)


@dataclass(frozen=True)
class Order:
    """What a worker is to do.

    ``native_to`` makes it only build the native pre-build, and copy it to that directory;
    ``native_from`` is such a copy. Otherwise the wheel goes into ``directory``, and the answer
    into the file ``answer``. The steps of the build are written to the file ``events``.
    ``processors`` is how many compilers may run.
    """

    project_dir: Path
    settings: ConfigSettings
    directory: Path
    answer: Path
    events: Path
    processors: int = 1
    native_to: Path | None = None
    native_from: Path | None = None

    def write(self, path: Path) -> None:
        """Write the order to a file."""
        values = {name: str(value) for name, value in vars(self).items() if value is not None}
        values["processors"] = str(self.processors)
        path.write_text(json.dumps({**values, "settings": settings_as_json(self.settings)}))

    @classmethod
    def read(cls, path: Path) -> Order:
        """Read an order from a file."""
        values: dict[str, Any] = json.loads(path.read_text())
        settings = settings_from_json(values.pop("settings"))
        processors = int(values.pop("processors"))
        return cls(
            settings=settings, processors=processors, **{n: Path(v) for n, v in values.items()}
        )


def worker_command(order: Path) -> Sequence[str]:
    """Return the command of a worker, to be run in an empty directory."""
    root = Path(__file__).resolve().parents[2]
    return (sys.executable, "-c", _START, str(root), str(order))


def main(order_file: str) -> None:
    """Carry out an order; errors are printed as the hooks print them."""
    from ..building.session import ErrorBoundary
    from ..building.steps import Sharing

    _end_with_parent()
    with ErrorBoundary() as boundary:
        order = Order.read(Path(order_file))
        os.chdir(order.project_dir)
        sharing = Sharing(order.processors, order.native_from)
        session = boundary.open_session(
            order.project_dir,
            lambda _: order.settings,
            sharing=sharing,
            on_step=partial(write_event, order.events),
        )
        _carry_out(order, session)


def _carry_out(order: Order, session: Session) -> None:
    from ..building.wheel import build_native, build_wheel, plan_wheel

    if order.native_to:
        build_native(session, order.native_to)
        return
    order.directory.mkdir(parents=True, exist_ok=True)
    name = build_wheel(session, order.directory, None)
    answer = {"wheel": name, "verified": _verdict(order.directory / name, plan_wheel(session))}
    order.answer.write_text(json.dumps(answer))


def _verdict(wheel: Path, plan: BuildPlan) -> str:
    """Return whether the packed wheel fits its tag, if the configuration has it verified."""
    if plan.wheel.verify == "off":
        return "off"
    return "yes" if inspect_built(wheel, plan).is_sound else "no"


def inspect_built(wheel: Path, plan: BuildPlan) -> WheelReport:
    """Inspect a packed wheel as its configuration says."""
    from ..verify.ignored import Ignored
    from ..verify.inspect import inspect_wheel

    return inspect_wheel(
        wheel,
        ignored=Ignored.of(plan.wheel.verify_ignore),
        external_libraries=plan.absent_libraries,
        # Unknown tags were refused with the configuration, except for that of this machine.
        allow_unknown_tags=True,
    )


def _end_with_parent() -> None:
    """End this process and its children when the parent has ended, even if it was killed. The
    parent holds the other end of standard input, and writes nothing.
    """

    def wait() -> None:
        with suppress(OSError):
            if os.read(0, 1) == b"":
                if hasattr(os, "killpg"):
                    os.killpg(os.getpgrp(), signal.SIGTERM)
                os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
