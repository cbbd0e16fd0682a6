"""The page: one file of HTML that needs nothing else, neither scripts nor the network.

All that it shows is in it as JSON, too. Text and numbers of the page are made from that JSON.
"""

from __future__ import annotations

import json
from dataclasses import asdict, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.errors import ConfigError
from ..base.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .in_wheel import WheelContents
    from .timing import Made, Span

_TEMPLATE = "page.html"
# A reader that knows this number understands the JSON. New keys do not change it.
_FORMAT_VERSION = 1
# Of the files that took longest to make, and of those in a wheel, so many are shown.
_MOST_SLOWEST, _MOST_MEMBERS = 25, 250
# The treemap is drawn in these units, which the page scales. Labels need so much room.
_WIDTH, _HEIGHT, _LABEL_WIDTH, _LABEL_HEIGHT, _LETTER = 1000, 380, 42, 16, 7.0
_COLOURS = 6
_KILO = 1000


@dataclass(frozen=True)
class Report:
    """What the page shows. ``outcomes`` are those of targets as ``wheels --json`` prints them,
    ``steps`` their times, ``made`` the files that Ninja made, ``wheels`` what is in them.
    """

    title: str
    wheels: tuple[WheelContents, ...] = ()
    outcomes: tuple[Mapping[str, Any], ...] = ()
    steps: Mapping[str, Sequence[Span]] = field(default_factory=dict)
    made: tuple[Made, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return everything for ``json.dumps``."""
        slowest = sorted(self.made, key=lambda made: (-made.seconds, made.target, made.file))
        return {
            "format_version": _FORMAT_VERSION,
            "title": self.title,
            "outcomes": [dict(outcome) for outcome in self.outcomes],
            "steps": {
                target: [{**asdict(span), "seconds": span.seconds} for span in spans]
                for target, spans in self.steps.items()
            },
            "made": len(self.made),
            "slowest": [asdict(made) for made in slowest[:_MOST_SLOWEST]],
            "wheels": [{**asdict(wheel), "unpacked": wheel.unpacked} for wheel in self.wheels],
        }


def need_libraries() -> None:
    """Find out whether the page can be made, before there is anything to show.

    :raises ConfigError: a library is missing.
    """
    try:
        import jinja2  # noqa: F401
        import squarify  # noqa: F401
    except ModuleNotFoundError as e:
        raise ConfigError(
            f"reports need {e.name}, which is not installed",
            hint="pip install 'py-build-cmake[report]'",
        ) from e


def write_report(report: Report, path: Path) -> None:
    """Write the page. It appears when it is complete.

    :raises OSError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.write_text(page_of(report), "utf-8")
    part.replace(path)


def page_of(report: Report) -> str:
    """Return the page."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"size": size_text, "seconds": "{:.1f} s".format}
    data = report.as_json()
    return environment.get_template(_TEMPLATE).render(
        data=data,
        # A text in it cannot end the element that it is in.
        json=json.dumps(data, indent=1).replace("<", "\\u003c"),
        total=max((s["end"] for spans in data["steps"].values() for s in spans), default=0.0),
        treemap=_treemap,
        most_members=_MOST_MEMBERS,
        width=_WIDTH,
        height=_HEIGHT,
    )


def size_text(size: int) -> str:
    """Write a size in bytes as people read it."""
    if size < _KILO:
        return f"{size} B"
    if size < _KILO**2:
        return f"{size / _KILO:.0f} kB"
    return f"{size / _KILO**2:.1f} MB"


def _treemap(members: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return rectangles for files, the largest first, with areas by size; the smallest share one.

    Files of one folder have one colour. A label is as much of the name as there is room for.
    """
    import squarify

    shown = [member for member in members[:_MOST_MEMBERS] if member["size"]]
    rest = sum(member["size"] for member in members[_MOST_MEMBERS:])
    names = [member["place"] for member in shown] + (["all other files"] if rest else [])
    sizes = [member["size"] for member in shown] + ([rest] if rest else [])
    order = sorted(range(len(sizes)), key=lambda i: -sizes[i])
    areas = squarify.normalize_sizes([sizes[i] for i in order], _WIDTH, _HEIGHT)
    folders = _numbered(names[i].rpartition("/")[0] for i in order)
    rectangles = squarify.squarify(areas, 0, 0, _WIDTH, _HEIGHT)
    return [
        {
            **{key: round(rectangle[key], 2) for key in ("x", "y", "dx", "dy")},
            "place": names[i],
            "size": sizes[i],
            "colour": folders[names[i].rpartition("/")[0]] % _COLOURS,
            "label": _label(names[i].rpartition("/")[2], rectangle),
        }
        for i, rectangle in zip(order, rectangles)
    ]


def _numbered(names: Iterable[str]) -> dict[str, int]:
    return {name: number for number, name in enumerate(dict.fromkeys(names))}


def _label(name: str, rectangle: Mapping[str, float]) -> str:
    if rectangle["dx"] < _LABEL_WIDTH or rectangle["dy"] < _LABEL_HEIGHT:
        return ""
    most = int(rectangle["dx"] / _LETTER) - 1
    return name if len(name) <= most else f"{name[: most - 1]}…"
