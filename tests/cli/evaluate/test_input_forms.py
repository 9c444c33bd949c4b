"""``phidrift evaluate``: the forms of input that it takes, and those that it refuses."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.support.evaluate_input import ACCOUNT, CONTAINERS, GROUP, ROOT, Ask, account

FORMS: Mapping[str, Callable[[list[dict[str, Any]]], str]] = {
    "array": json.dumps,
    "array over lines": lambda bodies: json.dumps(bodies, indent=2),
    "array, one a line": lambda bodies: "[\n" + ",\n".join(map(json.dumps, bodies)) + "\n]\n",
    "JSON lines": lambda bodies: "\n".join(map(json.dumps, bodies)),
    "JSON lines of Windows": lambda bodies: "\r\n\r\n".join(map(json.dumps, bodies)) + "\r\n",
    "one after another": lambda bodies: "\n".join(json.dumps(each, indent=4) for each in bodies),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("count", [1, 2, 3])
def test_every_form_of_input_is_taken(ask: Ask, form: str, count: int) -> None:
    bodies = [account(f"{ACCOUNT}{number}", open=True) for number in range(count)]

    answer = ask(FORMS[form](bodies))

    assert [each["resourceId"] for each in answer.lines] == [each["id"] for each in bodies]
    assert (answer.code, answer.complaints) == (1, [])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("{}\nnonsense\n{}", 2),
        ("nonsense\n{}\n{}", 1),
        ("{}\n{}\n{", 3),
        ('{}\n{"id": "truncat\n{}', 2),
        ("{}\n7\n{}", 2),
        ("{}\n[7]\n{}", 2),
        ('{}\n{"id": NaN}\n{}', 2),
        ('{}\n{"id": 1e999}\n{}', 2),
        ("{}\n" + "[" * 5000 + "\n{}", 2),
        ('{}\n{"id": ' + "[" * 200 + "]" * 200 + "}\n{}", 2),
        ("[\n{},\n{x},\n{}\n]", 3),
        ("[{},\n7,\n{}]", 2),
        ("[\n{},\n{}\n", 4),
        ('{}\n{"id": "\udcff"}\n{}', 2),
    ],
)
def test_a_bad_line_is_named_and_the_others_are_judged(ask: Ask, text: str, line: int) -> None:
    body = json.dumps(account(open=True))

    answer = ask(text.replace("{}", body))

    assert answer.code == 2
    assert [each.split(": ")[1] for each in answer.complaints] == [f"line {line}"]
    assert answer.outcomes == ["fail"] * text.count("{}")


@pytest.mark.parametrize("text", ["", " \n ", "hello", "{", "[", '"x"', "7"])
def test_input_without_any_object_is_bad(ask: Ask, text: str) -> None:
    answer = ask(text)

    assert (answer.code, answer.lines) == (2, [])
    assert len(answer.complaints) == 1


def test_a_complaint_repeats_nothing_of_a_resource_but_its_id(ask: Ask) -> None:
    answer = ask('{"id": "secret-value", "properties": {"a": "swordfish"}}\n{"b": "swordfish" x}')

    assert len(answer.complaints) == 2
    assert "swordfish" not in str(answer.complaints)


@pytest.mark.parametrize("properties", [{}, {"properties": None}])
def test_a_flattened_body_is_refused_by_name_of_the_right_command(
    ask: Ask, properties: dict[str, None]
) -> None:
    answer = ask([{"id": ACCOUNT, "allowBlobPublicAccess": False, **properties}])

    assert (answer.code, answer.lines) == (2, [])
    assert "`az storage account show`" in answer.complaints[0]
    assert f"`az resource show --ids {ACCOUNT}`" in answer.complaints[0]


def test_a_command_to_type_quotes_what_a_shell_would_split(ask: Ask) -> None:
    answer = ask([{"id": f"{GROUP} (old)/providers/Microsoft.Compute/disks/d"}])

    assert f"--ids '{GROUP} (old)/providers/Microsoft.Compute/disks/d'`" in answer.complaints[0]


@pytest.mark.parametrize(
    ("case", "why"),
    [
        ({"resource": {"id": ACCOUNT}}, "flattened"),
        ({"resource": account(), "related": [{"id": CONTAINERS + "/c"}]}, "flattened"),
        ({"resource": account(), "related": [
            {"id": CONTAINERS, "value": [{"id": CONTAINERS + "/c", "name": "c"}]}]}, "flattened"),
        ({"resource": account(), "related": [{"id": CONTAINERS, "value": [7]}]}, "not an object"),
        ({"resource": account(), "related": {}}, "not a list"),
        ({"resource": account(), "related": [7]}, "not an object"),
        ({"resource": account(), "related": [{"properties": {}}]}, "no ARM id"),
        ({"resource": account(), "related": [{"id": ACCOUNT + "/a/b", "status": 200}]}, "status"),
        ({"resource": None}, "not an object"),
        ({"resource": {"properties": {}}}, "no ARM id"),
        ({"resource": {"id": 7, "properties": {}}}, "no ARM id"),
        ({"resource": {"id": "clinic", "properties": {}}}, "no ARM id"),
        ({"resource": {"id": ACCOUNT, "properties": []}}, "not an object"),
        ({"resource": {"id": ACCOUNT, "status": 403}}, "not the body"),
        ({"resource": {"id": CONTAINERS, "value": []}}, "not the body"),
        ({"resource": {"id": CONTAINERS, "properties": {}}}, "collection"),
        ({"resource": account(), "relatd": []}, '"relatd" is not a key of a case'),
    ],
)  # fmt: skip
def test_a_case_that_would_be_misread_is_refused(ask: Ask, case: dict[str, Any], why: str) -> None:
    answer = ask([{"resource": account(open=True)}, case])

    assert (answer.code, answer.outcomes) == (2, ["fail"])
    assert why in answer.complaints[0]


@pytest.mark.parametrize(
    ("pair", "name"),
    [
        ('"open": false, "open": true', "open"),
        ('"open": false, "Open": true', "Open"),
        ('"x": [{"a": 1, "A": 1}], "open": false', "A"),
        ('"": 1, "": 2', ""),
    ],
)
@pytest.mark.parametrize("form", ["[{},\n{}]", "{}\n{}", "{} {}"])
def test_a_name_that_stands_twice_in_one_object_is_a_bad_line(
    ask: Ask, pair: str, name: str, form: str
) -> None:
    good = json.dumps(account(open=True))
    twice = f'{{"id": "{ACCOUNT}x", "properties": {{{pair}}}}}'
    text = form.replace("{}", good, 1).replace("{}", twice, 1)

    answer = ask(text)

    assert (answer.code, answer.outcomes) == (2, ["fail"])
    assert answer.complaints == [
        f'phidrift evaluate: line {text.count(chr(10)) + 1}: "{name}" appears twice in one object'
    ]


@pytest.mark.parametrize("given", [[], {"id": f"{ACCOUNT}x", "status": 404}])
def test_an_input_without_a_resource_is_bad_input(ask: Ask, given: object) -> None:
    answer = ask(given)

    assert (answer.code, answer.lines) == (2, [])
    assert answer.complaints == [
        "phidrift evaluate: the input holds no resource: nothing was evaluated"
    ]


@pytest.mark.parametrize("form", ["eventgrid", "cloudevents"])
def test_an_event_is_refused_with_what_to_give_instead(ask: Ask, form: str) -> None:
    event = (ROOT / "samples" / f"storage-write.{form}.json").read_text(encoding="utf-8")
    answer = ask(event)

    assert (answer.code, answer.lines) == (2, [])
    assert "it is an event, not the body of a resource" in answer.complaints[0]


def test_ten_megabytes_are_judged(ask: Ask) -> None:
    bodies = [account(f"{ACCOUNT}{number}", open=False, words="x" * 1000) for number in range(9000)]
    text = "\n".join(map(json.dumps, bodies))

    answer = ask(text)

    assert len(text) > 10_000_000
    assert (answer.code, len(answer.lines)) == (0, 9000)
