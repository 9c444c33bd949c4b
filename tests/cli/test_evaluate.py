"""``phidrift evaluate``: its input, its refusals, and its output."""

import contextlib
import io
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli import evaluate
from cli.__main__ import main
from detectors import DETECTORS
from drift.config.model import Config, Exemption, PhiScope
from drift.errors import Unreadable
from drift.estate import Estate
from drift.fixes import Fix, SetProperty
from drift.model import MISSING, Control, Evidence, Outcome, Resource, Severity, Verdict

ROOT = Path(__file__).parents[2]
GROUP = "/subscriptions/5a4e1f9c-0d5b-4c1e-9f37-2f6f3c1b7d10/resourceGroups/rg"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/clinic"
CONTAINERS = f"{ACCOUNT}/blobServices/default/containers"
PHI = {"dataClassification": "phi"}
ELSEWHERE = "/subscriptions/77aa0f3c-52d1-4a0b-8c1e-6e9f0d3b2c55"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass(slots=True)
class FakeDetector:
    """A control of storage accounts whose decision is handed in."""

    CONTROL: Control
    decide: Callable[[Resource, Estate], Verdict]

    def evaluate(self, resource: Resource, estate: Estate) -> Verdict:
        return self.decide(resource, estate)


def control(name: str) -> Control:
    return Control(
        id=name,
        title="A door is shut",
        service="Storage",
        severity=Severity.CRITICAL,
        otherwise=Severity.HIGH,
        hipaa=("164.312(a)(1)",),
        why="Doors let people in.",
        fix="az door shut",
        watches={"microsoft.storage/storageaccounts": ("properties.open",)},
    )


def door(resource: Resource, _: Estate) -> Verdict:
    """Fail where a door is open; a door that is not shown is unknown."""
    opened = resource.flag("properties.open")
    evidence = (Evidence("properties.open", opened, "false"),)
    if opened is MISSING:
        return Verdict(Outcome.UNKNOWN, "no door is shown", evidence)
    if opened:
        fix = Fix((SetProperty(resource.id, "properties.open", False),), "People are locked out.")
        return Verdict(Outcome.FAIL, "the door is open", evidence, fix=fix)
    return Verdict(Outcome.PASS, "the door is shut", evidence)


def private(resource: Resource, estate: Estate) -> Verdict:
    """Fail on a public container."""
    names = [
        each.name
        for each in estate.children(resource.id, "blobServices/default/containers")
        if each.word("properties.publicAccess") == "container"
    ]
    return Verdict(Outcome.FAIL if names else Outcome.PASS, f"public: {', '.join(names)}")


DOOR = FakeDetector(control("DOOR"), door)
PRIVATE = FakeDetector(control("PRIVATE"), private)


def account(name: str = ACCOUNT, **properties: Any) -> dict[str, Any]:
    return {"id": name, "tags": PHI, "properties": properties}


def container(access: str = "None", name: str = "scans") -> dict[str, Any]:
    return {"id": f"{CONTAINERS}/{name}", "properties": {"publicAccess": access}}


@dataclass(frozen=True, slots=True)
class Answer:
    code: int
    lines: list[dict[str, Any]]
    complaints: list[str]

    @property
    def outcomes(self) -> list[str]:
        return [each["outcome"] for each in self.lines]


Ask = Callable[..., Answer]


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str]) -> Ask:
    """Judge a text, or data as one JSON document."""

    def asked(
        given: object,
        *detectors: FakeDetector,
        config: Config | None = None,
        complete: bool = False,
    ) -> Answer:
        text = given if isinstance(given, str) else json.dumps(given)
        code = evaluate.report(
            text, detectors or (DOOR,), config or Config(), complete=complete, now=NOW
        )
        printed = capsys.readouterr()
        return Answer(
            code,
            [json.loads(each) for each in printed.out.splitlines()],
            printed.err.splitlines(),
        )

    return asked


def test_a_line_has_exactly_the_keys_of_the_interface_in_order(ask: Ask) -> None:
    answer = ask({"case": "open", "resource": account(open=True)})

    (line,) = answer.lines
    assert list(line) == [
        "case", "resourceId", "control", "outcome", "severity", "phi", "reason", "evidence",
        "hipaa", "fix",
    ]  # fmt: skip
    assert line == {
        "case": "open",
        "resourceId": ACCOUNT,
        "control": "DOOR",
        "outcome": "fail",
        "severity": "critical",
        "phi": True,
        "reason": "the door is open",
        "evidence": [{"path": "properties.open", "value": True, "expected": "false"}],
        "hipaa": ["164.312(a)(1)"],
        "fix": {
            "command": f"az resource update --ids {ACCOUNT} --set properties.open=false",
            "note": "People are locked out.",
        },
    }


