"""The metrics of an account as Azure Monitor answers about them, and what counts as no answer."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.arm.answers import NOT_ARM
from adapters.arm.metrics import NOT_COUNTED, TOO_MANY, MetricsReader
from adapters.arm.reader import ArmReader
from drift.access.ports import MOST_SERIES, MetricSeries
from drift.exposure.metric_counts import DIMENSIONS
from sandbox.http.messages import Request, json_answer
from sandbox.world import Sandbox
from tests.support.azure_fakes import ACCOUNT, NOW, ReadersOf, refusal_of, scripted

SERVICE = f"{ACCOUNT}/blobServices/default"
MINUTE = timedelta(minutes=1)
ANONYMOUS = ("Anonymous", "GetBlob", "Success")


def sums(metrics: MetricsReader, now: datetime) -> list[MetricSeries]:
    since, until = now - 5 * MINUTE, now + MINUTE
    return list(
        metrics.sums(SERVICE, "Transactions", DIMENSIONS, since=since, until=until, step=MINUTE)
    )


def test_requests_are_summed_by_minute_and_by_every_dimension(
    sandbox: Sandbox, reader: ArmReader
) -> None:
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    for at in (now, now, now - 2 * MINUTE, now - timedelta(hours=1)):
        sandbox.arm.metrics.count(SERVICE, ANONYMOUS, at)
    sandbox.arm.metrics.count(SERVICE, ("OAuth", "PutBlob", "Success"), now)

    found = sums(MetricsReader(reader, endpoint=sandbox.arm.base_url), now)

    assert [each.points for each in found] == [
        ((now - 2 * MINUTE, 1.0), (now, 2.0)),
        ((now, 1.0),),
    ]
    assert found[0].dimensions == {
        "authentication": "Anonymous",
        "apiname": "GetBlob",
        "responsetype": "Success",
    }


def test_an_account_without_requests_has_no_series(sandbox: Sandbox, reader: ArmReader) -> None:
    metrics = MetricsReader(reader, endpoint=sandbox.arm.base_url)

    assert sums(metrics, datetime.now(UTC)) == []


def test_metrics_older_than_93_days_are_not_kept(sandbox: Sandbox, reader: ArmReader) -> None:
    old = datetime.now(UTC) - timedelta(days=94)
    sandbox.arm.metrics.count(SERVICE, ANONYMOUS, old)

    assert sums(MetricsReader(reader, endpoint=sandbox.arm.base_url), old) == []


@pytest.mark.parametrize("status", [403, 404, 429])
def test_a_refusal_says_why(sandbox: Sandbox, reader: ArmReader, status: int) -> None:
    sandbox.arm.refuse("microsoft.insights/metrics", status=status)
    metrics = MetricsReader(reader, endpoint=sandbox.arm.base_url)

    assert refusal_of(lambda: sums(metrics, NOW)).status == status


def answered(**changes: Any) -> dict[str, Any]:
    metric = {"name": {"value": "Transactions"}, "errorCode": "Success", "timeseries": []}
    return {"interval": "PT1M", "value": [metric | changes.pop("metric", {})], **changes}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, NOT_ARM),
        (answered(value=[]), NOT_COUNTED),
        (answered(interval="PT1H"), NOT_ARM),
        (answered(metric={"errorCode": "InvalidSamplingType"}), NOT_COUNTED),
        (answered(metric={"timeseries": [{"data": [{"total": 1.0}]}]}), NOT_ARM),
        (answered(metric={"timeseries": [{"data": []}] * MOST_SERIES}), TOO_MANY),
    ],
    ids=["empty", "no metric", "coarser", "an error", "no time", "as many as were asked for"],
)
def test_a_doubtful_answer_is_none(
    sandbox: Sandbox, reader_of: ReadersOf, body: dict[str, Any], code: str
) -> None:
    def script(_: Request) -> Any:
        return json_answer(200, body)

    with scripted(sandbox, script) as server:
        metrics = MetricsReader(reader_of(server.base_url), endpoint=server.base_url)
        error = refusal_of(lambda: sums(metrics, NOW))

    assert error.code == code
