"""Tests see a known environment, whatever that of the machine is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support import clean
from support.environments import REPOSITORY

UNIT = Path(__file__).resolve().parents[1]
NONSENSE = "/nonsense"
HOSTILE = {
    # pip, uv, virtualenv
    **{"PIP_INDEX_URL": "nonsense:", "PIP_CONSTRAINT": NONSENSE, "PIP_REQUIRE_HASHES": "1"},
    **{"PIP_CERT": NONSENSE, "PIP_TARGET": NONSENSE, "UV_INDEX": "nonsense:", "UV_OFFLINE": "9"},
    **{"UV_PYTHON": "nonsense", "VIRTUAL_ENV": NONSENSE, "VIRTUALENV_PIP": "0.1"},
    # Certificates and proxies
    **{"SSL_CERT_FILE": NONSENSE, "REQUESTS_CA_BUNDLE": NONSENSE, "HTTPS_PROXY": "nonsense:"},
    # CMake, its generators and compilers
    **{"CMAKE_GENERATOR": "Nonsense", "CMAKE_ARGS": "-DA='", "CMAKE_BUILD_TYPE": "Nonsense"},
    **{"CMAKE_TOOLCHAIN_FILE": NONSENSE, "CMAKE_BUILD_PARALLEL_LEVEL": "many", "NINJA": NONSENSE},
    **{"CC": NONSENSE, "CXX": NONSENSE, "CFLAGS": "-nonsense", "LDFLAGS": "-nonsense"},
    **{"ARCHFLAGS": "-arch nonsense", "MACOSX_DEPLOYMENT_TARGET": "1.1", "DESTDIR": NONSENSE},
    # Python; of what the interpreter itself reads, only tests/run.py can undo all (PYTHONHOME).
    **{"PYTHONWARNINGS": "error", "PYTHONHASHSEED": "1", "PYTHONIOENCODING": "ascii"},
    **{"PYTHONOPTIMIZE": "", "PYTHONNOUSERSITE": "1", "SETUPTOOLS_EXT_SUFFIX": ".nonsense"},
    # Locale, time, colours, the size of the terminal
    **{"LANG": "C", "LC_ALL": "tlh_KX.nonsense", "TZ": "Asia/Tokyo", "NO_COLOR": "1"},
    **{"FORCE_COLOR": "1", "CLICOLOR_FORCE": "1", "COLUMNS": "7", "TERM": "nonsense"},
    # CI services, and the environments that other tools build in
    **{"CI": "true", "GITHUB_ACTIONS": "true", "TF_BUILD": "True", "CIBUILDWHEEL": "1"},
    **{"CONDA_BUILD": "1", "CONDA_PREFIX": NONSENSE, "PYODIDE": "1", "CROSS_COMPILING": "1"},
    # This backend
    **{"PY_BUILD_CMAKE_CONFIG_SETTINGS": "nonsense", "PY_BUILD_CMAKE_CROSS": NONSENSE},
    **{"PY_BUILD_CMAKE_LOCAL": NONSENSE, "SOURCE_DATE_EPOCH": "nonsense"},
}
KEPT = ("PATH", "HOME", "TMPDIR", "PYTHONPATH", "SYSTEMROOT")


def test_a_hostile_environment_changes_no_result(tmp_path: Path) -> None:
    """The unit tests that have to do with the environment pass in it, too."""
    assert len(HOSTILE) > 30
    files = [
        file
        for file in sorted(UNIT.rglob("test_*.py"))
        if "environ" in file.read_text("utf-8") and file.name != Path(__file__).name
    ]
    written = tmp_path / "outcome.json"
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            *(f"--outcomes={written}", *files),
        ],
        cwd=REPOSITORY,
        env={**kept, **HOSTILE},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    assert done.returncode == 0, done.stdout.decode(errors="replace")
    counts = json.loads(written.read_text("utf-8"))["counts"]
    assert "failed" not in counts
    assert counts["passed"] > 1000


def test_nothing_hostile_is_left() -> None:
    known = clean.clean({**HOSTILE, "PATH": "/bin"})
    assert known["PATH"] == "/bin"
    left = {name for name in known if known[name] == HOSTILE.get(name)}
    assert left == set()
    assert clean.clean(known) == known


def test_only_downloads_see_the_network() -> None:
    machine = {
        "PIP_INDEX_URL": "one",
        "https_proxy": "two",
        "SSL_CERT_FILE": "x",
        "PIP_TARGET": "y",
    }
    known = clean.clean(machine)
    assert known["PIP_NO_INDEX"] == "1"
    assert not {"PIP_INDEX_URL", "https_proxy", "SSL_CERT_FILE"} & set(known)
    for environ in (machine, known):
        reached = clean.network(environ)
        assert (reached["PIP_INDEX_URL"], reached["https_proxy"]) == ("one", "two")
        assert not {"PIP_NO_INDEX", "PIP_TARGET"} & set(reached)


def test_the_tests_run_in_the_known_state(monkeypatch: pytest.MonkeyPatch) -> None:
    assert os.environ["TZ"] == "UTC"
    assert os.environ["LANG"] == "C.UTF-8"
    assert "CFLAGS" not in os.environ
    monkeypatch.setenv("CFLAGS", "-nonsense")
    monkeypatch.setenv("PATH", "/bin")
    clean.enter()
    assert "CFLAGS" not in os.environ
    assert os.environ["PATH"] == "/bin"
