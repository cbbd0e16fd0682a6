"""The environment that tests see, whatever the machine's is. Standard library only.

Everything that could change a result goes: options of pip, uv, CMake, compilers and Python,
locale, time zone, colours, what CI services set. What is kept is listed here; all else is unknown,
and left out. Where a package index, or npm's, is really asked, `network` adds how it is reached.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, MutableMapping

# The variable that carries those of the network through an environment without them.
CARRIED = "PY_BUILD_CMAKE_TEST_NETWORK"

_KEPT = frozenset(
    (
        # Where programs, the home and temporary files are.
        *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "XDG_RUNTIME_DIR", "PYENV_ROOT"),
        # Windows starts no program, and finds no compiler, without them.
        *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "TEMP", "TMP"),
        *("APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "USERPROFILE", "PROCESSOR_ARCHITECTURE"),
        *("PROGRAMFILES", "PROGRAMFILES(X86)", "NUMBER_OF_PROCESSORS"),
        # What a person asks of these tests.
        "PY_BUILD_CMAKE_REQUIRE_CROSS",
        # The sources that the tests run on; no build sees it (support.builds).
        "PYTHONPATH",
    )
)
_KEPT_PREFIXES = (
    "PY_BUILD_CMAKE_TEST_",
    # pytest's and coverage's own, for their processes.
    *("PYTEST_XDIST_", "COV_CORE_"),
    # Which kernels a machine's processor can run.
    "OPENBLAS_",
)
_NETWORK = frozenset(
    (
        *("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_TRUSTED_HOST"),
        *("PIP_CERT", "PIP_CLIENT_CERT", "PIP_PROXY", "PIP_CONFIG_FILE", "PIP_CACHE_DIR"),
        *("PIP_DEFAULT_TIMEOUT", "PIP_RETRIES"),
        *("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL"),
        *("UV_CONFIG_FILE", "UV_SYSTEM_CERTS", "UV_NATIVE_TLS", "UV_HTTP_TIMEOUT"),
        *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
        *("NODE_EXTRA_CA_CERTS", "NPM_CONFIG_REGISTRY", "NPM_CONFIG_CAFILE"),
        *("NPM_CONFIG_USERCONFIG", "NPM_CONFIG_PROXY", "NPM_CONFIG_HTTPS_PROXY"),
        *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "FTP_PROXY", "NO_PROXY"),
    )
)
_STATE = {
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "TERM": "xterm",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_INPUT": "1",
    "UV_NO_PROGRESS": "1",
    "UV_PYTHON_DOWNLOADS": "never",
    # virtualenv would replace the pip that it brings by newer ones.
    "VIRTUALENV_NO_PERIODIC_UPDATE": "1",
}
# Nothing is taken from an index, and nothing from what the machine configures; for uv, which has no
# variable that says so, support.locked names an empty index.
_OFFLINE = {
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_NO_INDEX": "1",
    "UV_NO_CONFIG": "1",
}


def clean(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the known state: what is kept of an environment, and what is set in it."""
    kept = {name: value for name, value in environ.items() if _is_kept(name.upper())}
    return {**kept, **_STATE, **_OFFLINE, CARRIED: json.dumps(_network_variables(environ))}


def network(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the known state with what reaches a package index: for downloads alone."""
    known = {name: value for name, value in clean(environ).items() if name not in _OFFLINE}
    return {**known, **_network_variables(environ)}


def enter(environ: MutableMapping[str, str] = os.environ) -> None:
    """Put an environment into the known state; again, it changes nothing more."""
    known = clean(environ)
    environ.clear()
    environ.update(known)


def _is_kept(name: str) -> bool:
    return name in _KEPT or name.startswith(_KEPT_PREFIXES)


def _network_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of the network: those that were carried, or else the machine's."""
    if CARRIED in environ:
        carried = json.loads(environ[CARRIED])
        return {str(name): str(value) for name, value in carried.items()}
    return {name: value for name, value in environ.items() if name.upper() in _NETWORK}
