"""Where the queues are."""

from pathlib import Path

import pytest

from drift.errors import BadSettings
from functions_host.settings.queue_location import QueueLocation, queue_location

AZURITE = "UseDevelopmentStorage=true"
ACCOUNT = "AccountName=clinic;AccountKey=swordfish123"


@pytest.mark.parametrize(
    ("env", "file"),
    [
        ({}, ".phidrift/state.queues.db"),
        ({"STATE_STORE": "sqlite:/data/one.db"}, "/data/one.queues.db"),
        ({"STATE_STORE": " sqlite:/data/one.db "}, "/data/one.queues.db"),
        ({"STATE_STORE": "https://a.table.core.windows.net"}, ".phidrift/state.queues.db"),
        ({"AzureWebJobsStorage": "sqlite:/data/queues.db"}, "/data/queues.db"),
    ],
)
def test_the_queues_are_beside_the_state_or_where_the_setting_says(
    env: dict[str, str], file: str
) -> None:
    assert queue_location(env) == QueueLocation(Path(file))


def test_the_setting_then_says_where_they_are(tmp_path: Path) -> None:
    env = {"STATE_STORE": f"sqlite:{tmp_path}/state.db"}

    queue_location(env)

    assert env["AzureWebJobsStorage"] == f"sqlite:{tmp_path}/state.queues.db"


@pytest.mark.parametrize(
    ("storage", "queues"),
    [
        (AZURITE, "http://127.0.0.1:10001/devstoreaccount1"),
        (f"{ACCOUNT};QueueEndpoint=http://127.0.0.1:7/clinic", "http://127.0.0.1:7/clinic"),
    ],
)
def test_where_the_setting_names_azurite_they_are_there(storage: str, queues: str) -> None:
    env = {"AzureWebJobsStorage": storage, "STATE_STORE": "sqlite:/data/one.db"}
    place = queue_location(env)

    assert place.azurite
    assert (place.azurite.queues, place.file) == (queues, Path("/data/one.queues.db"))
    assert env["AzureWebJobsStorage"] == storage


@pytest.mark.parametrize(
    "env",
    [
        {"AzureWebJobsStorage": ACCOUNT},
        {"AzureWebJobsStorage": f"{ACCOUNT};TableEndpoint=http://127.0.0.1:7/clinic"},
        {"AzureWebJobsStorage": "swordfish"},
        {"AzureWebJobsStorage__accountName": "swordfish"},
    ],
    ids=["connection string", "only tables are here", "no connection string", "identity"],
)
def test_an_account_is_refused_without_naming_its_key(env: dict[str, str]) -> None:
    with pytest.raises(BadSettings, match="names an account") as caught:
        queue_location(env)

    assert "swordfish" not in str(caught.value)


@pytest.mark.parametrize(
    ("storage", "asked", "held"),
    [("", 600.0, 600.0), (AZURITE, 600.0, 30.0), (AZURITE, 5.0, 5.0)],
)
def test_a_lease_in_azurite_is_short_since_it_is_all_that_some_crashes_leave(
    storage: str, asked: float, held: float
) -> None:
    assert queue_location({"AzureWebJobsStorage": storage}).lease_seconds(asked) == held


@pytest.mark.parametrize("state", ["sqlite:", "sqlite:/", "sqlite:."])
def test_the_queues_have_their_default_place_if_the_state_is_not_a_file(state: str) -> None:
    assert queue_location({"STATE_STORE": state}) == QueueLocation(
        Path(".phidrift/state.queues.db")
    )
