"""What is recorded of the commands of a build."""

from __future__ import annotations

import os

from py_build_cmake.editable.recording import without_links
from py_build_cmake.editable.runtime.state import RecordedCommand

LINK = "/b/py-build-cmake/requirements/0123/environment-0/bin"


def command(*path: str) -> RecordedCommand:
    environ = {"PATH": os.pathsep.join(path)} if path else {}
    return RecordedCommand("build", "CMake build", ["cmake"], "/", "/b", environ, [])


def test_a_search_path_that_only_leads_to_requirements_is_left_to_the_process() -> None:
    base = os.pathsep.join(("/env/bin", "/usr/bin"))
    assert without_links(command(LINK, "/env/bin", "/usr/bin"), base) == command()
    assert without_links(command(), base) == command()


def test_what_the_configuration_adds_to_the_search_path_stays() -> None:
    found = without_links(command("/mine", LINK, "/usr/bin"), "/usr/bin")
    assert found == command("/mine", "/usr/bin")
