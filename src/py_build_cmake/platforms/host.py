"""The host system: the machine and the Python that the wheel is for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..base.errors import ConfigError, Problem
from ..base.records import dataclass
from .python_files import Note
from .pythons import (
    IMPLEMENTATIONS,
    ext_suffix,
    implementation_named,
    known_soabi,
    loaded_suffixes,
    module_suffix,
    parse_abi,
    parse_soabi,
    platform_of_soabi,
    soabi_of_suffix,
    stable_suffix,
)
from .tags import PlatformTag, same_kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..base.places import Place
    from .accepted import Refusal
    from .build_machine import BuildMachine


@dataclass(frozen=True)
class HostPlatform:
    """The machine and the Python that the wheel is for.

    All that is derived from it is a property here, or computed from it alone: the wheel's tag, the
    names of extension modules, the hints for CMake, the level of the limited API. ``platform_tags``
    are the wheel's platform tags; a configured ``arch`` may be a compressed set
    (``manylinux_2_17_aarch64.manylinux2014_aarch64``). ``soabi`` is the middle of the suffix of
    extension modules, empty if it is not known.
    """

    implementation: str
    version: str
    abi_tag: str
    platform_tags: tuple[str, ...]
    is_cross: bool
    soabi: str = ""

    @property
    def python_tag(self) -> str:
        """The python tag, for example ``cp312``."""
        return f"{self.implementation}{self.version}"

    @property
    def abi_flags(self) -> str:
        """The flags in a CPython's ABI tag: ``t`` for ``cp313t``."""
        abi = parse_abi(self.abi_tag)
        return abi.flags if abi else ""

    @property
    def is_free_threaded(self) -> bool:
        """Whether it is a CPython without the global interpreter lock (PEP 703)."""
        return "t" in self.abi_flags

    @property
    def python_name(self) -> str:
        """What installations call the interpreter and its directories: ``python3.13t``."""
        row = implementation_named(self.implementation)
        program = row.program if row else "python"
        return f"{program}{self.dotted_version}{'t' if self.is_free_threaded else ''}"

    @property
    def dotted_version(self) -> str:
        """Major and minor version, for example ``3.12``."""
        return f"{self.version[0]}.{self.version[1:]}"

    @property
    def system(self) -> str:
        """The name of the OS table that the platform tag stands for, for example ``linux``."""
        return PlatformTag.parse(self.platform_tags[0]).system

    @property
    def module_suffix(self) -> str:
        """The shortest suffix of extension modules, without a SOABI."""
        return module_suffix(self.platform_tags[0])

    @property
    def ext_suffix(self) -> str:
        """The suffix of extension modules; the shortest one if the SOABI is not known."""
        return ext_suffix(self.soabi, self.platform_tags[0])

    @property
    def windows_library(self) -> str:
        """The name of the DLL of CPython on Windows, and of its import library, without suffix."""
        return f"python{self.version}{'t' if self.is_free_threaded else ''}"

    @property
    def has_stable_abi(self) -> bool:
        """Whether there is a stable ABI. Free-threaded builds (PEP 703) have none as ``abi3``."""
        abi = parse_abi(self.abi_tag)
        return abi is not None and abi.implementation.tag == "cp" and "t" not in abi.flags

    @property
    def sosabi(self) -> str:
        """The part of the names of stable ABI modules that replaces the SOABI (PEP 384)."""
        return soabi_of_suffix(stable_suffix(self.platform_tags[0]))

    @property
    def stable_abi_suffix(self) -> str | None:
        """The suffix of extension modules with the stable ABI; None if there is none."""
        return stable_suffix(self.platform_tags[0]) if self.has_stable_abi else None


def native_host(machine: BuildMachine) -> HostPlatform:
    """Describe the host system of a native build: it is the build machine."""
    return HostPlatform(
        implementation=machine.implementation,
        version=machine.version,
        abi_tag=machine.abi_tag,
        platform_tags=(machine.platform_tag,),
        is_cross=False,
        soabi=machine.soabi,
    )


