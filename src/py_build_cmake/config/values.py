"""The values of options that are more than a text or a list: CMake options and the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

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

    @classmethod
    def of(cls, elements: tuple[str | bool, ...]) -> CMakeValue:
        """Make a value; only booleans make it a ``BOOL``."""
        return cls(()).with_elements(elements)

    def with_elements(self, elements: tuple[str | bool, ...]) -> CMakeValue:
        """Return the same with other elements, and with a type if they show it."""
        all_booleans = bool(elements) and all(isinstance(e, bool) for e in elements)
        kind = self.type or ("BOOL" if all_booleans else None)
        return replace(self, elements=elements, type=kind)

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
    append_path: str = ""
    prepend: str = ""
    prepend_path: str = ""
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
        if self.value is None and (self.cleared or current is None) and not self._additions:
            return None
        base = (
            current or "" if self.value is None and not self.cleared else expand(self.value or "")
        )
        for removal in self.removals:
            base = base.replace(expand(removal), "")
        text = _join(base + expand(self.append), expand(self.append_path), pathsep)
        return _join(expand(self.prepend_path), expand(self.prepend) + text, pathsep)

    @property
    def _additions(self) -> str:
        return self.append + self.append_path + self.prepend + self.prepend_path

    def _after(self, edit: Edit) -> EnvironmentValue:
        text = str(edit.value)
        paths = os.pathsep
        if edit.op is Op.CLEAR:
            return EnvironmentValue(cleared=True)
        if edit.op is Op.REMOVE:
            return self._without(text)
        added = {
            Op.APPEND: lambda: replace(self, append=self.append + text),
            Op.PREPEND: lambda: replace(self, prepend=text + self.prepend),
            Op.APPEND_PATH: lambda: replace(self, append_path=_join(self.append_path, text, paths)),
            Op.PREPEND_PATH: lambda: replace(
                self, prepend_path=_join(text, self.prepend_path, paths)
            ),
        }.get(edit.op)
        return added() if added else EnvironmentValue(value=text)

    def _without(self, text: str) -> EnvironmentValue:
        if not text:
            return self
        return replace(
            self,
            value=None if self.value is None else self.value.replace(text, ""),
            append=self.append.replace(text, ""),
            append_path=self.append_path.replace(text, ""),
            prepend=self.prepend.replace(text, ""),
            prepend_path=self.prepend_path.replace(text, ""),
            # What is not known yet, the variable that is there, has to wait.
            removals=self.removals if self.value is not None else (*self.removals, text),
        )


def _join(first: str, second: str, separator: str) -> str:
    return f"{first}{separator}{second}" if first and second else first + second
