"""Start commands where the programs of another architecture run like this machine's.

A user namespace has a binfmt_misc of its own (Linux 6.7), so that nothing changes for the rest of
the machine. It maps every user to the same user: who may start it is root, and stays it.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

# Every user that a system has. With all that there can be, runc takes it for the initial namespace.
_SAME_IDS = "0 0 65536"
# A program that is started before there is a mapping has no rights: hence two shells.
_SCRIPT = """
until read -r _ </proc/self/uid_map; do sleep 0.01; done
exec sh -c '
    mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc &&
    cat "$0" >/proc/sys/fs/binfmt_misc/register &&
    exec "$@"' "$@"
"""


def find_binfmt(qemu: str) -> Path:
    """Return Debian's line for binfmt_misc that starts `qemu`, which may not be there."""
    return Path("/usr/lib/binfmt.d", f"{qemu}.conf")


def start_emulated(binfmt: Path, command: Sequence[str], **options: Any) -> subprocess.Popen[str]:
    """Start `command` with the emulator that the file `binfmt` names; `options` are Popen's.

    The mount is gone when the last process of the namespace is.
    """
    shell = ["unshare", "--user", "--mount", "sh", "-c", _SCRIPT, "sh", str(binfmt)]
    process: subprocess.Popen[str] = subprocess.Popen([*shell, *command], text=True, **options)
    directory = Path("/proc", str(process.pid))
    ours = Path("/proc/self/ns/user").readlink()
    try:
        while process.poll() is None and (directory / "ns" / "user").readlink() == ours:
            time.sleep(0.01)
        for name in ("gid_map", "uid_map"):
            (directory / name).write_text(_SAME_IDS)
    except OSError:
        # It ended: the caller finds that out, with what it said.
        process.kill()
    return process
