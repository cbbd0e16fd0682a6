"""Tags in the configuration: those that no installer accepts, and those that are not known here."""

from __future__ import annotations

import pytest
from support.configuration import Sources

CROSS = "[tool.py-build-cmake.cmake]\n"


@pytest.mark.parametrize(
    ("key", "value", "message", "hint"),
    [
        ("cross.arch", "linux_arm64", "a machine arm64 on Linux", "write 'linux_aarch64'"),
        ("cross.arch", "linux_aarch64.linux_arm64", "a machine arm64", "write 'linux_aarch64'"),
        ("cross.arch", "manylinux_2.28_x86_64", "is not a platform tag", "'manylinux_2_28_x86_64'"),
        ("cross.arch", "linux_sparc64", "does not know the machine", "wheel.allow_unknown_tags"),
        ("cross.abi", "cp39m", "no flag m since 3.8", "write 'cp39'"),
        ("cross.abi", "rust_1", "does not know the ABI", "wheel.allow_unknown_tags"),
        ("cross.implementation", "cpython", "'cpython'", "write 'cp'"),
        ("wheel.platform_tag", "linux_arm64", "a machine arm64 on Linux", "write 'linux_aarch64'"),
        ("wheel.platform_tag", "linux_sparc64", "does not know", "wheel.allow_unknown_tags"),
        ("wheel.platform_tag", "Linux_x86_64", "capital letters", "write 'linux_x86_64'"),
        ("wheel.abi_tag", "cp310t", "from CPython 3.13 on", "write 'cp310'"),
        ("wheel.python_tag", "cpython39", "'cpython39'", "write 'cp39'"),
        ("wheel.python_tag", "rustpython39", "does not know", "wheel.allow_unknown_tags"),
    ],
)
@pytest.mark.parametrize("in_file", [False, True])
def test_tags_are_refused_where_they_are_written(  # noqa: PLR0917 - the columns of the table
    sources: Sources, key: str, value: str, message: str, hint: str, in_file: bool
) -> None:
    sources.pyproject(CROSS)
    overrides = [f"{key}={value}"]
    if key.startswith("cross.") and key != "cross.arch":
        overrides += ["cross.arch=linux_aarch64"]
    if in_file:
        lines = "".join("{} = '{}'\n".format(*o.split("=", 1)) for o in overrides)
        sources.write("py-build-cmake.local.toml", lines)
        overrides = []
    problems = sources.problems(*overrides)
    (problem,) = [p for p in problems if "contradict" not in p.message]
    assert message in problem.message
    assert hint in problem.hint
    assert key in problem.where
    assert ("py-build-cmake.local.toml" in problem.where) is in_file


@pytest.mark.parametrize("toolchain", ["gnu", "zig"])
@pytest.mark.parametrize("arch", ["LINUX_AARCH64", "linux_arm64", "manylinux1_aarch64"])
def test_the_right_tag_is_said_whatever_the_toolchain(
    sources: Sources, toolchain: str, arch: str
) -> None:
    sources.pyproject(CROSS)
    (problem,) = sources.problems(f"cross.toolchain={toolchain}", f"cross.arch={arch}")
    assert "aarch64'" in problem.hint


def test_one_key_accepts_what_is_not_known(sources: Sources) -> None:
    sources.pyproject(CROSS)
    overrides = ("cross.arch=linux_sparc64", "cross.abi=rust_1", "cross.implementation=rustpython")
    config = sources.load(*overrides, "wheel.allow_unknown_tags=true")
    assert config.host_platform.platform_tags == ("linux_sparc64",)
    assert [p for p in sources.problems(*overrides) if "does not know" not in p.message] == []


def test_the_key_may_stand_in_a_cross_file(sources: Sources) -> None:
    sources.pyproject(CROSS)
    sources.write(
        "py-build-cmake.cross.toml", "arch = 'linux_sparc64'\nwheel.allow_unknown_tags = true\n"
    )
    assert sources.load().host_platform.system == "linux"


def test_the_key_accepts_no_tag_that_no_installer_accepts(sources: Sources) -> None:
    sources.pyproject(CROSS)
    (problem,) = sources.problems("cross.arch=linux_arm64", "wheel.allow_unknown_tags=true")
    assert problem.hint == "write 'linux_aarch64'"


def test_all_wrong_tags_are_reported_at_once(sources: Sources) -> None:
    sources.pyproject(CROSS)
    problems = sources.problems(
        "cross.arch=win64", "cross.abi=cp310t", "wheel.platform_tag=Linux_x86_64", "cmake.jobs=x"
    )
    keys = {"arch", "abi", "platform_tag", "jobs"}
    assert {problem.where.strip("`").rpartition(".")[2] for problem in problems} == keys