def cross_host(  # noqa: PLR0913 - the keys of one table
    machine: BuildMachine,
    *,
    where: Place,
    implementation: str | None = None,
    version: str | None = None,
    abi: str | None = None,
    arch: str | None = None,
    soabi: str | None = None,
    abiflags: str | None = None,
    sources: Mapping[str, str] | None = None,
) -> tuple[HostPlatform, tuple[Note, ...]]:
    """Complete the description of the host system in a cross configuration.

    Missing keys follow from given ones: implementation and version from the ABI tag, and the
    reverse. If none of them is given, the Python that runs the build is described. The platform is
    never guessed. ``sources`` names the file for keys that were read from one. Also returns what
    was filled in.

    :raises ConfigError: the platform is missing, a value has no meaning, or two contradict.
        ``where`` says where the table stands.
    """
    problems = list(tag_problems(where, implementation, abi, arch))
    if not arch:
        problems.append(
            Problem(
                "`arch` is missing; a cross build does not inherit the platform of the machine"
                " that it runs on",
                where,
                "write the platform tag of the host system, for example 'linux_aarch64'",
            )
        )
    version = version.replace(".", "") if version else version
    if version and not re.fullmatch(r"[23][0-9]{1,2}", version):
        problems.append(
            Problem(
                f"{version!r} is not a Python version",
                where.at("version"),
                "write major and minor version, for example '312'",
            )
        )
    stated_implementation, stated_version = _parse_abi(abi)
    named = _Named({name: f" (from {source})" for name, source in (sources or {}).items()})
    problems += _contradictions(
        where, named, abi=abi, soabi=soabi, implementation=implementation, version=version
    )
    problems += _architecture_problems(where, named, arch, soabi)
    problems += _flag_problems(where, abi, abiflags, implementation or stated_implementation)
    if problems:
        raise ConfigError.from_problems(problems)

    said: list[Note] = []
    if not implementation:
        implementation = stated_implementation or machine.implementation
        origin = f"abi {abi!r}" if stated_implementation else "the Python that runs the build"
        said.append(Note("implementation", implementation, origin))
    if not version:
        version = stated_version or machine.version
        origin = f"abi {abi!r}" if stated_version else "the Python that runs the build"
        said.append(Note("version", version, origin))
    if not abi:
        abi = _default_abi(machine, implementation, version, abiflags, where)
        said.append(Note("abi", abi, "implementation and version"))
    assert arch is not None  # refused above
    platform_tags = tuple(arch.split("."))
    # What the files of the host's Python say is true, whatever it is.
    if soabi and "soabi" not in named.sources:
        _check_soabi(where, soabi, f"{implementation}{version}", abi, platform_tags)
    if not soabi and (soabi := known_soabi(abi, platform_tags)):
        said.append(Note("soabi", soabi, "abi and arch"))
    host = HostPlatform(
        implementation, version, abi, platform_tags, is_cross=True, soabi=soabi or ""
    )
    return host, tuple(said)


def check_native_python(
    machine: BuildMachine, host: HostPlatform, *, where: Place, hints: Mapping[str, object]
) -> None:
    """Check that the Python that runs the build can be the host system's as well.

    ``hints`` are the keys that describe another one, with their values.

    :raises ConfigError: it cannot be.
    """
    key = where.at("force_native_python")
    problems, own = [], native_host(machine)
    theirs = f"{host.python_tag}-{host.abi_tag}"
    ours = f"{own.python_tag}-{own.abi_tag}"
    if theirs != ours:
        message = f"the host system's Python is {theirs}, not {ours}, which runs the build"
        hint = "remove the key, or `implementation`, `version` and `abi`"
        problems.append(Problem(message, key, hint))
    given = [f"`{name}`" for name, value in hints.items() if value is not None]
    if given:
        message = f"contradicts {', '.join(given)}, which describe another Python"
        problems.append(Problem(message, key, "remove the one or the others"))
    if problems:
        raise ConfigError.from_problems(problems)


def tag_problems(
    where: Place, implementation: str | None, abi: str | None, arch: str | None
) -> Iterator[Problem]:
    """Yield mistakes in the tags of a cross configuration that are given. Tags that are not known
    here may be right: see :func:`unknown_tags`.
    """
    for key, refusal in _refusals(implementation, abi, arch):
        if not refusal.is_unknown:
            yield Problem(refusal.message, where.at(key), refusal.advice())


def _refusals(
    implementation: str | None, abi: str | None, arch: str | None
) -> Iterator[tuple[str, Refusal]]:
    from .accepted import refuse_abi, refuse_implementation, refuse_platforms

    yield from (("arch", refusal) for refusal in (refuse_platforms(arch) if arch else ()))
    if implementation and (refusal := refuse_implementation(implementation)):
        yield "implementation", refusal
    if abi and (refusal := refuse_abi(abi)):
        yield "abi", refusal


