"""Dataclasses that share their methods, in place of compiling a set of them for each class.

``dataclasses.dataclass(frozen=True)`` compiles six methods for every class when its module is
imported, which takes 0.6 to 1.5 ms. A hook imports about a hundred such classes and makes a few
instances of some: this would be a third of what it does. The classes here are dataclasses for
:mod:`dataclasses` and for type checkers; only where the methods come from is different.

Measured in pairs of whole processes (CPython 3.11 on x86-64, 40 pairs, a project of one file with
75 such classes, medians of the processor time): ``get_requires_for_build_wheel`` takes 68 ms in
place of 104 ms, ``prepare_metadata_for_build_wheel`` 108 ms in place of 145 ms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    import dataclasses

    def dataclass(cls=None, *, frozen=False, init=True):
        """Make a class a dataclass, with the parameters of :func:`dataclasses.dataclass`."""
        if cls is None:
            return lambda cls: dataclass(cls, frozen=frozen, init=init)
        # Of a class without documentation, the standard decorator writes the signature there.
        cls.__doc__ = cls.__doc__ or cls.__name__
        cls = dataclasses.dataclass(cls, init=False, repr=False, eq=False)
        cls.__record_fields__ = {field.name: field for field in dataclasses.fields(cls)}
        methods = {"__eq__": _equals, "__hash__": _hash if frozen else None, "__repr__": _shown}
        if init:
            methods["__init__"] = _initialise
        if frozen:
            methods.update(__setattr__=_refuse_to_set, __delattr__=_refuse_to_delete)
        for name, method in methods.items():
            # A class body with __eq__ has a __hash__ of None already.
            if name not in cls.__dict__:
                setattr(cls, name, method)
        return cls

    def _initialise(self, /, *arguments, **values):
        fields = self.__record_fields__
        if arguments:
            if len(arguments) == len(fields) and not values:
                self.__dict__.update(zip(fields, arguments))
                return
            named = dict(zip(fields, arguments))
            if len(arguments) > len(fields) or not named.keys().isdisjoint(values):
                raise TypeError(f"{type(self).__name__}() got too many arguments")
            values = {**named, **values}
        if len(values) < len(fields):
            _add_defaults(type(self), values)
        if len(values) > len(fields) or not values.keys() <= fields.keys():
            unknown = ", ".join(repr(name) for name in values if name not in fields)
            raise TypeError(f"{type(self).__name__}() has no field {unknown}")
        self.__dict__.update(values)

    def _add_defaults(cls, values):
        for name, field in cls.__record_fields__.items():
            if name in values:
                continue
            if field.default is not dataclasses.MISSING:
                values[name] = field.default
            elif field.default_factory is not dataclasses.MISSING:
                values[name] = field.default_factory()
            else:
                raise TypeError(f"{cls.__name__}() needs the field {name!r}")

    def _values(self):
        return tuple([getattr(self, name) for name in self.__record_fields__])

    def _equals(self, other):
        return _values(self) == _values(other) if type(other) is type(self) else NotImplemented

    def _hash(self):
        return hash(_values(self))

    def _shown(self):
        pairs = zip(self.__record_fields__, _values(self))
        return f"{type(self).__qualname__}({', '.join(f'{n}={value!r}' for n, value in pairs)})"

    def _refuse_to_set(self, name, _):
        raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")

    def _refuse_to_delete(self, name):
        raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
