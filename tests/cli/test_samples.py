"""The monitor understands the samples, which are the same in both schemas."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from detectors import DETECTORS
from drift.events import Event, Fanout
from drift.intake.event_grid import parse_delivery
from drift.intake.targets import Watched

SAMPLES = Path(__file__).parents[2] / "samples"
NOW = datetime(2026, 11, 23, tzinfo=UTC)
WATCHED = Watched.by(each.CONTROL for each in DETECTORS)


def sample(name: str) -> str:
    return (SAMPLES / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("story", "name"),
    [
        ("storage-write", "stclinicscans"),
        ("nsg-rule-write", "nsg-web"),
        ("diagnostics-delete", "stclinicscans"),
    ],
)
@pytest.mark.parametrize("schema", ["eventgrid", "cloudevents"])
def test_a_sample_leads_to_the_resource_of_its_story(story: str, name: str, schema: str) -> None:
    event, *around = parse_delivery(sample(f"{story}.{schema}.json"), WATCHED, NOW)

    assert isinstance(event, Event)
    assert all(isinstance(each, Fanout) for each in around)
    assert event.target.rpartition("/")[2] == name
    assert event.actor
    assert not event.deleted


@pytest.mark.parametrize("schema", ["eventgrid", "cloudevents"])
def test_the_tags_of_a_group_lead_to_what_lies_in_it(schema: str) -> None:
    *_, message = parse_delivery(sample(f"group-tags-write.{schema}.json"), WATCHED, NOW)

    assert isinstance(message, Fanout)
    assert message.document.endswith("/resourceGroups/rg-clinic")


def test_an_application_is_shown_by_its_id_and_its_mfa_is_unknown() -> None:
    event, *_ = parse_delivery(sample("nsg-rule-write.eventgrid.json"), WATCHED, NOW)

    assert isinstance(event, Event)
    assert event.actor
    assert (event.actor.name, event.actor.mfa) == ("2f9be3a0-6f7e-4d0c-8d13-5b8f1f2f77c4", None)


@pytest.mark.parametrize(
    "story", ["storage-write", "nsg-rule-write", "diagnostics-delete", "group-tags-write"]
)
def test_both_schemas_say_the_same(story: str) -> None:
    grid, cloud = (
        parse_delivery(sample(f"{story}.{schema}.json"), WATCHED, NOW)
        for schema in ("eventgrid", "cloudevents")
    )

    assert grid == cloud


def test_the_handshake_asks_for_nothing() -> None:
    text = sample("validation.eventgrid.json")

    assert parse_delivery(text, WATCHED, NOW) == ()
    assert json.loads(text)[0]["data"]["validationCode"]