def unknown_tags(host: HostPlatform, where: Place) -> Iterator[Problem]:
    """Yield the machines, systems and Pythons of a host that this program does not know.

    ``where`` is the place of the cross configuration.
    """
    for key, refusal in _refusals(host.implementation, host.abi_tag, ".".join(host.platform_tags)):
        if refusal.is_unknown:
            yield Problem(refusal.message, where.at(key), refusal.advice())


def _parse_abi(abi: str | None) -> tuple[str | None, str | None]:
    """Return the implementation and the version that an ABI tag names, if it names them."""
    known = parse_abi(abi)
    return (known.implementation.tag, known.version) if known else (None, None)


@dataclass(frozen=True)
class _Named:
    """Names values in messages: with their keys, and the files that they were read from."""

    sources: Mapping[str, str]

    def __call__(self, key: str, value: str | None) -> str:
        return f"`{key}` {value!r}{self.sources.get(key, '')}"


def _contradictions(  # noqa: PLR0913 - the keys of one table
    where: Place,
    named: _Named,
    *,
    abi: str | None,
    soabi: str | None,
    implementation: str | None,
    version: str | None,
) -> list[Problem]:
    problems = []
    abi_implementation, abi_version = _parse_abi(abi)
    if abi_implementation and implementation and implementation != abi_implementation:
        problems.append(
            Problem(
                f"{named('implementation', implementation)} and {named('abi', abi)} contradict each"
                " other",
                where,
                "leave one of them out",
            )
        )
    if abi_version and version and version != abi_version:
        problems.append(
            Problem(
                f"{named('version', version)} and {named('abi', abi)} contradict each other",
                where,
                "leave one of them out",
            )
        )
    stated, expected = parse_soabi(soabi or ""), version or abi_version
    if stated and stated.version and expected and stated.version != expected:
        problems.append(
            Problem(
                f"{named('soabi', soabi)} is not that of Python {expected!r}"
                f"{named.sources.get('version' if version else 'abi', '')}",
                where,
                "the SOABI is that of the host system's Python",
            )
        )
    return problems


def _check_soabi(
    where: Place, soabi: str, python: str, abi: str, platform_tags: tuple[str, ...]
) -> None:
    """Compare a SOABI that somebody wrote with those that such a Python has on such platforms.

    :raises ConfigError: it looks for modules of another name.
    """
    suffixes = [loaded_suffixes(python, abi, platform) for platform in platform_tags]
    allowed = {soabi_of_suffix(s) for known in suffixes for s in known or ()} - {""}
    allowed = {name for name in allowed if not (found := parse_soabi(name)) or not found.is_stable}
    is_form_known = any(row.soabi and python.startswith(row.tag) for row in IMPLEMENTATIONS)
    if soabi in allowed or (not allowed and (parse_soabi(soabi) or not is_form_known)):
        return
    right = " or ".join(map(repr, sorted(allowed))) or "a form such as 'cpython-312-<triplet>'"
    raise ConfigError(
        f"`soabi` {soabi!r} is not the middle of the names that {python}-{abi} has for extension"
        f" modules on {'.'.join(platform_tags)}: it would not find them",
        where=where,
        hint=f"write {right}, or leave the key out",
    )


def _architecture_problems(
    where: Place, named: _Named, arch: str | None, soabi: str | None
) -> list[Problem]:
    platform = platform_of_soabi(soabi or "")
    if not arch or platform is None or same_kind(platform, arch.split(".")):
        return []
    message = f"{named('arch', arch)} and {named('soabi', soabi)} contradict each other"
    return [Problem(message, where, "both describe the system that the wheel is for")]


def _flag_problems(
    where: Place, abi: str | None, abiflags: str | None, implementation: str | None
) -> list[Problem]:
    if abiflags is None:
        return []
    known = parse_abi(abi)
    if known and known.implementation.tag == "cp" and known.flags != abiflags:
        message = f"`abiflags` {abiflags!r} and `abi` {abi!r} contradict each other"
        return [Problem(message, where, "leave one of them out")]
    if abiflags and implementation not in (None, "cp"):
        message = f"`abiflags` are those of CPython, not of {implementation!r}"
        return [Problem(message, where.at("abiflags"), "remove the key, and set `abi`")]
    return []


def _default_abi(
    machine: BuildMachine, implementation: str, version: str, flags: str | None, where: Place
) -> str:
    if flags is None and (implementation, version) == (machine.implementation, machine.version):
        return machine.abi_tag
    if implementation == "cp":
        return f"cp{version}{flags or ''}"
    raise ConfigError(
        f"the ABI tag of {implementation}{version} does not follow from its version",
        where=where,
        hint="set `abi`, for example 'pypy310_pp73'",
    )
