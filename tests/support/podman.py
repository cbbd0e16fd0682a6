"""podman with a configuration and a storage of its own, and the containers of one image there."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from support.builds import CommandFailed, clean_environment
from support.emulated import find_binfmt, start_emulated

# crun and the systemd manager refuse the cgroups of many containers and virtual machines.
_CONTAINERS = """\
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=32768:32768"]
netns = "host"

[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
tmp_dir = {tmp_dir}
"""
_STORAGE = """\
[storage]
driver = "overlay"
graphroot = {graph_root}
runroot = {run_root}
"""


@dataclass(frozen=True)
class Image:
    """An image that podman has; `directory` holds that podman's configuration and storage.

    `architecture` is as ``uname -m`` has it, and `platform` as podman has it. `emulator` is the
    program of qemu-user that runs it, if this machine does not.
    """

    name: str
    directory: Path
    architecture: str
    platform: str
    emulator: str | None = None

    @property
    def podman_environment(self) -> dict[str, str]:
        """The environment that points podman to its configuration."""
        return {
            "CONTAINERS_CONF": str(self.directory / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(self.directory / "storage.conf"),
        }

    @property
    def create_args(self) -> tuple[str, ...]:
        """What has to be among the arguments with which podman makes a container."""
        # A user namespace may not mount a sysfs beside the machine's network.
        return ("-v", "/sys:/sys:ro") if self.emulator else ()

    def write_configuration(self) -> None:
        """Write the files that `podman_environment` names."""
        places = {
            name: json.dumps(str(self.directory / name))
            for name in ("graph_root", "run_root", "tmp_dir")
        }
        (self.directory / "containers.conf").write_text(_CONTAINERS.format(**places))
        (self.directory / "storage.conf").write_text(_STORAGE.format(**places))

    def exists(self) -> bool:
        """Return whether podman has it. Raises `CommandFailed` if podman does not work."""
        try:
            self.run(["podman", "image", "exists", self.name])
        except CommandFailed as e:
            if e.log:  # It says nothing of an image that is not there.
                raise
            return False
        return True

    def run_in_container(self, command: Sequence[str], env: Mapping[str, str]) -> str:
        """Run `command` in a container as cibuildwheel makes it; return all that it printed.

        `env` is the whole environment there. Raises `CommandFailed`.
        """
        variables = [f"--env={name}={value}" for name, value in env.items()]
        platform_args = ("--pull=never", f"--platform=linux/{self.platform}")
        options = ("--rm", "--volume=/:/host", *platform_args, *self.create_args)
        return self.run(["podman", "run", *options, *variables, self.name, *command])

    def run(
        self,
        command: Sequence[str | Path],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: IO[bytes] | None = None,
    ) -> str:
        """Run `command` where containers of the image can run; return all that it printed.

        Raises `CommandFailed`.
        """
        with self.start(
            command,
            cwd=cwd,
            env=clean_environment({**self.podman_environment, **(env or {})}),
            stdin=stdin or subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            errors="replace",
        ) as process:
            log = process.communicate()[0]
        if process.returncode != 0:
            raise CommandFailed(command, process.returncode, log)
        return log

    def start(self, command: Sequence[str | Path], **options: Any) -> subprocess.Popen[str]:
        """Start `command` there; `options` are those of `subprocess.Popen`."""
        words = [str(word) for word in command]
        if self.emulator:
            return start_emulated(find_binfmt(self.emulator), words, **options)
        return subprocess.Popen(words, text=True, **options)