@pytest.mark.parametrize(
    ("properties", "outcome", "severity", "value"),
    [
        ({"open": False}, "pass", None, False),
        ({"open": True}, "fail", "critical", True),
        ({}, "unknown", None, None),
    ],
)
def test_a_severity_is_told_of_a_failure_only(
    ask: Ask, properties: dict[str, Any], outcome: str, severity: str | None, value: object
) -> None:
    (line,) = ask(account(**properties)).lines

    assert (line["outcome"], line["severity"]) == (outcome, severity)
    assert line["evidence"][0]["value"] is value


def test_what_needs_no_repair_has_neither_command_nor_note(ask: Ask) -> None:
    (line,) = ask(account(open=False)).lines

    assert line["fix"] == {"command": None, "note": ""}


def test_what_nothing_in_place_repairs_has_only_a_note(ask: Ask) -> None:
    fails = FakeDetector(
        control("KEY"), lambda *_: Verdict(Outcome.FAIL, "x", fix=Fix(note="Create it again."))
    )

    (line,) = ask(account(), fails).lines

    assert line["fix"] == {"command": None, "note": "Create it again."}


@pytest.mark.parametrize(
    ("bodies", "code"),
    [
        ([account(open=False)], 0),
        ([account(open=False), account(open=True)], 1),
        ([account()], 1),
        ([account(open=False), {"id": "x"}], 2),
        ([account(open=True), 7], 2),
        ([], 2),
    ],
)
def test_the_exit_code_tells_the_worst(ask: Ask, bodies: list[object], code: int) -> None:
    assert ask(bodies).code == code


def test_not_applicable_is_no_failure(ask: Ask) -> None:
    idle = FakeDetector(control("IDLE"), lambda *_: Verdict(Outcome.NOT_APPLICABLE, "no blobs"))

    answer = ask(account(), idle)

    assert (answer.code, answer.outcomes) == (0, ["not_applicable"])


def test_an_excepted_failure_keeps_its_severity_and_fails_no_build(ask: Ask) -> None:
    exemption = Exemption(
        control="DOOR",
        resource_id=GROUP,
        reason="moving house",
        approved_by="ciso",
        expires=datetime(2999, 1, 1, tzinfo=UTC),
    )

    answer = ask(account(open=True), config=Config(exemptions=(exemption,)))

    assert (answer.code, answer.outcomes) == (0, ["excepted"])
    assert answer.lines[0]["severity"] == "critical"


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
    ("related", "complete", "outcome"),
    [
        ([], False, "unknown"),
        ([], True, "pass"),
        ([container()], True, "pass"),
        ([container("Container")], True, "fail"),
        ([{"id": CONTAINERS, "value": [container()]}], False, "pass"),
        ([{"id": CONTAINERS, "value": [container("container")]}], False, "fail"),
        ([{"id": CONTAINERS, "status": 403}], True, "unknown"),
        ([{"id": CONTAINERS, "status": 403}], False, "unknown"),
        ([container(), {"id": CONTAINERS + "/b", "status": 500}], True, "unknown"),
        ([container(), container("Container")], True, "unknown"),
    ],
)
@pytest.mark.parametrize("form", ["case", "bodies"])
def test_what_is_not_in_the_input_is_absent_only_if_it_is_complete(
    ask: Ask, related: list[dict[str, Any]], complete: bool, outcome: str, form: str
) -> None:
    bodies = [account(), *related]
    given: object = {"resource": bodies[0], "related": related} if form == "case" else bodies

    answer = ask(given, PRIVATE, complete=complete)

    assert answer.outcomes == [outcome]


def test_two_different_bodies_of_one_id_are_reported(ask: Ask) -> None:
    (line,) = ask([account(), container(), container("Container")], PRIVATE, complete=True).lines

    assert line["outcome"] == "unknown"
    assert line["reason"].endswith("/containers/scans: it is given twice, with different content.")


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


