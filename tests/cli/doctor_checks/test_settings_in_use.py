"""Settings without effect, and the location of the queues."""

import json
from pathlib import Path

import pytest

from adapters.queues.protocol import QueuesUnavailable
from cli.doctor_checks.check import Level
from cli.doctor_checks.settings_in_use import queues, settings_in_use
from drift.config.app_settings import WITHOUT_EFFECT

ROOT = Path(__file__).resolve().parents[3]


def answers(storage: str) -> object:
    return storage


def is_silent(storage: str) -> object:
    raise QueuesUnavailable("queues of 127.0.0.1:10001: no answer")


def test_settings_that_nothing_reads_are_named_together() -> None:
    env = dict.fromkeys(WITHOUT_EFFECT, "something")
    (idle,) = [each for each in settings_in_use(env, "", answers) if each.level is Level.WARN]

    named = idle.finding.rpartition(": ")[2].split(", ")
    assert set(WITHOUT_EFFECT) - set(named) == {"PSEUDONYM_KEY"}
    assert "something" not in idle.line()


def test_the_sample_as_it_is_needs_no_warning() -> None:
    sample = json.loads((ROOT / "local.settings.sample.json").read_text(encoding="utf-8"))
    found = [
        each for each in settings_in_use(sample["Values"], "", answers) if each.level is Level.WARN
    ]

    assert found == []


def test_without_unused_settings_there_is_no_warning() -> None:
    levels = {
        each.level for each in settings_in_use({"EVIDENCE_STORE": " "}, "monitor.toml", answers)
    }

    assert levels == {Level.OK}


@pytest.mark.parametrize(
    ("storage", "level", "told"),
    [
        ("", Level.OK, "SQLite beside the state"),
        ("sqlite:/var/lib/phidrift/queues.db", Level.OK, "SQLite beside the state"),
        ("UseDevelopmentStorage=true", Level.OK, "in Azurite, which answers"),
        ("AccountName=a;AccountKey=swordfish", Level.WARN, "not checked here"),
    ],
)
def test_where_the_queues_are_is_told(storage: str, level: Level, told: str) -> None:
    found = queues(storage, answers)

    assert (found.level, told in found.finding) == (level, True)
    assert "swordfish" not in found.line()


def test_an_azurite_that_does_not_answer_is_named() -> None:
    found = queues("UseDevelopmentStorage=true", is_silent)

    assert found.level is Level.FAIL
    assert "queues of 127.0.0.1:10001: no answer" in found.finding
    assert "start Azurite" in found.step
