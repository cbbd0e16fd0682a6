"""Software bills of materials in a wheel: those of the project, and the one that is made here.

Source: PEP 770 for the directory; CycloneDX 1.6 and the specification of package URLs (purl-spec)
for what is made. The same wheel has the same bill of materials: the time is that of
``SOURCE_DATE_EPOCH`` if it is set, and the serial number follows from the contents.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..base.errors import Problem, WheelError
from ..base.places import Place
from ..cmake.fetched import Dependency, conan_dependencies, fetched_dependencies
from ..project.files import anchored, matching_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ..base.console import Console
    from ..project.plan import BuildPlan
    from .session import Session

FOLDER = "sboms"
# Tested are the oldest and the newest of these.
REQUIREMENT = "cyclonedx-python-lib>=9,<12"
_WHERE = Place("pyproject.toml", "tool.py-build-cmake.wheel.sbom")
_ALGORITHMS = {"MD5": "MD5", "SHA1": "SHA-1"}
_OF_GITHUB = re.compile(
    r"(?:https://github\.com/|git@github\.com:)([\w.-]+)/([\w.-]+?)(?:\.git)?/?"
)


def add_sboms(
    session: Session,
    plan: BuildPlan,
    files: Mapping[str, Path],
    grafted: Iterable[str],
    directory: Path,
) -> dict[str, Path]:
    """Return the files of a wheel with its bills of materials. None is made for editable wheels.

    ``directory`` is its dist-info directory; ``grafted`` are the places of the libraries that were
    put into the wheel from elsewhere.

    :raises WheelError: a pattern matches nothing, two files have one name, or the library that
        writes CycloneDX is missing.
    """
    found: dict[str, Path] = {}
    problems: list[Problem] = []
    for path in _of_project(plan, problems):
        place = f"{directory.name}/{FOLDER}/{path.name}"
        if found.setdefault(place, path) != path or place in files:
            problems.append(_same_name(place))
    if problems:
        raise WheelError.from_problems(problems)
    if plan.wheel.sbom and not session.editable:
        place = f"{directory.name}/{FOLDER}/{plan.metadata.file_name}.cdx.json"
        if place in found or place in files:
            raise WheelError.from_problems([_same_name(place)])
        made = directory / FOLDER / Path(place).name
        made.parent.mkdir(parents=True, exist_ok=True)
        libraries = {place: files[place] for place in sorted(grafted)}
        made.write_bytes(_bill(plan, libraries, session.console).encode())
        found[place] = made
    return {**files, **found}


def _same_name(place: str) -> Problem:
    return Problem(f"two files would be {place}", "`wheel.sbom_files`", "rename one of them")


def _of_project(plan: BuildPlan, problems: list[Problem]) -> Iterator[Path]:
    for pattern in plan.wheel.sbom_files:
        matching = matching_files(plan.config.project_dir, [anchored(pattern)])
        if not matching:
            message = f"the pattern {pattern!r} matches no file of the project"
            problems.append(Problem(message, "`wheel.sbom_files`"))
        yield from matching.values()


def _bill(plan: BuildPlan, grafted: Mapping[str, Path], console: Console) -> str:
    """Write the bill of materials of a wheel: the package, and everything in it that is not the
    project's, as far as that is known.
    """
    try:
        from cyclonedx.model.bom import Bom
        from cyclonedx.model.component import Component, ComponentType
        from cyclonedx.model.license import LicenseExpression
        from cyclonedx.output import make_outputter
        from cyclonedx.schema import OutputFormat, SchemaVersion
    except ImportError as e:
        raise WheelError(
            f"the library that writes CycloneDX cannot be imported: {e}",
            where=_WHERE,
            hint=f"install {REQUIREMENT!r}; builds with isolation do",
        ) from e
    metadata = plan.metadata
    reference = f"pkg:pypi/{metadata.name}@{metadata.version}"
    licence = metadata.license_expression
    bom = Bom()
    bom.metadata.component = Component(
        name=metadata.name,
        version=metadata.version,
        type=ComponentType.LIBRARY,
        bom_ref=reference,
        purl=_purl("pypi", metadata.name, metadata.version),
        licenses=[LicenseExpression(licence)] if licence else (),
    )
    bom.metadata.tools.components.add(
        Component(name="py-build-cmake", version=__version__, type=ComponentType.APPLICATION)
    )
    parts = [
        *(_of_dependency(dependency, "fetched", console) for dependency in _fetched(plan)),
        *(_of_dependency(dependency, "conan", console) for dependency in _of_conan(plan)),
        *(_of_library(place, path) for place, path in grafted.items()),
    ]
    for part in parts:
        bom.components.add(part)
    bom.register_dependency(bom.metadata.component, parts)
    bom.metadata.timestamp = _time(plan)
    bom.serial_number = _serial(reference, parts)
    outputter = make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6)
    return f"{outputter.output_as_string(indent=2)}\n"


def _fetched(plan: BuildPlan) -> Iterator[Dependency]:
    for directory in _build_dirs(plan):
        yield from fetched_dependencies(directory)


def _of_conan(plan: BuildPlan) -> Iterator[Dependency]:
    for directory in _build_dirs(plan):
        yield from conan_dependencies(directory)


def _build_dirs(plan: BuildPlan) -> Iterator[Path]:
    """Yield the build directories whose results are in the wheel."""
    cross = plan.config.cross
    copies = cross is not None and bool(cross.copy_from_native_build)
    for each in (plan.main_pass, plan.native_pass if copies else None):
        yield from (
            configuration.build_dir for configuration in (each.configurations if each else ())
        )


def _of_dependency(dependency: Dependency, origin: str, console: Console) -> Any:
    from cyclonedx.model import (
        ExternalReference,
        ExternalReferenceType,
        HashAlgorithm,
        HashType,
        XsUri,
    )
    from cyclonedx.model.component import Component, ComponentType

    if not dependency.version and not dependency.checksum:
        console.warning(f"the bill of materials does not say which version {dependency.name} has")
    kind = ExternalReferenceType.VCS if dependency.commit else ExternalReferenceType.DISTRIBUTION
    hashes = []
    if dependency.checksum:
        algorithm, digest = dependency.checksum
        name = _ALGORITHMS.get(algorithm, re.sub(r"^SHA(3_)?(\d+)$", _dashed, algorithm))
        hashes = [HashType(alg=HashAlgorithm(name), content=digest)]
    references = (
        [ExternalReference(type=kind, url=XsUri(dependency.url), hashes=hashes)]
        if dependency.url
        else []
    )
    return Component(
        name=dependency.name,
        version=dependency.version or None,
        type=ComponentType.LIBRARY,
        bom_ref=f"{origin}:{dependency.name}",
        purl=_purl_of(dependency),
        external_references=references,
        hashes=() if references else hashes,
    )


def _dashed(match: re.Match[str]) -> str:
    return f"SHA{'3' if match[1] else ''}-{match[2]}"


def _of_library(place: str, path: Path) -> Any:
    """Describe a library that was put into the wheel."""
    from cyclonedx.model import HashAlgorithm, HashType
    from cyclonedx.model.component import Component, ComponentType

    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Component(
        name=place.rpartition("/")[2],
        type=ComponentType.LIBRARY,
        bom_ref=f"grafted:{place}",
        hashes=[HashType(alg=HashAlgorithm("SHA-256"), content=digest)],
    )


def _purl_of(dependency: Dependency) -> Any:
    """Return the package URL of a dependency with an address; None for others."""
    if not dependency.url:
        return None
    name, version = dependency.name, dependency.version or None
    if not dependency.commit:
        return _purl("generic", name, version, {"download_url": dependency.url})
    if of_github := _OF_GITHUB.fullmatch(dependency.url):
        return _purl("github", of_github[2], dependency.commit, namespace=of_github[1])
    where = {"vcs_url": f"git+{dependency.url}@{dependency.commit}"}
    return _purl("generic", name, version, where)


def _purl(
    kind: str,
    name: str,
    version: str | None,
    qualifiers: Mapping[str, str] | None = None,
    namespace: str | None = None,
) -> Any:
    from packageurl import PackageURL

    return PackageURL(kind, namespace, name, version, dict(qualifiers or {}))


def _time(plan: BuildPlan) -> Any:
    """Return the time that builds are asked to use; None if they are not."""
    from datetime import datetime, timezone

    from ..archive.reproducible import archive_time

    environ = plan.machine.environ
    if not environ.get("SOURCE_DATE_EPOCH"):
        return None
    return datetime.fromtimestamp(archive_time(environ), timezone.utc)


def _serial(reference: str, parts: Iterable[Any]) -> Any:
    """Return a number (UUID) that depends on the package and on the parts."""
    from uuid import NAMESPACE_URL, uuid5

    texts = sorted(
        f"{part.bom_ref.value} {part.version} {part.purl} {sorted(h.content for h in part.hashes)}"
        for part in parts
    )
    return uuid5(NAMESPACE_URL, "\n".join([reference, *texts]))
