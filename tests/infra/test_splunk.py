"""The files for Splunk: they fit what the monitor sends, and accuse nobody without proof."""

import json
import re
from collections.abc import Iterator
from configparser import ConfigParser
from typing import Any, Final

import pytest

from drift.version import __version__
from notifiers.ocsf import MAX_BYTES
from notifiers.splunk.message import HEARTBEAT_TYPE, SOURCE_TYPE, build_event
from tests.infra.predicted import ROOT
from tests.notifiers.notices import AT, EVERY, OPENED

FOLDER: Final = ROOT / "infra/siem/splunk"
SEVERITIES: Final = {"critical", "high", "medium", "low", "informational", "unknown"}
"""The values of ``severity`` in the data model Alerts of Splunk's Common Information Model."""


class Conf(ConfigParser):
    """Splunk's names know case."""

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def read(name: str) -> Conf:
    conf = Conf(interpolation=None, delimiters=("=",), strict=True, default_section="")
    conf.read_string((FOLDER / f"{name}.conf").read_text(encoding="utf-8"))
    return conf


def fields(value: object, path: str = "") -> Iterator[str]:
    """Yield the names that KV_MODE = json gives to the values of an event."""
    match value:
        case dict():
            for key, each in value.items():
                yield from fields(each, f"{path}.{key}" if path else key)
        case list():
            for each in value:
                yield from fields(each, f"{path}{{}}")
        case _:
            yield path


def sent(notice: Any = OPENED) -> dict[str, Any]:
    event: dict[str, Any] = build_event(notice, host="phidrift", sent_at=AT)["event"]
    return event


def test_each_source_type_that_is_sent_has_its_stanza() -> None:
    assert set(read("props").sections()) == {SOURCE_TYPE, HEARTBEAT_TYPE}


@pytest.mark.parametrize("source_type", [SOURCE_TYPE, HEARTBEAT_TYPE])
def test_no_event_is_cut_and_its_json_gives_the_fields(source_type: str) -> None:
    stanza = read("props")[source_type]

    assert (stanza["TRUNCATE"], stanza["SHOULD_LINEMERGE"], stanza["KV_MODE"]) == (
        "0",
        "false",
        "json",
    )


def test_the_limits_reach_to_the_end_of_the_largest_finding() -> None:
    limits = read("limits")

    assert int(limits["spath"]["extraction_cutoff"]) > MAX_BYTES
    assert int(limits["kv"]["maxchars"]) > MAX_BYTES


@pytest.mark.parametrize("notice", EVERY.values(), ids=EVERY)
def test_each_alias_names_a_field_of_every_finding(notice: Any) -> None:
    aliases = read("props")[SOURCE_TYPE]["FIELDALIAS-phidrift_alert"]
    pairs = re.findall(r'"([^"]+)" AS (\w+)', aliases)

    assert {new for _, new in pairs} == {"id", "signature", "description", "dest"}
    assert {old for old, _ in pairs} <= set(fields(sent(notice)))


def test_each_field_of_a_calculation_is_sent() -> None:
    stanza = read("props")[SOURCE_TYPE]
    used = {
        name
        for key, text in stanza.items()
        if key.startswith("EVAL-")
        for name in re.findall(r"'([^']+)'", text)
    }

    assert used
    assert used <= set(fields(sent()))


def test_an_actor_is_the_user_only_where_the_cause_is_proven() -> None:
    stanza = read("props")[SOURCE_TYPE]

    for name in ("EVAL-user", "EVAL-src"):
        assert stanza[name].startswith("if('unmapped.actor_is_cause'==\"true\", ")
        assert stanza[name].endswith(", null())")
    assert json.dumps(sent()["unmapped"]["actor_is_cause"]) == "true"


@pytest.mark.parametrize("notice", EVERY.values(), ids=EVERY)
def test_the_severity_is_one_of_splunks_data_model(notice: Any) -> None:
    assert read("props")[SOURCE_TYPE]["EVAL-severity"] == "lower(severity)"
    assert sent(notice)["severity"].lower() in SEVERITIES


def test_the_event_type_is_tagged_for_the_data_model() -> None:
    [name] = read("eventtypes").sections()

    assert SOURCE_TYPE in read("eventtypes")[name]["search"]
    assert read("tags")[f"eventtype={name}"]["alert"] == "enabled"


