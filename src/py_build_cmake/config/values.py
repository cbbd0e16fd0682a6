"""The values of options that are more than a text or a list: CMake options and the environment."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..records import dataclass
from .edits import Op

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .edits import Edit


@dataclass(frozen=True)
class CMakeValue:
    """The value of a CMake cache entry: one or more elements and, if known, their type."""

    elements: tuple[str | bool, ...]
    type: str | None = None
    strict: bool = True

    @property
    def is_boolean(self) -> bool:
        """Whether there is nothing but booleans."""
        return bool(self.elements) and all(isinstance(e, bool) for e in self.elements)

    @property
    def text(self) -> str:
        """The value as CMake takes it: a list, in which a semicolon is not a separator."""
        return ";".join(
            ("On" if e else "Off") if isinstance(e, bool) else e.replace(";", "\\;")
            for e in self.elements
        )


def _unchanged(text: str) -> str:
    return text


@dataclass(frozen=True)
class EnvironmentValue:
    """What happens to a text: it is replaced, or something is added to it or removed from it.

    The result is the value, then what is appended to it, then what is appended as a path; what is
    prepended stands before, the path first. Without a value, the text that is there already is
    taken.
    """

    value: str | None = None
    append: str = ""
    append_path: tuple[str, ...] = ()
    prepend: str = ""
    prepend_path: tuple[str, ...] = ()
    removals: tuple[str, ...] = ()
    cleared: bool = False
    where: str = ""

    @classmethod
    def of(cls, edits: Sequence[Edit]) -> EnvironmentValue:
        """Compute what a list of edits amounts to."""
        result = cls()
        for edit in edits:
            result = replace(result._after(edit), where=str(edit.origin))
        return result

    @property
    def is_unset(self) -> bool:
        """Whether nothing was said, or the last thing said was to clear it."""
        return self == EnvironmentValue(where=self.where, cleared=self.cleared)

    def resolve(
        self,
        current: str | None,
        expand: Callable[[str], str] = _unchanged,
        pathsep: str = os.pathsep,
    ) -> str | None:
        """Return the text; None means that the variable is removed.

        ``current`` is the text that is there, ``expand`` is applied to what the configuration
        says, and ``pathsep`` separates paths.
        """
        added = (self.append, *self.append_path, self.prepend, *self.prepend_path)
        if self.value is None and (self.cleared or current is None) and not any(added):
            return None
        base = (
            current or "" if self.value is None and not self.cleared else expand(self.value or "")
        )
        for removal in self.removals:
            base = base.replace(expand(removal), "")
        text = _join(pathsep, base + expand(self.append), *map(expand, self.append_path))
        return _join(pathsep, *map(expand, self.prepend_path), expand(self.prepend) + text)

    def _after(self, edit: Edit) -> EnvironmentValue:
        text = str(edit.value)
        changes: dict[Op, dict[str, object]] = {
            Op.APPEND: {"append": self.append + text},
            Op.PREPEND: {"prepend": text + self.prepend},
            Op.APPEND_PATH: {"append_path": (*self.append_path, text)},
            Op.PREPEND_PATH: {"prepend_path": (text, *self.prepend_path)},
        }
        if edit.op is Op.CLEAR:
            return EnvironmentValue(cleared=True)
        if edit.op is Op.REMOVE:
            return self._without(text)
        change: Any = changes.get(edit.op)
        return replace(self, **change) if change else EnvironmentValue(value=text)

    def _without(self, text: str) -> EnvironmentValue:
        if not text:
            return self
        return replace(
            self,
            value=None if self.value is None else self.value.replace(text, ""),
            append=self.append.replace(text, ""),
            append_path=tuple(part.replace(text, "") for part in self.append_path),
            prepend=self.prepend.replace(text, ""),
            prepend_path=tuple(part.replace(text, "") for part in self.prepend_path),
            # What is not known yet, the variable that is there, has to wait.
            removals=self.removals if self.value is not None else (*self.removals, text),
        )


def _join(separator: str, *parts: str) -> str:
    return separator.join(filter(None, parts))
