"""A read may come from a lagging replica, always with the true date."""

from datetime import UTC, datetime, timedelta

import pytest

from sandbox.arm.replicas import Lag, Replicas
from sandbox.clinic.estate import APP_GROUP, RECORDS, diagnostic_setting
from sandbox.core.documents import Documents
from sandbox.http.messages import Refused
from sandbox.seeded_random import SeededRandom
from sandbox.world import Sandbox
from tests.sandbox.conftest import Call


def test_a_stale_read_shows_what_was_before_the_last_write(azure: Sandbox, call: Call) -> None:
    azure.patch(RECORDS, {"properties": {"allowBlobPublicAccess": True}})
    azure.arm.stale(RECORDS)

    seen = [call("GET", RECORDS).json()["properties"]["allowBlobPublicAccess"] for _ in range(2)]

    assert seen == [False, True]


def test_a_fresh_extension_is_404_on_a_stale_replica(azure: Sandbox, call: Call) -> None:
    path = f"{RECORDS}/blobServices/default/providers/Microsoft.Insights/diagnosticSettings/fresh"
    azure.write(path, diagnostic_setting(RECORDS))
    azure.arm.stale("diagnosticSettings/fresh")

    statuses = [call("GET", path, "2021-05-01-preview").status_code for _ in range(2)]

    assert statuses == [404, 200]


def test_a_deleted_rule_is_still_there_on_a_stale_replica(azure: Sandbox, call: Call) -> None:
    azure.delete(f"{APP_GROUP}/securityRules/AllowHttps")
    azure.arm.stale(APP_GROUP)

    counts = [len(call("GET", APP_GROUP).json()["properties"]["securityRules"]) for _ in range(2)]

    assert counts == [3, 2]


def test_a_document_that_was_placed_never_lags(azure: Sandbox, call: Call) -> None:
    azure.arm.stale(RECORDS)

    assert call("GET", RECORDS).status_code == 200


class _Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 5, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> _Clock:
    return _Clock()


def test_lag_ends_after_its_seconds(clock: _Clock) -> None:
    documents = Documents()
    replicas = Replicas(documents, clock, SeededRandom(7), Lag(seconds=2.0, probability=1.0))
    documents.write("/a", {"n": 1}, clock())
    clock.now += timedelta(minutes=1)
    documents.write("/a", {"n": 2}, clock())
    early = {(replicas.view("/a", "/a").get("/a") or {}).get("n") for _ in range(20)}
    clock.now += timedelta(seconds=1)
    between = {(replicas.view("/a", "/a").get("/a") or {}).get("n") for _ in range(20)}
    clock.now += timedelta(seconds=1)
    late = {(replicas.view("/a", "/a").get("/a") or {}).get("n") for _ in range(20)}

    assert early == {1}
    assert between == {1, 2}
    assert late == {2}


def test_the_same_seed_lags_the_same_reads() -> None:
    def draws(seed: int) -> list[bool]:
        chance = SeededRandom(seed)
        return [chance.happens(0.5, "behind|/a") for _ in range(20)]

    assert draws(1) == draws(1)
    assert draws(1) != draws(2)


def test_writing_to_what_is_not_there_is_refused_as_in_azure(azure: Sandbox) -> None:
    with pytest.raises(Refused) as caught:
        azure.patch(f"{RECORDS}x", {"properties": {}})

    assert caught.value.code == "ResourceNotFound"
