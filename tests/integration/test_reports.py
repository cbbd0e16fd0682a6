"""Pages about real builds, in a real browser: Debian's Chromium."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from pathlib import Path

import pytest
from support.backend import Backend
from support.builds import make_venv
from support.hosts import without

Package = Callable[[str], Path]
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
    *("--enable-logging=stderr", "--v=0"),
)


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.text, self.json, self._is_data = "", "", False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_data = ("id", "data") in attrs

    def handle_data(self, data: str) -> None:
        if self._is_data:
            self.json += data
        else:
            self.text += data


def seen(page: Path, home: Path, tools: Mapping[str, str]) -> _Page:
    """Load a page, which must not make the browser complain, and return what there is then."""
    browser = shutil.which("chromium", path=tools["PATH"])
    if browser is None:
        without("chromium is not installed")
    done = subprocess.run(
        [browser, *_FLAGS, f"--user-data-dir={home / 'profile'}", "--dump-dom", page.as_uri()],
        env={**tools, "HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert not re.findall(r".*CONSOLE.*", done.stderr)
    return _Page(done.stdout)


@pytest.fixture(scope="module")
def program(
    tmp_path_factory: pytest.TempPathFactory, wheelhouse: Path, tools: dict[str, str]
) -> Backend:
    """The backend with its command line program, and what makes reports."""
    (wheel,) = wheelhouse.glob("*.whl")
    venv = make_venv(tmp_path_factory.mktemp("reports") / "venv", f"{wheel}[cli,report]")
    return Backend(venv, tools)


def test_reports_of_a_build_and_its_wheel(
    program: Backend, package: Package, tmp_path: Path, tools: dict[str, str]
) -> None:
    project = package("c-extension")
    command = [str(program.python.parent / "py-build-cmake")]
    settings = ["-C", "cmake.generator=Ninja"]
    page = tmp_path / "built.html"

    def run(*words: str) -> None:
        subprocess.run([*command, *words], cwd=project, env=program.env, check=True)

    run("configure", *settings)
    run("build", "--report", str(page), *settings)
    built = seen(page, tmp_path, tools)
    data = json.loads(built.json)
    assert data["made"] > 0
    assert [step["name"] for step in data["steps"]["build"]][-1].endswith("linux_x86_64")
    for made in data["slowest"]:
        assert made["file"] in built.text
        assert f"{made['seconds']:.1f} s" in built.text

    run("wheels", "--native", "--report", str(page), *settings)
    (wheel,) = (project / "dist").glob("*.whl")
    whole = seen(page, tmp_path, tools)
    data = json.loads(whole.json)
    assert [each["name"] for each in data["wheels"]] == [wheel.name]
    assert data["wheels"][0]["size"] == wheel.stat().st_size
    assert {"configure", "build", "install"} <= {
        word for step in data["steps"]["native"] for word in step["name"].split()
    }
    assert "fits the tag" in whole.text

    run("inspect", "--report", str(page), str(wheel))
    assert json.loads(seen(page, tmp_path, tools).json)["wheels"] == data["wheels"]
