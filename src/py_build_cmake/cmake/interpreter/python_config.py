"""Written by py-build-cmake: ``python3-config`` for the system that the wheel is for.

Source: Misc/python-config.in of CPython.
"""

from __future__ import annotations

import sys
from sysconfig import get_config_var

OPTIONS = (
    *("prefix", "exec-prefix", "includes", "libs", "cflags", "ldflags", "extension-suffix"),
    *("help", "abiflags", "configdir", "embed"),
)


def _words(*names: str) -> str:
    return " ".join(" ".join(str(get_config_var(name) or "") for name in names).split())


def answer(option: str, *, embed: bool) -> str:
    """Return what one option prints."""
    includes = dict.fromkeys(f"-I{get_config_var(name)}" for name in ("INCLUDEPY", "CONFINCLUDEPY"))
    library = f"-lpython{get_config_var('LDVERSION')}" if embed else ""
    libs = " ".join(filter(None, (library, _words("LIBS", "SYSLIBS"))))
    directories = [] if get_config_var("Py_ENABLE_SHARED") else [f"-L{get_config_var('LIBPL')}"]
    return {
        "prefix": _words("prefix"),
        "exec-prefix": _words("exec_prefix"),
        "includes": " ".join(includes),
        "cflags": " ".join([*includes, _words("CFLAGS")]),
        "libs": libs,
        "ldflags": " ".join([*directories, f"-L{get_config_var('LIBDIR')}", libs]),
        "extension-suffix": _words("EXT_SUFFIX"),
        "abiflags": _words("ABIFLAGS"),
        "configdir": _words("LIBPL"),
    }[option]


def main(arguments: list[str]) -> int:
    """Print an answer for each option; the status is 1 for unknown options."""
    options = [word[2:] if word.startswith("--") else "" for word in arguments]
    usage = f"Usage: {sys.argv[0]} [{'|'.join(f'--{name}' for name in OPTIONS)}]"
    if not options or any(option not in OPTIONS for option in options):
        print(usage, file=sys.stderr)
        return 1
    if "help" in options:
        print(usage, file=sys.stderr)
        return 0
    for option in options:
        if option != "embed":
            print(answer(option, embed="embed" in options))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
