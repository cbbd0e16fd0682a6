"""Directories that show the sources of a package together with what CMake installs.

If CMake installs nothing into a directory, it is one link to the whole directory. A directory with
both is a real one, with real files for what CMake installed and a link for everything else.
"""

from __future__ import annotations

import os


def mirror(source: str, target: str) -> None:
    """Link at ``target`` to everything in ``source``, and remove links to files that are gone.

    Several processes may do this at the same time.

    :raises OSError: the file system, or the user's rights, do not permit symbolic links.
    """
    if not (_is_real_directory(target) and os.path.isdir(source)):
        _link(source, target)
        return
    with os.scandir(source) as entries:
        names = {entry.name for entry in entries if _belongs(entry.name)}
    for name in sorted(names):
        inner = os.path.join(target, name)
        if os.path.islink(inner) or not os.path.exists(inner):
            _link(os.path.join(source, name), inner)
        elif os.path.isdir(inner):
            mirror(os.path.join(source, name), inner)
    with os.scandir(target) as entries:
        links = [entry for entry in entries if entry.is_symlink() and not is_unfinished(entry.name)]
    for entry in links:
        if entry.name not in names:
            try:
                os.unlink(entry.path)
            except FileNotFoundError:
                pass


def unfinished(path: str, kind: str) -> str:
    """Return the name under which this process writes a file before it moves it to ``path``."""
    folder, name = os.path.split(path)
    return os.path.join(folder, f".{name}.{os.getpid()}.pbc-{kind}")


def is_unfinished(name: str) -> bool:
    """Whether a name is that of a file which a process writes before it moves it."""
    return name.startswith(".") and ".pbc-" in name


def _link(source: str, target: str) -> None:
    try:
        if os.readlink(target) == source:
            return
    except (OSError, ValueError):
        pass
    if _is_real_directory(target):
        import shutil

        shutil.rmtree(target, ignore_errors=True)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    temporary = unfinished(target, "link")
    try:
        os.unlink(temporary)
    except FileNotFoundError:
        pass
    os.symlink(source, temporary, target_is_directory=os.path.isdir(source))
    os.replace(temporary, target)


def _is_real_directory(path: str) -> bool:
    return os.path.isdir(path) and not os.path.islink(path)


def _belongs(name: str) -> bool:
    return name != "__pycache__" and not name.endswith((".pyc", ".pyo"))
