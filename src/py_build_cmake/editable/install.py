"""Making an editable install of what a build put into the staging directory."""

from __future__ import annotations

import filecmp
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.records import dataclass
from ..cmake.build_dir import OBJECTS, OURS, PRELOAD_FILE, PRIVATE_FOLDER, read_cache
from ..cmake.install_rules import installed_files
from ..cmake.memory import Memory
from ..config.sources import stated_requirements
from .isolation import advice, temporary_directories, what_will_be_missed
from .recording import without_links, without_variable
from .runtime.dependencies import scripts
from .runtime.links import mirror
from .runtime.outputs import put, with_stub_package
from .runtime.rebuild import begin, end
from .runtime.stamp import recent, snapshot
from .runtime.state import State, configured_as
from .wheel_files import own_files

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..base.console import Console
    from ..base.masking import Mask
    from ..project.plan import BuildPlan
    from .layout import Layout
    from .recording import RecordingRunner


@dataclass(frozen=True)
class EditableBuild:
    """A build for an editable install that has begun.

    ``before`` describes the files at that time, if imports will compare them, and ``newest`` is the
    time (nanoseconds) after which a file may have changed unnoticed.
    """

    plan: BuildPlan
    layout: Layout
    recorder: RecordingRunner
    before: str | None
    newest: int


def begin_install(plan: BuildPlan, layout: Layout, recorder: RecordingRunner) -> EditableBuild:
    """Describe the files before the build. From now on, the old one counts as out of date."""
    newest = recent()
    before = None
    if layout.state_file and plan.main_pass:
        begin(layout.state_file)
        before = snapshot(plan.source_roots, [], newest=newest) if layout.build_hook else None
    return EditableBuild(plan, layout, recorder, before, newest)


def finish_install(
    install: EditableBuild, files: Mapping[str, Path], scratch: Path, console: Console
) -> dict[str, Path]:
    """Put the built files where imports find them, and return the files of the editable wheel.

    ``files`` are those that an ordinary wheel would have, by their place in it. ``scratch`` is an
    empty directory, which must exist until the wheel is written.
    """
    plan, layout = install.plan, install.layout
    others = _not_modules(plan)
    sources = dict(plan.module.files())
    outputs = {
        place: path
        for place, path in files.items()
        if not place.startswith(others)
        and not (place in sources and filecmp.cmp(path, sources[place], shallow=False))
    }
    if layout.tree:
        wanted = _with_stub_package(plan, layout, outputs, scratch)
        put(wanted, layout.tree)
        if layout.mode == "symlink" and plan.module.path:
            mirror(str(plan.module.path), str(layout.tree / plan.module.path.name))
    if layout.state_file and plan.main_pass:
        state = _state(plan, layout, outputs, install.recorder, console.mask)
        state.write(layout.state_file)
        # Without a build hook, the stamp is not used.
        end(layout.state_file, state, install.before, install.newest)
        if state.advice:
            tell = console.warning if layout.build_hook else console.info
            tell("\n    ".join(state.advice))
    payload = {place: path for place, path in files.items() if place.startswith(others)}
    for place, text in own_files(plan, layout, outputs).items():
        path = scratch / "wheel" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode(errors="surrogateescape"))
        payload[place] = path
    return payload


def _not_modules(plan: BuildPlan) -> tuple[str, ...]:
    base = plan.metadata.base_name
    return (f"{base}.dist-info/", f"{base}.data/")


def _wants_stub_package(plan: BuildPlan, layout: Layout) -> bool:
    return layout.mode != "symlink" and plan.module.path is not None


def _with_stub_package(
    plan: BuildPlan, layout: Layout, outputs: Mapping[str, Path], scratch: Path
) -> Mapping[str, Path]:
    if not _wants_stub_package(plan, layout):
        return outputs
    return with_stub_package(outputs, plan.module.name, scratch)


def _state(
    plan: BuildPlan,
    layout: Layout,
    outputs: Mapping[str, Path],
    recorder: RecordingRunner,
    mask: Mask,
) -> State:
    assert layout.tree is not None
    assert plan.main_pass is not None
    assert plan.log is not None
    build, project_dir, staging = (
        plan.machine,
        plan.config.project_dir,
        plan.main_pass.install_prefix,
    )
    commands = recorder.commands()
    directories = list(dict.fromkeys(Path(command.build_dir) for command in commands))
    caches = {directory: read_cache(directory) for directory in directories}
    programs = [cache.get("CMAKE_MAKE_PROGRAM", "") for cache in caches.values()]
    tools = {
        "cmake": commands[0].argv[0] if commands else "",
        "ninja": next((program for program in programs if "ninja" in program), ""),
        "python": str(build.executable),
    }
    temporary = temporary_directories(build)
    if temporary:
        # These entries led to the build requirements.
        commands = [without_variable(command, "PYTHONPATH") for command in commands]
        commands = [without_links(command, build.environ.get("PATH", "")) for command in commands]
    missed = what_will_be_missed(caches, tools, temporary, build.environ.get("PATH", ""))
    texts = [text for c in commands for text in (*c.argv, *c.environ.values())]
    made = plan.generated_texts("install")
    by_cmake = {str(path) for directory in directories for path in installed_files(directory)}
    state = State(
        name=plan.module.name,
        project=str(project_dir),
        tree=str(layout.tree),
        source=str(plan.module.path or "") if layout.mode == "symlink" else "",
        staging=str(staging),
        lock=str(staging.with_name("lock")),
        log=str(plan.log.with_name("py-build-cmake-rebuild.log")),
        python_version="{}.{}".format(*build.version_info),
        stub_package=_wants_stub_package(plan, layout),
        is_ninja=all(cache.get("CMAKE_GENERATOR") == "Ninja" for cache in caches.values()),
        roots=plan.source_roots,
        not_modules=list(_not_modules(plan)),
        kept=[
            place
            for place in outputs
            if place in made or (place.endswith(".pyi") and str(staging / place) not in by_cmake)
        ],
        tools=tools,
        temporary=temporary,
        advice=advice(missed, project_dir, stated_requirements(project_dir, [])),
        configured={str(directory): configured_as(str(directory)) for directory in directories},
        given={str(path): _text(path) for directory in directories for path in _given(directory)},
        owned=[str(directory) for directory in directories if Memory(directory).is_owned],
        ours=OURS,
        objects=OBJECTS,
        scripts={},
        hidden=mask.hidden_in("\n".join(texts)),
        commands=commands,
    )
    return replace(state, scripts=scripts(state))


def _given(build_dir: Path) -> list[Path]:
    """Return the files that this program wrote for CMake."""
    return [build_dir / PRELOAD_FILE, *sorted((build_dir / PRIVATE_FOLDER).glob("*.cmake"))]


def _text(path: Path) -> str:
    return path.read_bytes().decode(errors="surrogateescape")
