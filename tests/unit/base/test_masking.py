"""What is not printed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from py_build_cmake.base.masking import MASK, Mask, looks_secret
from py_build_cmake.config.settings import parse_config_settings


@pytest.mark.parametrize(
    "name",
    [
        *("GITHUB_TOKEN", "TWINE_PASSWORD", "DB_PASSWD", "MySecret", "client-secret", "API_KEY"),
        *("apikey", "AWS_SECRET_ACCESS_KEY", "SIGNING_KEY", "GPG_PASSPHRASE", "BASIC_AUTH"),
        *("GH_PAT", "DB_PASS", "AZURE_CREDENTIALS", "SSH_PRIVATE_KEY", "CIBW_TOKEN"),
    ],
)
def test_names_of_secrets(name: str) -> None:
    assert looks_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        *("PATH", "CMAKE_BUILD_TYPE", "AUTHOR", "USE_TOKENIZERS", "COMPASS", "PATCH", "PATTERN"),
        *("libsecret_DIR", "CREDENTIALS_FILE", "MONKEY", "KEYBOARD", "BYPASS", "TOKENIZE"),
    ],
)
def test_names_of_other_things(name: str) -> None:
    assert not looks_secret(name)


@pytest.mark.parametrize(
    "words",
    [["-D", "A_TOKEN=se cret"], ["-DA_TOKEN=se cret"], ["-D", "A_TOKEN:STRING=se cret"]],
)
def test_definitions(words: list[str]) -> None:
    mask = Mask()
    shown = mask.command(["cmake", *words, "-DUSE_TOKEN=ON", "A_TOKEN=x", "-DB=1"])
    *rest, tail = shown[:-3], shown[-3:]
    assert "cret" not in str(rest)
    assert MASK in str(rest)
    assert tail == ["-DUSE_TOKEN=ON", "A_TOKEN=x", "-DB=1"]
    # Later commands, and what they print, do not show it either.
    assert mask.text("--flag=se cret!") == f"--flag={MASK}!"


def test_short_values_are_hidden_where_they_are_defined_only() -> None:
    mask = Mask()
    assert mask.command(["-DA_TOKEN=abc", "abc"]) == [f"-DA_TOKEN={MASK}", "abc"]


def test_passwords_in_addresses() -> None:
    command = ["cmake", "-DURL=https://me:word@example.org/x"]
    assert Mask().command(command) == ["cmake", f"-DURL=https://me:{MASK}@example.org/x"]


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("HOME", "/home/me", MASK),
        ("HOME", "On", "On"),
        ("PATH", "/bin", "/bin"),
        ("CIBW_BUILD", "cp312-*", "cp312-*"),
        ("CIBW_PASSWORD", "word", MASK),
        ("PIP_INDEX_URL", "https://a:b@c/", f"https://a:{MASK}@c/"),
    ],
)
def test_variables(name: str, value: str, shown: str) -> None:
    assert Mask().variable(name, value) == shown
    assert Mask(show_environment=True).variable(name, value) == value


def test_what_the_build_sets_is_shown_without_secrets() -> None:
    mask = Mask()
    mask.hide_environment({"A_TOKEN": "hunter2"})
    assert mask.variable("CFLAGS", "-O2 -DT=hunter2", is_ours=True) == f"-O2 -DT={MASK}"
    assert mask.variable("B_TOKEN", "x", is_ours=True) == MASK


def test_the_environment_can_be_shown() -> None:
    mask = Mask(show_environment=True)
    mask.hide_environment({"A_TOKEN": "hunter2"})
    assert mask.text("hunter2") == "hunter2"


def test_lines_of_a_key() -> None:
    mask = Mask()
    mask.hide(["-----BEGIN-----\nabcdefghijkl\nxy\n"])
    assert mask.text("it is abcdefghijkl, xy") == f"it is {MASK}, xy"


@given(st.lists(st.text("abx", max_size=4), max_size=12), st.integers(1, 5))
def test_output_in_pieces(parts: list[str], size: int) -> None:
    secret = "abab"
    data = secret.join(parts).encode()
    mask = Mask()
    mask.hide([secret])
    chunks = [data[i : i + size] for i in range(0, len(data), size)]
    shown = b"".join(mask.stream(chunks))
    assert secret.encode() not in shown
    assert shown.replace(MASK.encode(), secret.encode()).count(b"x") == data.count(b"x")
    if secret.encode() not in data:
        assert shown == data


@pytest.mark.parametrize(
    ("settings", "secrets"),
    [
        ({"cmake.options.MY_TOKEN": "hunter2"}, ("hunter2",)),
        ({"cmake.options.MY_TOKEN:STRING": "hunter2"}, ("hunter2",)),
        ({"override": 'cmake.env.MY_TOKEN="hunter2"'}, ("hunter2",)),
        ({"override": 'cross.cmake.0.options."MY_TOKEN"=hunter2'}, ("hunter2",)),
        ({"override": "cmake.env.MY_TOKEN=a=b"}, ("a=b",)),
        ({"cmake.build_type": "token"}, ()),
        ({"override": "cmake.options.X=MY_TOKEN=1"}, ()),
    ],
)
def test_secrets_in_overrides(settings: dict[str, str], secrets: tuple[str, ...]) -> None:
    assert parse_config_settings(settings, {}).secrets == secrets
