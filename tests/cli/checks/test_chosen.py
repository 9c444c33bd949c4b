"""What well-formed settings mean for this version."""

import pytest

from cli.checks.check import Level
from cli.checks.chosen import chosen, queues
from drift.settings import WITHOUT_EFFECT


def test_settings_that_nothing_reads_are_named_together() -> None:
    env = dict.fromkeys(WITHOUT_EFFECT, "something")
    (idle,) = [each for each in chosen(env, "") if each.level is Level.WARN]

    assert all(name in idle.finding for name in WITHOUT_EFFECT)
    assert "something" not in idle.line()


def test_without_them_there_is_nothing_to_know_about() -> None:
    levels = {each.level for each in chosen({"EVIDENCE_STORE": " "}, "monitor.toml")}

    assert levels == {Level.OK}


@pytest.mark.parametrize(
    ("storage", "level", "told"),
    [
        ("", Level.OK, "SQLite beside the state"),
        ("sqlite:/var/lib/phidrift/queues.db", Level.OK, "SQLite beside the state"),
        ("UseDevelopmentStorage=true;", Level.OK, "Azurite"),
        ("AccountName=a;AccountKey=swordfish", Level.WARN, "not tried here"),
    ],
)
def test_where_the_queues_are_is_told(storage: str, level: Level, told: str) -> None:
    found = queues(storage)

    assert (found.level, told in found.finding) == (level, True)
    assert "swordfish" not in found.line()
