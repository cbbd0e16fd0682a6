"""``cross.detect``: the cross configuration that the environment of the build asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import ConfigError
from ..platforms.environments.detect import detect_cross
from ..records import dataclass
from .edits import Op
from .kinds import Boolean
from .read import Layer, Reader
from .tree import ABSENT, Table, merge

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..platforms.build import BuildPlatform
    from ..platforms.environments.detect import Detection
    from .evaluate import Evaluator

# What says which host system it is.
_DESCRIBES_A_HOST = ("arch", "python")


@dataclass(frozen=True)
class DetectedCross:
    """The table ``cross`` to use, absent in native builds, and what came of the search.

    ``where`` says where the table comes from, if it was detected. ``deployment_target`` is the
    version of macOS or iOS that compilers are told and that the tag has, if there is one.
    """

    cross: Table
    pre_build: BuildPlatform
    detection: Detection | None = None
    where: str = ""
    notes: tuple[str, ...] = ()
    deployment_target: str = ""


def detect(
    tree: Table, whens: Iterable[Table], build: BuildPlatform, evaluator: Evaluator
) -> DetectedCross:
    """Return the cross configuration: the one in ``tree``, else the one that is detected.

    A project that compiles nothing is not looked at. Mistakes are added to the problems of the
    ``evaluator``, doubts to its warnings.
    """
    explicit = tree.table("cross")
    native_target = build.mac.deployment_target if build.mac else ""
    if _describes_a_host(explicit):
        return DetectedCross(explicit, build.truth)
    native = DetectedCross(ABSENT, build, deployment_target=native_target)
    places = [tree, *whens, *(node for node in tree.children.values() if isinstance(node, Table))]
    if not _is_wanted(explicit) or not any(place.table("cmake").present for place in places):
        return native
    try:
        detection = detect_cross(build)
    except ConfigError as e:
        evaluator.problems += e.problems
        return native
    found = detection.found
    if found is None:
        return DetectedCross(ABSENT, build, detection, deployment_target=native_target)
    layer = Layer(f"the environment ({found.environment})", evaluator.project_dir, "cross")
    values = found.table()
    os_name = str(values.get("os"))
    places = [tree, *whens, tree.table(os_name), explicit]
    if not any(place.table("cmake").present for place in places):
        # Nothing is compiled for that system.
        values.pop("cmake", None)
    table = Reader(layer, evaluator.problems).read(("cross",), Op.DEFAULT, values).table("cross")
    evaluator.warnings += found.warnings
    target = found.options.get("CMAKE_OSX_DEPLOYMENT_TARGET:STRING") or found.options.get(
        "CMAKE_OSX_DEPLOYMENT_TARGET", [""]
    )
    return DetectedCross(
        merge(table, explicit),
        found.pre_build,
        detection,
        where=f"the environment ({found.because})",
        notes=(found.why, *found.notes),
        deployment_target=target[0],
    )


def _is_wanted(table: Table) -> bool:
    return bool(Boolean().fold(edits)) if (edits := table.edits("detect")) else True


def _describes_a_host(table: Table) -> bool:
    """Whether a table ``cross`` is a cross configuration of its own.

    Without the key ``detect``, every table is, as it has always been.
    """
    says_detect = bool(table.edits("detect"))
    return table.present and (not says_detect or any(table.edits(key) for key in _DESCRIBES_A_HOST))