def test_the_searches_are_off_and_look_for_what_is_sent() -> None:
    searches = read("savedsearches")

    assert {each["disabled"] for each in (searches[name] for name in searches.sections())} == {"1"}
    assert f'"{SOURCE_TYPE}"' in searches["PHI Drift: critical finding"]["search"]
    assert f'"{HEARTBEAT_TYPE}"' in searches["PHI Drift: no heartbeat"]["search"]


def test_a_search_that_is_turned_on_runs_by_its_schedule_and_alerts() -> None:
    searches = read("savedsearches")

    for name in searches.sections():
        each = searches[name]
        assert each["enableSched"] == "1"  # without it Splunk ignores the schedule
        assert re.fullmatch(r"[\d*/]+( [\d*/]+){4}", each["cron_schedule"])
        assert (each["relation"], each["quantity"]) == ("greater than", "0")


def test_a_finding_that_two_runs_see_alerts_once() -> None:
    search = read("savedsearches")["PHI Drift: critical finding"]

    assert (search["alert.suppress"], search["alert.digest_mode"]) == ("1", "0")
    assert f"metadata.uid AS {search['alert.suppress.fields']}" in search["search"]
    assert search["alert.suppress.fields"] in search["search"].rpartition("| table")[2]


def test_a_finding_that_arrives_a_day_late_alerts_too() -> None:
    search = read("savedsearches")["PHI Drift: critical finding"]

    assert "_index_earliest=-10m@m" in search["search"].partition("|")[0]
    assert search["dispatch.earliest_time"] == "-2d@m"


def found_by(search: str, event: dict[str, Any]) -> bool:
    """Tell whether the terms before the first command of a search select an event."""
    terms = re.findall(r'([\w.]+)=(?:"([^"]*)"|(\S+))', search.partition("|")[0])
    lists = re.findall(r"([\w.]+) IN \(([^)]*)\)", search)
    texts = {name: str(value) for name, value in event.items()}
    return all(
        name in ("sourcetype", "_index_earliest")
        or texts.get(name, "").lower() == (quoted or bare).lower()
        for name, quoted, bare in terms
    ) and all(texts.get(name) in re.split(r",\s*", values) for name, values in lists)


def test_the_search_for_critical_findings_finds_an_opened_one_and_no_other() -> None:
    search = read("savedsearches")["PHI Drift: critical finding"]["search"]
    found = {name for name, notice in EVERY.items() if found_by(search, sent(notice))}

    assert found_by(search, sent())
    assert found
    for name in found:
        event = sent(EVERY[name])
        assert (event["severity"], event["status"]) == ("Critical", "New")
        assert event["activity_id"] in (1, 2)
    assert found != set(EVERY)


def values(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield each field that KV_MODE = json gives to an event, with its text."""
    match value:
        case dict():
            for key, each in value.items():
                yield from values(each, f"{path}.{key}" if path else key)
        case list():
            for each in value:
                yield from values(each, f"{path}{{}}")
        case _:
            yield path, value if isinstance(value, str) else json.dumps(value)


def common(event: dict[str, Any]) -> dict[str, str | None]:
    """Return the fields of the data model that the stanza gives to an event, as Splunk computes them."""
    stanza, given = read("props")[SOURCE_TYPE], dict(values(event))
    found: dict[str, str | None] = {
        new: given.get(old)
        for old, new in re.findall(r'"([^"]+)" AS (\w+)', stanza["FIELDALIAS-phidrift_alert"])
    }
    for name, text in stanza.items():
        if name.startswith("EVAL-"):
            [(word, lowered, asked, wanted, value)] = re.findall(
                r"^(?:\"(\w+)\"|lower\((\w+)\)|if\('(.+?)'==\"(\w+)\", '(.+?)', null\(\)\))$", text
            )
            result = given.get(value) if given.get(asked) == wanted else None
            found[name.removeprefix("EVAL-")] = word or given.get(lowered, "").lower() or result
    return found


@pytest.mark.parametrize("notice", EVERY.values(), ids=EVERY)
def test_every_finding_has_the_fields_of_the_data_model_and_a_user_only_with_proof(
    notice: Any,
) -> None:
    event = sent(notice)
    found = common(event)

    assert {name for name, value in found.items() if value is None} <= {"user", "src"}
    assert found["dest"] == event["resources"][0]["uid"]
    assert found["severity"] in SEVERITIES
    unmapped = event.get("unmapped", {})
    is_proven = unmapped.get("actor_is_cause") is True
    assert found["user"] == (unmapped["actor"].get("name") if is_proven else None)


def test_the_app_carries_the_version_of_the_monitor() -> None:
    assert read("app")["launcher"]["version"] == __version__