def test_cases_are_evaluated_independently(ask: Ask) -> None:
    first = {"case": 1, "resource": account(), "related": [container("Container")]}
    second = {"case": 2, "resource": account(), "related": [container()]}

    answer = ask([first, second, account()], PRIVATE, complete=True)

    assert [(each["case"], each["outcome"]) for each in answer.lines] == [
        (1, "fail"),
        (2, "pass"),
        (None, "pass"),
    ]


def test_the_same_id_twice_is_judged_twice_by_what_each_body_says(ask: Ask) -> None:
    answer = ask([account(open=True), account(open=False)])

    assert answer.outcomes == ["fail", "pass"]


@pytest.mark.parametrize("bad", ["nonsense", json.dumps({"id": CONTAINERS + "/c"})])
def test_bodies_are_not_complete_when_a_line_could_not_be_read(ask: Ask, bad: str) -> None:
    answer = ask(f"{json.dumps(account())}\n{bad}", PRIVATE, complete=True)

    assert (answer.code, answer.outcomes) == (2, ["unknown"])


@pytest.mark.parametrize("tail", ["", "broken"])
def test_a_bad_line_of_another_subscription_leaves_this_one_complete(ask: Ask, tail: str) -> None:
    other = ELSEWHERE + "/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a"
    bad = json.dumps({"id": other}) + tail
    answer = ask(f"{json.dumps(account())}\n{bad}", PRIVATE, complete=True)

    assert (answer.code, answer.outcomes) == (2, ["pass"])


@pytest.mark.parametrize(
    ("group", "subscription", "phi", "severity"),
    [
        ({"tags": PHI}, {"tags": {}}, True, "critical"),
        ({"tags": {}}, {"tags": {}}, False, "high"),
        ({"status": 403}, {"tags": {}}, None, "critical"),
        (None, None, None, "critical"),
    ],
)
def test_phi_tags_are_inherited_and_unprovable_ones_are_said_so(
    ask: Ask,
    group: dict[str, Any] | None,
    subscription: dict[str, Any] | None,
    phi: bool | None,
    severity: str,
) -> None:
    places = ((GROUP, group), (GROUP.partition("/resourceGroups")[0], subscription))
    related = [{"id": place, **body} for place, body in places if body]
    untagged = {"id": ACCOUNT, "properties": {"open": True}}

    (line,) = ask({"resource": untagged, "related": related}).lines

    assert (line["phi"], line["severity"]) == (phi, severity)
    assert ("treated as PHI" in line["reason"]) is (phi is None)


def test_a_resource_that_no_control_judges_prints_nothing(ask: Ask) -> None:
    answer = ask(
        [
            {"id": f"{GROUP}/providers/Microsoft.Compute/disks/d", "properties": {}},
            {"id": GROUP, "tags": {}},
            {"id": "/tenants/t"},
            {"id": CONTAINERS, "value": []},
            {"id": CONTAINERS, "status": 403},
            {"id": f"{ACCOUNT}x", "status": 404},
        ]
    )

    assert (answer.code, answer.lines) == (0, [])
    assert "no control applies" in answer.complaints[0]


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


def test_a_resource_that_could_not_be_read_is_unknown_to_every_control(ask: Ask) -> None:
    refused = {"id": f"{ACCOUNT}x", "status": 403}

    answer = ask([account(open=False), refused], DOOR, PRIVATE, complete=True)

    assert (answer.code, answer.outcomes) == (1, ["pass", "pass", "unknown", "unknown"])
    assert (answer.lines[2]["phi"], answer.lines[2]["severity"]) == (None, None)
    assert (
        "HTTP 403. PHI status unknown (its tags cannot be read); treated as PHI."
        in answer.lines[2]["reason"]
    )


def test_a_control_that_is_off_says_nothing_of_what_could_not_be_read(ask: Ask) -> None:
    config = Config(disabled=frozenset({"DOOR"}))

    assert ask({"id": ACCOUNT, "status": 403}, config=config).lines == []


def test_an_id_with_a_slash_at_its_end_is_the_same_id(ask: Ask) -> None:
    service = {"id": f"{ACCOUNT}/blobServices/default", "properties": {}}
    reads = FakeDetector(
        control("READS"),
        lambda resource, estate: Verdict(
            Outcome.PASS if estate.get(f"{resource.id}/blobServices/default") else Outcome.FAIL, "x"
        ),
    )

    answer = ask([account(f" {ACCOUNT}/"), service], reads, complete=True)

    assert (answer.outcomes, answer.lines[0]["resourceId"]) == (["pass"], ACCOUNT)


