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


def test_the_app_carries_the_version_of_the_monitor() -> None:
    assert read("app")["launcher"]["version"] == __version__
