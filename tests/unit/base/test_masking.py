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
        *("DBPWD", "MYSQL_PWD", "dbPwd", "DBPASS", "smtp-pass", "HTTP_AUTH", "OAUTH", "X_KEY"),
        *("masterKey", "SIGNINGKEYS", "AWS_CREDS", "SENTRY_DSN", "AUTHORIZATION", "SESSION_COOKIE"),
        *("AZURE_STORAGE_CONNECTION_STRING", "HF_TOKEN", "CREDENTIAL", "TOKENS"),
        *("GH_PAT", "DB_PASS", "AZURE_CREDENTIALS", "SSH_PRIVATE_KEY", "CIBW_TOKEN"),
    ],
)
def test_names_of_secrets(name: str) -> None:
    assert looks_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        *("PATH", "CMAKE_BUILD_TYPE", "AUTHOR", "USE_TOKENIZERS", "COMPASS", "PATCH", "PATTERN"),
        *("PWD", "OLDPWD", "SSH_AUTH_SOCK", "PASSIVE", "KEYWORDS", "DONKEY", "TRESPASS", "XPWDX"),
        *("AUTHORITY", "CMAKE_CXX_FLAGS", "DSNEY", "SSH_KEY_PATH", "hockeyRoot", "KEY_FILE"),
        *("libsecret_DIR", "CREDENTIALS_FILE", "MONKEY", "KEYBOARD", "BYPASS", "TOKENIZE"),
    ],
)
def test_names_of_other_things(name: str) -> None:
    assert not looks_secret(name)


def test_definitions_are_hidden_by_their_names_or_values() -> None:
    mask = Mask()
    mask.hide_definitions(
        [("A_TOKEN", "hunter2"), ("URL", "https://hunter3@host"), ("X", "hunter4")]
    )
    assert mask.text("hunter2 hunter3 hunter4") == f"{MASK} {MASK} hunter4"


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
    ("address", "shown"),
    [
        ("https://hunter2hunter2@host/x", f"https://{MASK}@host/x"),
        ("https://hunter2:@host", f"https://{MASK}:@host"),
        ("git+https://hunter2:x-oauth-basic@host", f"git+https://{MASK}:x-oauth-basic@host"),
        ("https://oauth2:hunter2@host", f"https://oauth2:{MASK}@host"),
        ("postgres://me:hun@ter2@db:5432/x", f"postgres://me:{MASK}@db:5432/x"),
        ("https://hunter2hunter2:hunter3@host", f"https://{MASK}:{MASK}@host"),
        ("ssh://git@host/x", "ssh://git@host/x"),
        ("https://host/a@b", "https://host/a@b"),
    ],
)
def test_secrets_in_addresses(address: str, shown: str) -> None:
    assert Mask().text(f"from '{address}' to") == f"from '{shown}' to"
    assert Mask().command([f"-DURL={address}"]) == [f"-DURL={shown}"]
    for size in (1, 3, 100):
        data = f"-- {address}\nx".encode()
        chunks = [data[i : i + size] for i in range(0, len(data), size)]
        assert b"".join(Mask().stream(chunks)).decode() == f"-- {shown}\nx"
    # Whoever uses it later, the secret is known.
    mask = Mask()
    mask.hide_environment({"INDEX": address})
    assert ("hunter2" in mask.text(f"at {address}")) is False


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("A=1 MY_TOKEN=hunter2 B=2", f"A=1 MY_TOKEN={MASK} B=2"),
        ("MY_TOKEN='hunter2 x' B", f"MY_TOKEN='{MASK}' B"),
        ('-DMY_TOKEN:STRING="hunter2 x"', f'-DMY_TOKEN:STRING="{MASK}"'),
        (
            "Server=db;Pwd=hunter2;AccountKey=hunter2=;X=1",
            f"Server=db;Pwd={MASK};AccountKey={MASK};X=1",
        ),
        ('{"password": "hunter2", "a": 1}', f'{{"password": "{MASK}", "a": 1}}'),
        ("?a=1&access_token=hunter2&b=2", f"?a=1&access_token={MASK}&b=2"),
        ("Bearer hunter2hunter2", f"Bearer {MASK}"),
        ("ghp_" + "a1" * 18, MASK),
        ("curl --password=hunter2 x", f"curl --password={MASK} x"),
        ("curl --token hunter2 --x y", f"curl --token {MASK} --x y"),
        ("curl --token --x y --no-auth", None),
        ("AUTHORIZATION: basic hunter2==", f"AUTHORIZATION: {MASK}"),
        ("-H 'Authorization: token hunter2' x", f"-H 'Authorization: {MASK}' x"),
        ('{"authorization": "Bearer hunter2", "a": 1}', f'{{"authorization": "{MASK}", "a": 1}}'),
        ("Cookie: a=hunter2; b=hunter2\nnext", f"Cookie: {MASK}\nnext"),
        ("USE_TOKEN=ON /opt/key:/usr/bin KEYWORDS=hunter2", None),
    ],
)
def test_secrets_in_texts(text: str, shown: str | None) -> None:
    expected = text if shown is None else shown
    assert Mask().text(text) == expected
    # A preset's variables, which CMake prints, are in no environment that is known before.
    for size in (1, 5, 1000):
        data = f"before\n{text}\n".encode()
        chunks = [data[i : i + size] for i in range(0, len(data), size)]
        assert b"".join(Mask().stream(chunks)).decode() == f"before\n{expected}\n"
        shows_all = Mask(show_environment=True)
        assert b"".join(shows_all.stream(chunks)) == data
    mask = Mask()
    mask.hide_environment({"CIBW_ENVIRONMENT": text})
    assert mask.hides(text) is (shown is not None)
    assert Mask(show_environment=True).text(text) == text


def test_output_is_not_held_without_need() -> None:
    """A program that prints a dot from time to time is seen to do so."""
    chunks = [b"running ", b"tests ..", b". ", b"done\nMY_KEY=", b"hunter2\n"]
    shown = [b"running ", b"tests ", b"... ", b"done\n", f"MY_KEY={MASK}\n".encode()]
    assert list(Mask().stream(chunks)) == shown


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("CIBW_ENVIRONMENT", "A=hunter2", MASK),
        ("CIBW_BEFORE_BUILD", "login hunter2", MASK),
        ("PIP_SOMETHING", "hunter2", MASK),
        ("PY_BUILD_CMAKE_CONFIG_SETTINGS", "cmake.options.X=hunter2", MASK),
        ("PWD", "/home/me", "/home/me"),
        (
            "CMAKE_ARGS",
            "-DMY_TOKEN=hunter2 -D X:STRING='hunter2 3' -DCMAKE_BUILD_TYPE=Debug --fresh",
            f"-DMY_TOKEN={MASK} -D X:STRING={MASK} -DCMAKE_BUILD_TYPE=Debug --fresh",
        ),
        ("CFLAGS", '-O2 -DLOGIN="hunter2"', f"-O2 -DLOGIN={MASK}"),
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
