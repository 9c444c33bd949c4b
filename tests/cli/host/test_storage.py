"""Where the queues are."""

from pathlib import Path

import pytest

from cli.host.storage import queue_file
from drift.errors import BadSettings


@pytest.mark.parametrize(
    ("env", "file"),
    [
        ({}, ".phidrift/state.queues.db"),
        ({"STATE_STORE": "sqlite:/data/one.db"}, "/data/one.queues.db"),
        ({"STATE_STORE": " sqlite:/data/one.db "}, "/data/one.queues.db"),
        ({"STATE_STORE": "https://a.table.core.windows.net"}, ".phidrift/state.queues.db"),
        ({"AzureWebJobsStorage": "UseDevelopmentStorage=true"}, ".phidrift/state.queues.db"),
        ({"AzureWebJobsStorage": "sqlite:/data/queues.db"}, "/data/queues.db"),
    ],
)
def test_the_queues_are_beside_the_state_or_where_the_setting_says(
    env: dict[str, str], file: str
) -> None:
    assert queue_file(env) == Path(file)


def test_the_setting_then_says_where_they_are(tmp_path: Path) -> None:
    env = {"STATE_STORE": f"sqlite:{tmp_path}/state.db"}

    queue_file(env)

    assert env["AzureWebJobsStorage"] == f"sqlite:{tmp_path}/state.queues.db"


@pytest.mark.parametrize(
    "env",
    [
        {"AzureWebJobsStorage": "AccountName=a;AccountKey=swordfish"},
        {"AzureWebJobsStorage__accountName": "swordfish"},
    ],
    ids=["connection string", "identity"],
)
def test_an_account_is_refused_without_naming_its_key(env: dict[str, str]) -> None:
    with pytest.raises(BadSettings, match="names an account") as caught:
        queue_file(env)

    assert "swordfish" not in str(caught.value)


@pytest.mark.parametrize("state", ["sqlite:", "sqlite:/", "sqlite:."])
def test_a_state_that_is_no_file_is_refused(state: str) -> None:
    with pytest.raises(BadSettings, match="STATE_STORE names no file"):
        queue_file({"STATE_STORE": state})
