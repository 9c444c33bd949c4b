"""``phidrift explain``, beside a monitor that uses the same state."""

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.store.sqlite import SqliteStore
from adapters.store.tables import TableStore
from cli.__main__ import main
from cli.explain import resource_of
from drift.config.storage_account import by_connection_string
from drift.errors import BadSettings, StoreUnavailable
from drift.observation.throttle_gate import ThrottledReader
from drift.ports import Put
from drift.state import keys
from tests.azurite import Azurite
from tests.support.open_account import broken
from tests.support.rig import ACCOUNT, SUBSCRIPTION, Rig

OTHER = "99999999-2222-3333-4444-555555555555"


@dataclass(frozen=True)
class Done:
    """How the command ended, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


Explain = Callable[..., Done]


@pytest.fixture
def explain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Explain:
    """Return what runs the command beside the monitor."""

    def run(*arguments: str, **values: str) -> Done:
        own = {
            "MONITORED_SUBSCRIPTIONS": SUBSCRIPTION,
            "STATE_STORE": f"sqlite:{tmp_path / 'state.db'}",
        }
        for name, value in (own | values).items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(tmp_path)
        code = main(["explain", *arguments])
        printed = capsys.readouterr()
        return Done(code, printed.out, printed.err)

    return run


def opened(rig: Rig) -> None:
    broken(rig)
    rig.write(ACCOUNT)


def test_the_command_reads_the_state_while_the_monitor_uses_it_and_ignores_the_case_of_the_id(
    rig: Rig, explain: Explain
) -> None:
    opened(rig)
    done = explain(ACCOUNT.upper())

    assert (done.returncode, done.stderr) == (0, "")
    assert ACCOUNT in done.stdout
    assert "1 open incident, the worst critical" in done.stdout
    assert "\x1b" not in done.stdout


def test_json_is_one_object(rig: Rig, explain: Explain) -> None:
    done = explain(ACCOUNT, "--json")
    shown = json.loads(done.stdout)

    assert done.returncode == 0
    assert (shown["resourceId"], shown["known"]) == (ACCOUNT, True)
    assert shown["phi"]["value"] is True


def test_the_command_changes_nothing_in_the_state(
    rig: Rig, explain: Explain, tmp_path: Path
) -> None:
    before = [
        (row.key, row.etag) for shard in keys.PARTITIONS for row in rig.store.range(shard, "", "~")
    ]
    explain(ACCOUNT)
    after = [
        (row.key, row.etag) for shard in keys.PARTITIONS for row in rig.store.range(shard, "", "~")
    ]

    assert before
    assert after == before


def test_a_state_of_production_is_explained_too(
    rig: Rig, explain: Explain, azurite: Azurite
) -> None:
    address = azurite.connection_string()
    with closing(TableStore(by_connection_string(address))) as store:
        rig.change(store=store, reader=ThrottledReader(rig.arm, store, rig.clock))
        opened(rig)
        done = explain(ACCOUNT, STATE_STORE=address, PSEUDONYM_KEY="k" * 44)

    assert (done.returncode, done.stderr) == (0, "")
    assert "FAIL       TOY-OPEN" in done.stdout


def test_a_resource_that_is_not_known_says_what_to_try(rig: Rig, explain: Explain) -> None:
    unknown = ACCOUNT.replace("records", "recrods").replace(SUBSCRIPTION, OTHER)
    done = explain(unknown)

    assert (done.returncode, done.stdout) == (1, "")
    assert f"nothing is stored about {unknown}" in done.stderr
    assert f"Subscription {OTHER} is not in MONITORED_SUBSCRIPTIONS." in done.stderr
    assert "Upper and lower case make no difference" in done.stderr
    assert f"`az resource show --ids {unknown} | phidrift evaluate`" in done.stderr
    assert "No control evaluates" not in done.stderr


def test_a_part_of_a_resource_that_is_known_leads_to_that_resource(
    rig: Rig, explain: Explain
) -> None:
    done = explain(f"{ACCOUNT}/blobServices/default/containers/scans", "--json")
    shown = json.loads(done.stdout)

    assert done.returncode == 1
    assert shown["known"] is False
    assert shown["try"][0] == f"It is evaluated as part of {ACCOUNT}: explain that id."


@pytest.mark.parametrize(
    "given", ["", "records", "https://portal.azure.com/", "/", "/records", "-x/"]
)
def test_what_is_no_resource_id_is_refused(given: str) -> None:
    with pytest.raises(
        BadSettings, match="is not a resource id: an id begins with /subscriptions/"
    ):
        resource_of(given)


def test_the_command_ends_with_2_for_what_is_no_resource_id(explain: Explain) -> None:
    done = explain("records")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("phidrift: records is not a resource id")


def test_a_state_that_is_not_there_is_not_made(explain: Explain, tmp_path: Path) -> None:
    place = tmp_path / "elsewhere" / "state.db"
    done = explain(ACCOUNT, STATE_STORE=f"sqlite:{place}")

    assert done.returncode == 1
    assert f"there is no state in {place}" in done.stderr
    assert not place.parent.exists()


def test_a_state_that_cannot_be_read_is_named(explain: Explain, tmp_path: Path) -> None:
    (tmp_path / "state.db").write_text("not a database, " * 100, encoding="utf-8")
    done = explain(ACCOUNT)

    assert done.returncode == 1
    assert done.stderr.startswith("phidrift explain: the state cannot be read: ")


def test_a_store_that_is_read_only_refuses_to_write(rig: Rig, tmp_path: Path) -> None:
    with closing(SqliteStore(tmp_path / "state.db", read_only=True)) as store:
        assert store.range(keys.partition(ACCOUNT), "", "~")
        with pytest.raises(StoreUnavailable):
            store.commit(keys.partition(ACCOUNT), [Put("a", {})])
