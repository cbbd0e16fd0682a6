"""The schema in the terms of JSON Schema (draft 7), for editors and validators.

What it cannot say, such as that a file must exist, is left to the loader.
"""

from __future__ import annotations

import re
from dataclasses import field
from typing import TYPE_CHECKING, Any

from py_build_cmake.base.records import dataclass
from py_build_cmake.config.companions import COMPONENT, STUBS
from py_build_cmake.config.dictionaries import (
    CMakeOption,
    Dictionary,
    EnvironmentFact,
    NamePatterns,
)
from py_build_cmake.config.kinds import LIST_FORM, Boolean, Enum, Integer, String, StringList
from py_build_cmake.config.read import TOLERATED
from py_build_cmake.config.schema import OS_NAMES, ROOT, SYSTEM_SECTIONS, WHEN, Section

if TYPE_CHECKING:
    from py_build_cmake.config.kinds import Kind
    from py_build_cmake.config.schema import Option

    Schema = dict[str, Any]

TITLES = {
    "pyproject": "[tool.py-build-cmake] in pyproject.toml",
    "local": "py-build-cmake.local.toml",
    "cross": "py-build-cmake.cross.toml",
}
# An identifier; nothing is there to be fetched.
# A name, not an address: the domain is one that nobody can have (RFC 2606).
_BASE = "https://py-build-cmake.example/schemas"
_INDEX = "^-?[0-9]{1,9}$"
_STRING: Schema = {"type": "string"}
_STRINGS: Schema = {"type": "array", "items": _STRING}
_SCALAR: Schema = {"type": ["string", "boolean", "integer"]}


def generate_schema(name: str) -> Schema:
    """Generate the schema of pyproject.toml's table, or of a local or cross file."""
    generator = _Generator()
    schema = generator.section(ROOT.sections["cross"] if name == "cross" else ROOT)
    if name == "pyproject":
        when = {**generator.section(WHEN), "required": ["match"]}
        when["properties"]["match"]["minProperties"] = 1
        schema["properties"]["when"] = {
            "description": WHEN.doc,
            "type": "array",
            "items": when,
        }
    if name == "pyproject":
        for section in (STUBS, COMPONENT):
            own = {k: s for k, s in section.sections.items() if k not in ROOT.sections}
            companion = generator.section(Section(section.options, own))
            schema["properties"].update(companion["properties"])
    elif name == "local":
        schema["properties"].update(dict.fromkeys(sorted(TOLERATED), True))
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": f"{_BASE}/{name}.schema.json",
        "title": f"py-build-cmake: {TITLES[name]}",
        **schema,
        "definitions": dict(sorted(generator.definitions.items())),
    }


@dataclass(frozen=True)
class _Generator:
    """Writes schemas; what they have in common goes to ``definitions``."""

    definitions: Schema = field(default_factory=dict)

    def section(self, section: Section) -> Schema:
        """Write a table."""
        properties = {name: self.option(option) for name, option in section.options.items()}
        for name, below in section.sections.items():
            properties[name] = self.table(name, below)
        return _table(section.doc, properties)

    def table(self, name: str, section: Section) -> Schema:
        """Write a table in a table. Those that are in many have a definition."""
        if name in OS_NAMES:
            return self._define("system", self.section(section))
        if section != SYSTEM_SECTIONS.get(name):
            schema = self.section(section)
            if section.is_indexed:
                entry = self._define(f"{name}-entry", self.section(section))
                schema["patternProperties"] = {_INDEX: entry}
            if section.is_array:
                array = {"type": "array", "items": entry}
                return {"description": schema.pop("description"), "anyOf": [array, schema]}
            return schema
        schema = self.section(section)
        if section.is_indexed:
            same = {key: _reference(name, "properties", key) for key in schema["properties"]}
            entry = self._define(f"{name}-entry", _table(section.doc, same))
            schema["patternProperties"] = {_INDEX: entry}
        return self._define(name, schema)

    def option(self, option: Option) -> Schema:
        """Write an option."""
        schema = {"description": option.doc, **self.kind(option.kind)}
        if option.default is not None:
            default = option.default
            schema["default"] = list(default) if isinstance(default, tuple) else default
        return schema

    def kind(self, kind: Kind) -> Schema:  # noqa: PLR0911 - one for each kind
        """Write what values an option has."""
        if isinstance(kind, Boolean):
            return {"type": "boolean"}
        if isinstance(kind, Enum):
            return {"enum": list(kind.choices)}
        if isinstance(kind, Integer):
            integer = {"type": "integer", "minimum": kind.minimum, "maximum": kind.maximum}
            return {"anyOf": [integer, {"const": kind.or_word}]} if kind.or_word else integer
        if isinstance(kind, (NamePatterns, EnvironmentFact)):
            truth = [{"type": "boolean"}] if isinstance(kind, EnvironmentFact) else []
            return {"anyOf": [*truth, _STRING, {**_STRINGS, "minItems": 1}]}
        if isinstance(kind, StringList):
            values = [_STRING, _STRINGS] if kind.accept_string else [_STRINGS]
            return self._list("list-or-string" if kind.accept_string else "list", values)
        if isinstance(kind, CMakeOption):
            values = [_SCALAR, {"type": "array", "items": _SCALAR}]
            more = {"type": {"enum": list(kind.types)}, "strict": {"type": "boolean"}}
            return self._list("cmake-option", values, more)
        if isinstance(kind, Dictionary):
            names = {"pattern": r"^[^=\r\n]+$"}
            element = self.kind(kind.element("name"))
            return {"type": "object", "propertyNames": names, "additionalProperties": element}
        pattern = kind.pattern if isinstance(kind, String) else ""
        # Regular expressions have no flags here.
        pattern = re.sub(r"^\(\?s\)\.", r"[\\s\\S]", pattern)
        return {"type": "string", "pattern": f"^(?:{pattern})$"} if pattern else {"type": "string"}

    def _list(self, name: str, values: list[Schema], more: Schema | None = None) -> Schema:
        element = self._define(f"{name}-value", {"anyOf": values})
        form = _list_form(element, more or {})
        return {"anyOf": [element, self._define(f"{name}-form", form)]}

    def _define(self, name: str, schema: Schema) -> Schema:
        self.definitions[name] = schema
        return _reference(name)


def _reference(*path: str) -> Schema:
    return {"$ref": "#/definitions/" + "/".join(path)}


def _table(doc: str, properties: Schema) -> Schema:
    return {
        "description": doc,
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def _list_form(element: Schema, more: Schema) -> Schema:
    """Return the schema of a table that edits a list: a value, or modifications."""
    names: dict[str, list[str]] = {}
    for key, op in LIST_FORM.items():
        names.setdefault(op.name, []).append(key)
    values = names["ASSIGN"]
    others = [key for key in LIST_FORM if key not in values]
    exclusive = [keys for keys in names.values() if len(keys) > 1]
    exclusive += [[value, other] for value in values for other in others]
    return {
        "type": "object",
        "minProperties": 1,
        "properties": {**dict.fromkeys(LIST_FORM, element), **more},
        "additionalProperties": False,
        "not": {"anyOf": [{"required": keys} for keys in exclusive]},
    }
