"""MONITOR-SELF: a write of the monitor's own settings is reported with its author and the hashes."""

from dataclasses import replace

import pytest

from detectors.monitor import self as own
from drift.model import Severity
from tests.support.rig import GROUP, Rig

APP = f"{GROUP}/providers/Microsoft.Web/sites/func-phidrift"
SETTINGS = f"{APP}/config/appsettings"
OPENED, UPDATED, CLOSED = ("MONITOR-SELF opened", "MONITOR-SELF updated", "MONITOR-SELF closed")


@pytest.fixture
def rig() -> Rig:
    """Return a monitor that knows its function app, and has stored the hash of its configuration."""
    made = Rig(None)
    made.only(own)
    baseline = replace(made.services.config.baseline, monitor_app="/sites/func-phidrift")
    made.change(config=replace(made.services.config, baseline=baseline))
    made.run(made.monitor.tick())
    return made


def write(rig: Rig, document: str = SETTINGS) -> None:
    rig.write(document, operation="Microsoft.Web/sites/config/write")


def restart(rig: Rig, config_hash: str) -> None:
    """Have the monitor run with another configuration."""
    rig.change(facts=replace(rig.services.facts, config_hash=config_hash))
    rig.run(rig.monitor.tick())


def test_a_write_is_told_with_its_author_and_the_hash_before_and_after(rig: Rig) -> None:
    before = rig.services.facts.config_hash
    write(rig)
    restart(rig, "0123456789abcdef")
    rig.later(minutes=3)

    assert rig.teams.changes == [OPENED]
    notice = rig.teams.told[0][0]
    assert notice.reason == (
        "dana@clinic.example wrote the settings of the monitor from 203.0.113.9 at 2026-11-20 03:00:00 UTC. "
        f"The hash of its configuration was {before} and is 0123456789abcdef."
    )
    assert notice.severity is Severity.MEDIUM


def test_a_restart_before_its_event_arrives_is_told_the_same(rig: Rig) -> None:
    before = rig.services.facts.config_hash
    restart(rig, "0123456789abcdef")
    rig.later(minutes=3)
    assert rig.teams.changes == []

    write(rig)
    rig.later(minutes=3)

    assert rig.teams.changes == [OPENED]
    assert f"was {before} and is 0123456789abcdef" in rig.teams.told[0][0].reason


def test_a_write_that_leaves_the_hash_is_told_with_the_hash(rig: Rig) -> None:
    write(rig)
    rig.later(minutes=3)

    assert rig.teams.changes == [OPENED]
    assert f"is {rig.services.facts.config_hash} as before" in rig.teams.told[0][0].reason


def test_instances_that_take_turns_are_one_change(rig: Rig) -> None:
    before = rig.services.facts.config_hash
    write(rig)
    for each in ("0123456789abcdef", before, "0123456789abcdef"):
        restart(rig, each)
    rig.later(minutes=5)

    assert rig.teams.changes == [OPENED]
    assert f"was {before} and is 0123456789abcdef" in rig.teams.told[0][0].reason


def test_another_write_updates_and_a_quiet_day_closes_without_calling_it_fixed(rig: Rig) -> None:
    write(rig)
    rig.later(minutes=10)
    write(rig)
    rig.later(minutes=10)
    assert rig.teams.changes == [OPENED, UPDATED]

    rig.later(minutes=24 * 60)

    assert rig.teams.changes == [OPENED, UPDATED, CLOSED]
    assert (
        "The monitor does not know whether the last write was intended"
        in rig.teams.told[-1][0].reason
    )
    assert rig.store_rows("due|") == 0


@pytest.mark.parametrize(
    "document",
    [
        f"{GROUP}/providers/Microsoft.Web/sites/another/config/appsettings",
        f"{GROUP}/providers/Microsoft.Web/sites/another-func-phidrift/config/appsettings",
    ],
)
def test_the_settings_of_another_app_are_neither_told_nor_read(rig: Rig, document: str) -> None:
    write(rig, document)
    rig.later(minutes=3)

    assert rig.teams.changes == []
    assert not rig.arm.reads


def test_without_a_known_app_no_write_is_its_own(rig: Rig) -> None:
    baseline = replace(rig.services.config.baseline, monitor_app="")
    rig.change(config=replace(rig.services.config, baseline=baseline))
    write(rig)
    rig.later(minutes=3)

    assert rig.teams.changes == []
