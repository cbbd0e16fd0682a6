"""``py-build-cmake config``: the configuration of a project, and what there is to configure.

The effective configuration is shown with the origin of every value, as text and as JSON.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..base.masking import MASK, is_secret, looks_secret
from ..config.kinds import CMakeValue, EnvironmentValue
from ..config.layers import Op, split_shadowed
from ..config.load import load_explained
from ..config.overrides import quote
from ..config.read import dotted
from .options import example, json_option, open_session, source_options
from .reference import reference_page
from .terminal import open_screen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..base.masking import Mask
    from ..config.evaluate import Explanation
    from ..config.layers import Edit
    from ..config.load import Explained
    from .options import ProgramOptions


_COMMENT = 40  # column


def configuration_as_text(explained: Explained) -> Iterator[str]:
    """Yield the lines of a TOML document, in which comments say where the values come from."""
    yield from (f"# {name} = {_toml(value)}" for name, value in _summary(explained).items())
    yield from (f"# {note}" for note in explained.config.notes)
    tables: dict[tuple[str, ...], list[Explanation]] = {}
    for explanation in explained.explanations:
        tables.setdefault(explanation.path[:-1], []).append(explanation)
    for path, explanations in tables.items():
        yield ""
        yield f"[{dotted(path)}]"
        for explanation in explanations:
            yield from _option(explanation)


def _option(explanation: Explanation) -> Iterator[str]:
    name = dotted(explanation.path[-1:])
    shadowed, in_force = split_shadowed(explanation.edits)
    value = plain(explanation.value)
    shown = f"{name} = {_toml(value)}" if value is not None else f"# {name} is not set"
    origins = [str(edit.origin) for edit in in_force]
    if explanation.default:
        origins.append(explanation.default)
    first, *others = dict.fromkeys(origins)
    yield f"{shown:{_COMMENT}}  # {first}"
    yield from (f"{'':{_COMMENT}}  # and {origin}" for origin in others)
    for edit in reversed(shadowed):
        yield f"{'':{_COMMENT}}  # instead of {_edited(edit)} ({edit.origin})"


def configuration_as_json(explained: Explained) -> dict[str, Any]:
    """Return the same for ``json.dumps``."""
    return {
        **_summary(explained),
        "notes": list(explained.config.notes),
        "warnings": list(explained.config.warnings),
        "options": [
            {
                "key": dotted(explanation.path),
                "path": list(explanation.path),
                "value": plain(explanation.value),
                "default": explanation.default or None,
                "origins": _edits(split_shadowed(explanation.edits)[1]),
                "shadowed": _edits(split_shadowed(explanation.edits)[0]),
            }
            for explanation in explained.explanations
        ],
    }


def _summary(explained: Explained) -> dict[str, Any]:
    config, facts = explained.config, explained.facts
    host = config.host_platform
    return {
        "project": str(config.project_dir),
        "host": "-".join((host.python_tag, host.abi_tag, ".".join(host.platform_tags))),
        "os": facts.os,
        "arch": facts.arch[-1],
        "python": facts.python,
        "implementation": facts.implementation[-1],
        "abiflags": facts.abiflags,
        "cross": facts.cross,
        "editable": facts.editable,
        "from_sdist": facts.from_sdist,
    }


def _edits(edits: Sequence[Edit]) -> list[dict[str, Any]]:
    return [
        {
            "source": edit.origin.place.source,
            "key": edit.origin.place.key,
            "operator": edit.op.value or Op.ASSIGN.value,
            "value": plain(edit.value),
        }
        for edit in edits
    ]


def _edited(edit: Edit) -> str:
    if edit.op is Op.CLEAR:
        return str(edit.op.value)
    operator = f"{edit.op.value} " if edit.op not in (Op.DEFAULT, Op.ASSIGN) else ""
    return operator + _toml(plain(edit.value))


def plain(value: object) -> Any:
    """Return a value in the types of JSON and TOML; None means that there is none."""
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, tuple):
        return [plain(element) for element in value]
    if isinstance(value, CMakeValue):
        elements = list(value.elements)
        one = elements[0] if len(elements) == 1 else elements
        return {"value": one, "type": value.type} if value.type else one
    if isinstance(value, EnvironmentValue):
        parts = {
            "clear": value.cleared,
            "remove": list(value.removals),
            "append": value.append,
            "append-path": list(value.append_path),
            "prepend": value.prepend,
            "prepend-path": list(value.prepend_path),
        }
        said: dict[str, object] = {name: part for name, part in parts.items() if part}
        if value.value is None:
            return said
        return {"value": value.value, **said} if said else value.value
    return value


def _without_secrets(explained: Explained, mask: Mask) -> Explained:
    """Return the configuration as it may be shown, also in a log that everybody can read."""
    return replace(
        explained,
        explanations=tuple(
            replace(
                explanation,
                value=_masked(explanation.path[-1], plain(explanation.value), mask),
                edits=tuple(
                    replace(edit, value=_masked(explanation.path[-1], plain(edit.value), mask))
                    for edit in explanation.edits
                ),
            )
            for explanation in explained.explanations
        ),
    )


def _masked(name: str, value: object, mask: Mask) -> Any:
    """Return a value without secrets; ``name`` is the last part of the option's."""
    if isinstance(value, dict):
        return {key: _masked(name, inner, mask) for key, inner in value.items()}
    if isinstance(value, list):
        return [_masked(name, element, mask) for element in value]
    if isinstance(value, str) and looks_secret(name) and is_secret(value):
        return MASK
    return mask.text(mask.command([value])[0]) if isinstance(value, str) else value


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{dotted([k])} = {_toml(v)}' for k, v in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return quote(value) if isinstance(value, str) else str(value)


@click.group(
    short_help="Show the configuration, and which options there are.",
    epilog=example("py-build-cmake config show --cross aarch64.cross.toml"),
)
def config() -> None:
    """Look at the configuration of a project, and at what there is to configure."""


@config.command(
    short_help="Print the configuration, and where values come from.",
    epilog=example(
        "py-build-cmake config show",
        "py-build-cmake config show --cross aarch64.cross.toml -C cmake.build_type=Debug --json",
    ),
)
@source_options
@click.option("--editable", is_flag=True, help="The configuration of an editable install.")
@json_option()
@click.pass_obj
def show(common: ProgramOptions, /, *, editable: bool, wants_json: bool, **more: Any) -> None:
    """Print the effective configuration, and where every value comes from."""
    session = open_session(common, more, editable=editable)
    explained = load_explained(
        session.project_dir, session.settings, session.machine, editable=editable
    )
    if not session.console.mask.show_environment:
        explained = _without_secrets(explained, session.console.mask)
    for warning in explained.config.warnings:
        session.console.warning(warning)
    text = "\n".join(configuration_as_text(explained))
    click.echo(json.dumps(configuration_as_json(explained), indent=2) if wants_json else text)


@config.command(
    "format",
    epilog=example("py-build-cmake config format", "py-build-cmake config format --md"),
)
@click.option("--md", "wants_markdown", is_flag=True, help="Print Markdown.")
@click.pass_obj
def print_format(common: ProgramOptions, /, *, wants_markdown: bool) -> None:
    """Print the reference of all options."""
    if wants_markdown:
        click.echo(reference_page())
        return
    import rich.markdown

    screen = open_screen(common.boundary.detect_machine().environ)
    screen.print(rich.markdown.Markdown(reference_page()))
