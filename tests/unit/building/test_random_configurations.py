"""Whatever a configuration says, there is a plan or a message; never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.fuzzing import Fuzzer, make_project, try_configuration

SEEDS = 400


def test_random_configurations(tmp_path: Path) -> None:
    make_project(tmp_path)
    right = 0
    for seed in range(SEEDS):
        try:
            right += try_configuration(tmp_path, seed)
        except Exception as e:
            raise AssertionError(f"seed {seed}") from e
    # Some get as far as the archives, others do not.
    assert SEEDS * 0.05 < right < SEEDS * 0.9


def test_a_seed_is_one_configuration() -> None:
    assert Fuzzer(7).files() == Fuzzer(7).files()
    assert Fuzzer(7).files() != Fuzzer(8).files()


def test_what_is_no_message_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_project(tmp_path)

    def fail(*_: object) -> None:
        raise KeyError("a defect")

    monkeypatch.setattr("support.fuzzing.plan_wheel", fail)
    with pytest.raises(KeyError):
        try_configuration(tmp_path, 0)
