"""A report from a state in Azure Tables is the one from a state in a file."""

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from adapters.store.tables import TableStore
from cli.__main__ import main
from drift.breach.clock import Basis
from drift.breach_clock.record import Action, ClockStep
from drift.breach_clock.steps import take_step
from drift.config.model import Breach
from drift.config.storage_account import by_connection_string
from drift.observation.throttle_gate import ThrottledReader
from drift.state.incident_record import load_incident
from tests.azurite import Azurite
from tests.support.open_account import OPEN, broken, mended, place
from tests.support.rig import ACCOUNT, SUBSCRIPTION, Rig

PERIOD = ("--from", "2026-11-20", "--to", "2026-11-21")


def lived(rig: Rig) -> str:
    """Have an account opened, closed and its incident assessed; return the incident's id."""
    place(rig)
    rig.only(OPEN)
    rig.write(ACCOUNT)
    rig.later(minutes=5)
    broken(rig)
    rig.write(ACCOUNT)
    rig.later(minutes=4)
    mended(rig)
    rig.write(ACCOUNT)
    rig.later(minutes=4)
    notice = rig.splunk.told[-1][0]
    incident = load_incident(rig.services.store, ACCOUNT, notice.control_id, 1)
    assert incident
    step = ClockStep(
        action=Action.DISCOVER, by="R. Ortiz", reason="see", at=rig.clock(), basis=Basis.PRESUMED
    )
    take_step(rig.services.store, incident, step, Breach(), app=rig.services.facts)
    return notice.incident_id


@pytest.fixture
def reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    def run(state: str, *arguments: str) -> str:
        monkeypatch.setenv("MONITORED_SUBSCRIPTIONS", SUBSCRIPTION)
        monkeypatch.setenv("STATE_STORE", state)
        monkeypatch.setenv("PSEUDONYM_KEY", "k" * 44)
        monkeypatch.setenv("EVIDENCE_STORE", f"file:{tmp_path / 'none'}")
        monkeypatch.chdir(tmp_path)
        code = main(["report", *arguments])
        printed = capsys.readouterr()
        assert (code, printed.err) == (0, "")
        return printed.out

    return run


def test_both_reports_are_the_same_from_tables_and_from_a_file(
    azurite: Azurite, tmp_path: Path, reported: Callable[..., str]
) -> None:
    storage, of_file, of_tables = azurite.connection_string(), Rig(tmp_path), Rig(None)
    with closing(TableStore(by_connection_string(storage))) as store:
        of_tables.change(store=store, reader=ThrottledReader(of_tables.arm, store, of_tables.clock))
        incident = lived(of_tables)
    assert lived(of_file) == incident
    of_file.close()

    for words in (("--incident", incident), PERIOD):
        tables, file = (
            json.loads(reported(each, *words, "--format", "json"))
            for each in (storage, f"sqlite:{tmp_path / 'state.db'}")
        )
        about = tables.pop("about"), file.pop("about")
        assert [each["stateStore"].partition(",")[0] for each in about] == [
            "Azure Tables",
            "SQLite",
        ]
        for each in (tables, file):
            each.get("posture", {}).pop("asOf", None)
        assert tables == file
        assert incident in json.dumps(tables)
        assert reported(storage, *words).startswith("<!DOCTYPE html>")