def test_conditional_access_policies_are_taken_without_an_arm_id(ask: Ask) -> None:
    policy = {"id": "0a1b", "type": "microsoft.graph/conditionalAccessPolicies", "state": "enabled"}

    answer = ask({"resource": {"id": "/tenants/t"}, "related": [policy]})

    assert answer.code == 0


def test_a_control_that_raises_is_unknown_and_takes_no_other_along(ask: Ask) -> None:
    def broken(resource: Resource, _: Estate) -> Verdict:
        raise KeyError(resource.id)

    answer = ask(account(open=False), FakeDetector(control("BROKEN"), broken), DOOR)

    assert (answer.code, answer.outcomes) == (1, ["unknown", "pass"])


def test_the_operators_settings_apply(ask: Ask) -> None:
    config = Config(severities={"DOOR": Severity.LOW}, phi=PhiScope(tag_names=("other",)))

    (line,) = ask(account(open=True), config=config, complete=True).lines

    assert (line["severity"], line["phi"]) == ("low", False)
    assert ask(account(open=True), config=replace(config, disabled=frozenset({"DOOR"}))).code == 0


def test_ten_megabytes_are_judged(ask: Ask) -> None:
    bodies = [account(f"{ACCOUNT}{number}", open=False, words="x" * 1000) for number in range(9000)]
    text = "\n".join(map(json.dumps, bodies))

    answer = ask(text)

    assert len(text) > 10_000_000
    assert (answer.code, len(answer.lines)) == (0, 9000)


def test_an_unreadable_reason_names_what_could_not_be_read(ask: Ask) -> None:
    def blind(resource: Resource, _: Estate) -> Verdict:
        raise Unreadable("properties.open", "HTTP 403")

    (line,) = ask(account(), FakeDetector(control("BLIND"), blind)).lines

    assert "properties.open: HTTP 403" in line["reason"]


# From here on: the command itself, with the controls there are.


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str, bytes], str]:
    def write(name: str, content: bytes) -> str:
        (tmp_path / name).write_bytes(content)
        return str(tmp_path / name)

    return write


Written = Callable[[str, bytes], str]
TEXT = json.dumps({"resource": account(allowBlobPublicAccess=True)})


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
def test_a_file_of_any_unicode_is_read(
    written: Written, capsys: pytest.CaptureFixture[str], encoding: str
) -> None:
    code = main(["evaluate", written("bodies.json", TEXT.encode(encoding))])

    lines = [json.loads(each) for each in capsys.readouterr().out.splitlines()]
    assert code == 1
    assert "STORAGE-PUBLIC-ACCESS" in {each["control"] for each in lines}


def test_bytes_that_are_no_text_spoil_only_their_line(
    written: Written, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written("bodies.jsonl", f"{TEXT}\n".encode() + b'{"id": "\xff"}\n' + TEXT.encode())

    assert main(["evaluate", file]) == 2
    printed = capsys.readouterr()
    assert printed.err == "phidrift evaluate: line 2: it is not JSON: its bytes are not UTF-8\n"
    assert len(set(printed.out.splitlines())) * 2 == len(printed.out.splitlines())


def test_a_file_that_is_not_there_is_bad_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(tmp_path / "none.json")]) == 2
    assert "No such file" in capsys.readouterr().err


def test_a_wrong_monitor_toml_is_refused_with_every_problem(
    written: Written, capsys: pytest.CaptureFixture[str]
) -> None:
    config = written("monitor.toml", b"[phi]\ntag_nams = []\n[timing]\nsettle_seconds = -1\n")

    code = main(["evaluate", "--config", config, written("bodies.json", TEXT.encode())])

    printed = capsys.readouterr()
    assert (code, printed.out) == (2, "")
    assert printed.err.splitlines() == [
        f"phidrift: {config}: line 2, phi.tag_nams: Unknown key; did you mean tag_names?",
        f"phidrift: {config}: line 4, timing.settle_seconds: Must be a number from 0 to 3600.",
    ]


