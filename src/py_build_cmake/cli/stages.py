"""``py-build-cmake configure``, ``build`` and ``install``: the parts of a build one by one."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Callable

import click

from ..building.by_hand import Changes, Selection, run_verb, write_user_presets
from .options import Command, example, fresh_option, open_session, report_option, source_options

if TYPE_CHECKING:
    from ..base.console import StepBegins
    from ..project.plan import BuildPlan
    from .options import ProgramOptions


class _PassesOn(click.Command):
    """A command that passes everything from the first unknown word on to CMake."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        options = [p for p in self.get_params(ctx) if isinstance(p, click.Option)]
        takes_value = {name: not option.is_flag for option in options for name in option.opts}
        rest = iter(range(len(args)))
        for position in rest:
            word = args[position]
            name, equals, _ = word.partition("=")
            is_joined = not word.startswith("--") and word[:2] in takes_value and len(word) > 2
            if word == "--":
                break
            if is_joined or (equals and name in takes_value):
                continue
            if word not in takes_value:
                args = [*args[:position], "--", *args[position:]]
                break
            if takes_value[word]:
                next(rest, None)
        return super().parse_args(ctx, args)


def _stage_options(command: Command) -> Command:
    """Add the options that say which CMake configurations are meant, and the arguments."""
    for decorator in (
        click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[ARGUMENTS]..."),
        click.option(
            "--all",
            "is_whole",
            is_flag=True,
            help="All CMake configurations. The native pre-build of a cross build is installed"
            " first, since the cross build may need it.",
        ),
        click.option(
            "--native",
            "is_native",
            is_flag=True,
            help="The native pre-build of a cross build, in place of the cross build.",
        ),
        click.option(
            "--index",
            type=int,
            default=0,
            metavar="N",
            help="Index of the CMake configuration, 0 unless given.",
        ),
        fresh_option,
        source_options,
    ):
        command = decorator(command)
    return command


def _config_option(help_text: str) -> Callable[[Command], Command]:
    return click.option(
        "--config", "configurations", multiple=True, metavar="CONFIG", help=help_text
    )


@click.command(
    cls=_PassesOn,
    epilog=example(
        "py-build-cmake configure -DCMAKE_EXPORT_COMPILE_COMMANDS=On",
        "py-build-cmake configure --cross aarch64.cross.toml --all",
        "py-build-cmake configure --preset-file",
    ),
)
@click.option("--preset", metavar="PRESET", help="Configure preset, in place of `cmake.preset`.")
@click.option(
    "--use-build-presets",
    is_flag=True,
    help="Without effect: build presets can be used in any build directory.",
)
@click.option(
    "--preset-file",
    "for_ides",
    is_flag=True,
    help="Configure exactly as a build of the wheel, and write presets to CMakeUserPresets.json, by"
    " which IDEs use the same build directory; link compile_commands.json for clangd.",
)
@_stage_options
@click.pass_obj
def configure(common: ProgramOptions, /, **given: Any) -> None:
    """Configure with CMake, as a build of the wheel would.

    Unlike that, CMake is not told where to install. ARGUMENTS are added to those of CMake.
    """
    if given["for_ides"]:
        _write_presets(common, given)
        return
    _run(common, "configure", Changes(preset=given["preset"]), given)


@click.command(
    cls=_PassesOn,
    epilog=example(
        "py-build-cmake build",
        "py-build-cmake build --config Debug -- --target all --verbose",
    ),
)
@click.option(
    "--preset",
    "presets",
    multiple=True,
    metavar="PRESET",
    help="Build preset, in place of `cmake.build_presets` and `cmake.config`.",
)
@_config_option("Configuration, in place of `cmake.build_presets` and `cmake.config`.")
@report_option
@_stage_options
@click.pass_obj
def build(common: ProgramOptions, /, **given: Any) -> None:
    """Build what is configured; with `--fresh`, configure first.

    ARGUMENTS are added to those of `cmake --build`.
    """
    changes = Changes(build_presets=given["presets"], configurations=given["configurations"])
    if not given["report"]:
        _run(common, "build", changes, given)
        return
    from ..reports.page import Report, write_report
    from ..reports.timing import Clock, made_by_ninja

    clock, since = Clock(), time.time()
    plan = _run(common, "build", changes, given, lambda step: clock.note("build", str(step)))
    clock.end("build")
    made = tuple(made_by_ninja("build", plan.build_dirs, since))
    title = f"Build of {plan.metadata.name}"
    write_report(Report(title, steps=clock.spans, made=made), given["report"])


@click.command(
    short_help="Install what is built.",
    cls=_PassesOn,
    epilog=example(
        "py-build-cmake install -- --prefix /tmp/stage",
        "py-build-cmake install --config Release --component python_modules",
    ),
)
@_config_option("Configuration, in place of `cmake.install_config`.")
@click.option(
    "--component",
    "components",
    multiple=True,
    metavar="COMPONENT",
    help="Component, in place of `cmake.install_components`.",
)
@_stage_options
@click.pass_obj
def install(common: ProgramOptions, /, **given: Any) -> None:
    """Install what is built, to where CMake's cache says (CMAKE_INSTALL_PREFIX); with `--fresh`,
    configure and build first.

    That is the system's directory, unless `configure` was told otherwise. The native pre-build of
    a cross build goes to where the cross build finds it. ARGUMENTS are added to those of
    `cmake --install`.
    """
    changes = Changes(configurations=given["configurations"], components=given["components"])
    _run(common, "install", changes, given)


def _write_presets(common: ProgramOptions, given: dict[str, Any]) -> None:
    """Write presets for IDEs. What only this command is given would not be in the wheel."""
    for option, value in (
        ("--native", given["is_native"]),
        ("--preset", given["preset"]),
        ("ARGUMENTS", given["arguments"]),
    ):
        if value:
            raise click.UsageError(f"--preset-file is about the wheel, which has no {option}")
    selection = Selection(given["index"], False, given["is_whole"], common.build_path)
    write_user_presets(open_session(common, given), selection)


def _run(
    common: ProgramOptions,
    verb: str,
    changes: Changes,
    given: dict[str, Any],
    on_step: Callable[[StepBegins], None] | None = None,
) -> BuildPlan:
    """Run a command, and return the plan that it belongs to."""
    from dataclasses import replace

    if given["is_whole"] and given["is_native"]:
        raise click.UsageError("--all includes what --native is about; give one of them")
    session = open_session(common, given, on_step=on_step)
    selection = Selection(
        given["index"],
        given["is_native"],
        given["is_whole"],
        common.build_path,
        session.settings.fresh,
    )
    return run_verb(session, verb, selection, replace(changes, arguments=given["arguments"]))
