"""monitor.toml: each mistake is named with its line and key."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drift.config import toml_lines
from drift.errors import BadSettings
from tests.drift.config.toml_files import ACCOUNT, parse

SAMPLE = (Path(__file__).parents[3] / "monitor.sample.toml").read_text(encoding="utf-8")
LINES = toml_lines.find(SAMPLE)
EMPTY_LISTS = [
    (toml_lines.dotted(path), line)
    for path, line in LINES.items()
    if SAMPLE.splitlines()[line - 1] == f"{path[-1]} = []"
]
assert EMPTY_LISTS


def problems(text: str) -> tuple[str, ...]:
    with pytest.raises(BadSettings) as refused:
        parse(text)
    return refused.value.problems


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[timing]\nsettle_seconds = -1", "line 2, timing.settle_seconds: Must be a number from"),
        ("[timing]\nsettle_seconds = true", "timing.settle_seconds: Must be a number from 0"),
        ("[timing]\nsettle_seconds = nan", "timing.settle_seconds: Must be a number from 0"),
        ("[timing]\nsettle_seconds = inf", "timing.settle_seconds: Must be a number from 0"),
        ("[timing]\nsettle_seconds = '60'", "timing.settle_seconds: Must be a number from 0"),
        ("[timing]\nretry_seconds = []", "timing.retry_seconds: Must not be empty"),
        ("[timing]\nclaim_seconds = 20", "timing.claim_seconds: Must be a number from 45 to"),
        ("[timing]\nretry_seconds = [0]", "timing.retry_seconds[0]: Must be a number from 0.1"),
        ("[timing]\nretry_seconds = 5", "timing.retry_seconds: Must be a list"),
        ("[timing]\nreads_per_minute = 1.5", "timing.reads_per_minute: Must be a whole number"),
        (
            "[timing]\nsettle_second = 5",
            "line 2, timing.settle_second: Unknown key; did you mean settle_s",
        ),
        ("[retention]\nstate_days = 0", "retention.state_days: Must be a whole number from 1 to"),
        ("[retention]\nstate_days = 1.5", "retention.state_days: Must be a whole number"),
        (
            "[breach]\nrole = 'clinic'",
            "line 2, breach.role: Must be one of covered_entity, business",
        ),
        ("[breach]\ncontract_days = 61", "breach.contract_days: Must be a whole number from 0 to"),
        ("[breach]\ntime_zone = 'America'", "line 2, breach.time_zone: Must be a time zone that"),
        ("[breach]\ntime_zone = '../UTC'", "breach.time_zone: Must be a time zone that this"),
        ("[breach.state_days]\nCali = 15", "breach.state_days.Cali: Must be the postal abbrev"),
        ("[breach.state_days]\nCA = 0", "line 2, breach.state_days.CA: Must be a whole number"),
        ("[breach]\nroles = 'x'", "breach.roles: Unknown key; did you mean role?"),
        ("timing = 5", "line 1, timing: Must be a table"),
        ("owners = []", "line 1, owners: Unknown key."),
        ("[controls]\ndisabled = ['STORAGE-TSL']", "line 2, controls.disabled[0]: Must be one of"),
        (
            "[controls]\nadmin_ports = [22, 70000]",
            "controls.admin_ports[1]: Must be a whole number from 1 to 65535",
        ),
        ("[controls]\nadmin_ports = 22", "controls.admin_ports: Must be a list"),
        ("[controls]\nsoft_delete_days = 0", "soft_delete_days: Must be a whole number from 1"),
        ("[controls.severities]\nNO-SUCH = 'low'", "controls.severities.NO-SUCH: Must be one of"),
        ("[controls.severities]\nSTORAGE-TLS = 'High'", "Must be one of low, medium, high"),
        ("[phi]\ntag_names = 'x'", "phi.tag_names: Must be a list"),
        ("[phi]\ntag_names = ['']", "phi.tag_names[0]: Must be a string"),
        ("[phi]\ntag_values = [1]", "phi.tag_values[0]: Must be a string"),
        ("[phi]\nsubscriptions = ['prod']", "phi.subscriptions[0]: Must be the GUID"),
        (
            "[phi]\nresource_groups = ['a/b']",
            "phi.resource_groups[0]: Must be the name or the ARM id",
        ),
        ("[approved]\nnetworks = ['203.0.113.7/24']", "approved.networks[0]: Must be a network"),
        ("[approved]\nnetworks = ['0.0.0.0/0']", "Must not approve the whole Internet"),
        ("[approved]\nnetworks = ['::/0']", "Must not approve the whole Internet"),
        ("[approved]\njumpbox_tag_names = 'role'", "approved.jumpbox_tag_names: Must be a list"),
        (
            "[approved]\njumpbox_tag_values = ['']",
            "approved.jumpbox_tag_values[0]: Must be a string",
        ),
        (f"[approved]\nworkspaces = ['{ACCOUNT}']", "approved.workspaces[0]: Must be the ARM id"),
        (
            "[[routes]]\nchannels = ['pager']",
            "line 2, routes[0].channels[0]: Must be one of splunk",
        ),
        ("[[routes]]\nseverity = 'low'", "routes[0].channels: Must name at least one channel"),
        ("routes = [5]", "line 1, routes[0]: Must be a table"),
        (
            "[[exceptions]]\nreason = 'r'",
            "line 1, exceptions[0].approved_by: The required key is missing",
        ),
        ("[[exceptions]]\ncontrol = 'X'", "exceptions[0].expires: The required key is missing"),
        ("[[exceptions]]\nexpires = 2027-01-31T00:00:00", "Must be a date, or a time with an"),
        ("[[exceptions]]\nresource_id = 'a'", "exceptions[0].resource_id: Must be an ARM id"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_key(text: str, problem: str) -> None:
    assert any(problem in each for each in problems(text)), problems(text)


LONG = """
routes = [
  { channels = ["teams"], severity = "high" },  # "}" and [ in a comment

    { channels = ["teams", 'spl#nk'], severity = "hgh" }, ]