def test_a_monitor_toml_that_cannot_be_read_is_said_so(
    written: Written, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = written("bodies.json", TEXT.encode()) + ".toml"

    assert main(["evaluate", "--config", missing]) == 2
    assert f"--config: {missing} cannot be read: No such file" in capsys.readouterr().err


def test_monitor_toml_applies(written: Written, capsys: pytest.CaptureFixture[str]) -> None:
    config = written("monitor.toml", b'[controls]\ndisabled = ["STORAGE-PUBLIC-ACCESS"]\n')

    main(["evaluate", "--config", config, written("bodies.json", TEXT.encode())])

    assert "STORAGE-PUBLIC-ACCESS" not in capsys.readouterr().out


def piped(*arguments: str, given: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command as its own process, its environment nothing but this."""
    return subprocess.run(
        [sys.executable, "-m", "cli", "evaluate", *arguments],
        input=given,
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("arguments", [(), ("-",)])
def test_standard_input_is_judged(arguments: tuple[str, ...]) -> None:
    answer = piped(*arguments, given=TEXT)

    assert (answer.returncode, answer.stderr) == (1, "")
    assert json.loads(answer.stdout.splitlines()[0])["resourceId"] == ACCOUNT


def test_monitor_config_names_the_file_too(tmp_path: Path) -> None:
    answer = piped(given=TEXT, MONITOR_CONFIG=str(tmp_path / "none.toml"))

    assert (answer.returncode, answer.stdout) == (2, "")
    assert f"{tmp_path}/none.toml cannot be read: No such file" in answer.stderr


def test_a_reader_that_goes_away_is_no_error() -> None:
    bodies = json.dumps([account(f"{ACCOUNT}{number}") for number in range(2000)])
    command = [sys.executable, "-m", "cli", "evaluate"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdin.write(bodies.encode())
        process.stdin.close()
        process.stdout.readline()
        process.stdout.close()
        complaints = process.stderr.read()

    assert (process.returncode, complaints) == (141, b"")


def test_the_sample_is_judged(capsys: pytest.CaptureFixture[str]) -> None:
    main(["evaluate", str(ROOT / "samples" / "evaluate.json")])

    printed = capsys.readouterr()
    lines = {each["control"]: each for each in map(json.loads, printed.out.splitlines())}
    assert printed.err == ""
    assert lines["STORAGE-PUBLIC-ACCESS"]["severity"] == "critical"
    assert lines["STORAGE-LOGGING"]["outcome"] == "unknown"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], 2),
        (["nonsense"], 2),
        (["help"], 0),
        (["help", "scan"], 0),
        (["help", "config", "check"], 0),
        (["help", "nonsense"], 2),
        (["config"], 2),
        (["evaluate", "--nonsense"], 2),
        (["--help"], 0),
        (["--version"], 0),
    ],
)
def test_the_command_line_is_checked(
    capsys: pytest.CaptureFixture[str], arguments: list[str], code: int
) -> None:
    assert main(arguments) == code
    capsys.readouterr()


UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

WORDS = st.sampled_from([
    "id", "case", "resource", "related", "status", "value", "name", "type", "tags", "properties",
    "publicAccess", "allowBlobPublicAccess", "networkAcls", "defaultAction", "encryption", "keySource",
    "deleteRetentionPolicy", "enabled", "days", "logs", "ipRules", "virtualNetworkRules", "bypass",
])  # fmt: skip
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-1, 600)
    | st.text(max_size=5)
    | st.sampled_from([ACCOUNT, CONTAINERS, f"{CONTAINERS}/c", GROUP, "Deny", "TLS1_0", 1e300])
)
JSON = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(), inner, max_size=6)
    ),
    max_leaves=15,
)


@UNHURRIED
@given(JSON, st.dictionaries(WORDS, JSON, max_size=6), st.booleans())
def test_no_input_is_ever_an_error(
    anything: object, properties: dict[str, Any], complete: bool
) -> None:
    case = {"resource": account(**properties), "related": [anything]}
    out, complaints = io.StringIO(), io.StringIO()

    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(complaints):
        code = evaluate.report(
            json.dumps([anything, case, account(**properties)]),
            DETECTORS,
            Config(),
            complete=complete,
            now=NOW,
        )

    assert code in (0, 1, 2)
    assert all(json.loads(each) for each in out.getvalue().splitlines())


@UNHURRIED
@given(st.text())
def test_no_text_is_ever_an_error(text: str) -> None:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        code = evaluate.report(text, DETECTORS, Config(), complete=False, now=NOW)

    assert code in (0, 2)