[phi]
tag_values = ["phi",
  "]", '''"
  a''',

  5]
timing.x = [[1, {a = 2}]]
[timing]
retry_seconds = [1, 2,
  0]
"""


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[[routes]]\nchannels = ['pager']", "line 2, routes[0].channels[0]: Must be one of"),
        ("routes = [{channels = ['teams']}, 5]", "line 1, routes[1]: Must be a table"),
        ("routes = [{channels = 5}]", "line 1, routes[0].channels: Must be a list of at most"),
        ("routes = [{channels = []}]", "line 1, routes[0].channels: Must name at least one"),
        ("exceptions = [\n  'a']", "line 2, exceptions[0]: Must be a table"),
        ("controls = 5", "line 1, controls: Must be a table"),
    ],
)
def test_one_mistake_is_told_once(text: str, problem: str) -> None:
    (told,) = problems(text)

    assert told.startswith(f"monitor.toml: {problem}")


@pytest.mark.parametrize("reason", ["5", "''", "' '"])
def test_a_reason_is_a_text_of_any_words(reason: str) -> None:
    told = problems(f"[[exceptions]]\nreason = {reason}\nsevrity = 'low'")

    assert "monitor.toml: line 2, exceptions[0].reason: Must be a string that is not empty." in told


def test_what_is_no_text_is_told_what_text_it_must_be() -> None:
    (told,) = problems("[controls]\ndisabled = [5]")

    assert told.endswith("controls.disabled[0]: Must be one of NSG-ADMIN-PORTS, STORAGE-TLS.")


def test_a_number_that_is_too_long_is_named_with_its_line() -> None:
    (told,) = problems(f"[timing]\nx = '{'1' * 5000}'\nsettle_seconds = {'1' * 5000}\n")

    assert told == "monitor.toml: line 3: A number has too many digits."


def test_a_file_that_is_nested_too_deeply_is_refused() -> None:
    assert problems("x = " + "[" * 5000) == ("monitor.toml: The file is nested too deeply.",)


def test_an_item_is_named_with_its_place_and_its_own_line() -> None:
    assert [each.split(": ")[1] for each in problems(LONG)] == [
        "line 5, routes[1].channels[1]",
        "line 5, routes[1].severity",
        "line 11, phi.tag_values[3]",
        "line 12, phi.timing",
        "line 15, timing.retry_seconds[2]",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "[timing]\nflap_minutes = 1\nflap_minutes = 2",
            "line 3, timing.flap_minutes: The key is already set in line 2. Remove one of the two.",
        ),
        (
            "routes = [\n]\nroutes = [\n]\nx = [\n",
            "line 3, routes: The key is already set in line 1. Remove one of the two.",
        ),
        (
            "[phi]\n[timing]\n[phi]\n",
            "line 3, phi: The table is already defined in line 1. Move its keys there.",
        ),
        (
            "routes = [{severity = 'low', severity = 'high'}]",
            "line 1, routes[0].severity: The key is already set in line 1. Remove one of the two.",
        ),
        (
            "phi = {tag_names = ['x']}\n[phi.tag_values]",
            "line 2, phi.tag_values: The table is already complete and cannot be extended.",
        ),
        (
            "controls.disabled = []\n[controls]",
            "line 2, controls: The table is already complete and cannot be extended.",
        ),
    ],
)
def test_a_second_definition_is_named_with_both_lines(text: str, problem: str) -> None:
    assert problems(text) == (f"monitor.toml: {problem}",)


@pytest.mark.parametrize(("path", "line"), EMPTY_LISTS)
@pytest.mark.parametrize("addition", ["[[{}]]\nx = 1", "[{}]\nx = 1"])
def test_an_addition_to_an_empty_list_of_the_sample_says_which_line_to_remove(
    path: str, line: int, addition: str
) -> None:
    key = path.rpartition(".")[2]
    (told,) = problems(f"{SAMPLE}\n{addition.format(path)}\n")

    assert told.startswith("monitor.toml: line ")
    assert told.endswith(
        f", {path}: The key is already set in line {line} ({key} = []). Remove line {line}."
    )


def test_a_mistake_before_what_stands_there_twice_comes_first() -> None:
    (told,) = problems("routes = ]\nx = 1\nx = 2\n")

    assert "line 1" in told


@given(st.text(alphabet="[]{}=,.\n\"'#\\ ab1-"))
def test_whatever_a_file_holds_its_lines_are_looked_for_to_the_end(text: str) -> None:
    told: tuple[str, ...] = ()
    try:
        parse(text)
    except BadSettings as error:
        told = error.problems

    assert all("line" in each for each in told)


def test_every_mistake_is_named_at_once_in_the_order_of_the_lines() -> None:
    told = problems("a = 1\nb = 2\n[timing]\nsettle_seconds = -1\nflap_minutes = -1\n")

    assert [each.split(", ")[0] for each in told] == [
        "monitor.toml: line 1",
        "monitor.toml: line 2",
        "monitor.toml: line 4",
        "monitor.toml: line 5",
    ]


def test_a_file_that_is_no_toml_is_refused_with_its_line() -> None:
    (told,) = problems("routes = []\nrouts = [\n")

    assert told.startswith("monitor.toml: ")
    assert "line 2" in told


def test_a_key_inside_a_long_string_or_an_array_is_not_taken_for_one() -> None:
    told = problems('x = """\n[timing]\nsettle_seconds = 5\n"""\n[timing]\nsettle_seconds = -1\n')

    assert told[1].startswith("monitor.toml: line 6, timing.settle_seconds")
