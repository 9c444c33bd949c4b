"""Intake: the messages that an Event Grid body becomes."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drift.events import Dropped, Event, Fanout, Message, of_kind, to_message
from drift.intake.event_grid import parse_delivery
from drift.intake.targets import Watched
from drift.model import Actor, Control, Severity

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SUB = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590"
GROUP = f"{SUB}/resourceGroups/rg-phi"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/clinic"
CONTAINER = f"{ACCOUNT}/blobServices/default/containers/scans"
MACHINE = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/reader"
SQL = f"{GROUP}/providers/Microsoft.Sql/servers/records"
NSG = f"{GROUP}/providers/Microsoft.Network/networkSecurityGroups/web"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/keys"
SUBNET = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/net/subnets/app"
WRITE = "Microsoft.Resources.ResourceWriteSuccess"
DELETE = "Microsoft.Resources.ResourceDeleteSuccess"


def control(*watches: str) -> Control:
    return Control(
        id="TEST",
        title="",
        service="",
        severity=Severity.HIGH,
        otherwise=Severity.LOW,
        hipaa=(),
        why="",
        fix="",
        watches=dict.fromkeys(watches, ()),
    )


WATCHED = Watched.by(
    [
        control(
            "microsoft.storage/storageaccounts",
            "microsoft.storage/storageaccounts/blobservices/containers",
            "microsoft.insights/diagnosticsettings",
            "microsoft.keyvault/vaults",
        ),
        control("microsoft.sql/servers", "microsoft.insights/diagnosticsettings"),
        control("microsoft.sql/servers/databases"),
        control(
            "microsoft.network/networksecuritygroups",
            "microsoft.network/virtualnetworks",
            "microsoft.network/virtualnetworks/subnets",
        ),
    ]
)

CLAIMS = {
    "http://schemas.microsoft.com/claims/authnmethodsreferences": "rsa,mfa",
    "appid": "c44b4083-3bb0-49c1-b47d-974e53cbdf3c",
    "ipaddr": "203.0.113.9",
    "name": "Dana Reyes",
    "http://schemas.microsoft.com/identity/claims/objectidentifier": "oid-1",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn": "dana@clinic.example",
}


def data(**changes: Any) -> dict[str, Any]:
    return {
        "authorization": {"scope": ACCOUNT, "action": "Microsoft.Storage/storageAccounts/write"},
        "claims": CLAIMS,
        "correlationId": "corr-1",
        "httpRequest": {"clientIpAddress": "198.51.100.7"},
        "resourceUri": ACCOUNT,
        "operationName": "Microsoft.Storage/storageAccounts/write",
        "status": "Succeeded",
    } | changes


def grid(**changes: Any) -> dict[str, Any]:
    """An event in Event Grid's own schema."""
    return {
        "id": "event-1",
        "topic": SUB,
        "subject": ACCOUNT,
        "eventType": WRITE,
        "eventTime": "2026-11-22T11:59:58.6117357Z",
        "data": data(),
        "dataVersion": "2",
        "metadataVersion": "1",
    } | changes


def cloud(**changes: Any) -> dict[str, Any]:
    """The same event as a CloudEvent."""
    return {
        "id": "event-1",
        "source": SUB,
        "subject": ACCOUNT,
        "type": WRITE,
        "time": "2026-11-22T11:59:58.6117357Z",
        "specversion": "1.0",
        "data": data(),
    } | changes


def parsed(body: object, watched: Watched = WATCHED) -> tuple[Message, ...]:
    return parse_delivery(json.dumps(body), watched, NOW)


def only(body: object) -> Event:
    """Return the one event that a body holds."""
    (message,) = parsed(body)
    assert isinstance(message, Event), message
    return message


def fanned(body: object) -> list[str]:
    """Return the documents whose dependents a body asks to look at."""
    return [each.document for each in parsed(body) if isinstance(each, Fanout)]


def aimed(body: object) -> list[str]:
    """Return the ids of what a body asks to judge."""
    return [each.target for each in parsed(body) if isinstance(each, Event)]


EXPECTED = Event(
    id="event-1",
    type=WRITE,
    operation="microsoft.storage/storageaccounts/write",
    subject=ACCOUNT,
    target=ACCOUNT,
    at=datetime(2026, 11, 22, 11, 59, 58, 611735, tzinfo=UTC),
    actor=Actor(
        name="dana@clinic.example",
        object_id="oid-1",
        ip="198.51.100.7",
        app_id="c44b4083-3bb0-49c1-b47d-974e53cbdf3c",
        mfa=True,
        sign_in_ip="203.0.113.9",
    ),
    correlation_id="corr-1",
    deleted=False,
)


@pytest.mark.parametrize("event", [grid(), cloud()], ids=["event grid", "cloudevents"])
def test_a_write_is_understood_in_both_schemas(event: dict[str, Any]) -> None:
    assert only(event) == EXPECTED


@pytest.mark.parametrize("event", [grid(), cloud()], ids=["event grid", "cloudevents"])
def test_an_array_gives_a_message_for_each_event(event: dict[str, Any]) -> None:
    messages = parsed([event, {**event, "id": "event-2"}])

    assert messages == (EXPECTED, replace(EXPECTED, id="event-2"))


def test_an_empty_array_asks_for_nothing() -> None:
    assert parsed([]) == ()


@pytest.mark.parametrize(
    "event",
    [
        grid(data=json.dumps(data())),
        grid(data=data(claims=json.dumps(CLAIMS), authorization=json.dumps({"action": "x"}))),
        grid(eventType=WRITE.upper()) | {"type": "ignored"},
        {name.upper(): value for name, value in grid().items()},
        {name: value for name, value in cloud().items() if name != "specversion"},
        {name: value for name, value in cloud(topic=SUB).items() if name != "source"},
        grid(data={name.lower(): value for name, value in data().items()}),
        grid(subject=ACCOUNT[1:]),
        grid(subject=f" {ACCOUNT}/ "),
        grid(subject=""),
        grid(subject=None),
        grid(subject="not an id"),
        grid(subject=7),
        grid(subject="", data=data(resourceUri="")),
        grid(subject="", data=data(resourceUri=f"https://management.azure.com{ACCOUNT}?x=1")),
    ],
    ids=[
        "data as text",
        "claims and authorization as text",
        "type in capitals",
        "names in capitals",
        "no specversion",
        "topic for source",
        "data in lower case",
        "no first slash",
        "slash at the end",
        "empty subject",
        "null subject",
        "subject of another kind",
        "subject a number",
        "only the scope",
        "an address for an id",
    ],
)
def test_oddly_written_events_mean_the_same(event: dict[str, Any]) -> None:
    assert replace(only(event), type=WRITE) == EXPECTED


def test_a_byte_order_mark_is_no_obstacle() -> None:
    assert parse_delivery("\ufeff" + json.dumps(grid()), WATCHED, NOW) == (EXPECTED,)


@pytest.mark.parametrize("missing", [None, "", "not JSON", [], 3, {}])
def test_an_event_without_data_still_names_its_resource(missing: object) -> None:
    event = only(grid(data=missing))

    assert (event.target, event.actor, event.operation, event.correlation_id) == (
        ACCOUNT,
        None,
        "",
        "",
    )


def test_an_event_without_a_data_field_raises_no_error() -> None:
    event = grid()
    del event["data"]

    assert only(event).target == ACCOUNT


def test_the_spelling_of_an_id_is_kept() -> None:
    spelt = ACCOUNT.replace("resourceGroups", "resourcegroups").replace("storage", "STORAGE")

    event = only(grid(subject=spelt))

    assert (event.subject, event.target) == (spelt, spelt)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("2026-11-22T11:00:00Z", datetime(2026, 11, 22, 11, tzinfo=UTC)),
        ("2026-11-22T11:00:00+00:00", datetime(2026, 11, 22, 11, tzinfo=UTC)),
        ("2026-11-22T12:00:00+01:00", datetime(2026, 11, 22, 11, tzinfo=UTC)),
        ("2026-11-22T05:30:00-05:30", datetime(2026, 11, 22, 11, tzinfo=UTC)),
        ("2026-11-22T11:00:00", datetime(2026, 11, 22, 11, tzinfo=UTC)),
        ("2026-11-22t11:00:00z", datetime(2026, 11, 22, 11, tzinfo=UTC)),
        ("2026-11-22T11:00:00.1Z", datetime(2026, 11, 22, 11, 0, 0, 100000, tzinfo=UTC)),
        ("2026-11-22T11:00:00.123456789Z", datetime(2026, 11, 22, 11, 0, 0, 123456, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1970, 1, 1, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", NOW),
        ("9999-12-31T23:59:59Z", NOW),
        ("2026-11-22T12:00:03Z", NOW),
        ("yesterday", NOW),
        ("", NOW),
        (None, NOW),
        (1795348800, NOW),
    ],
)
def test_the_time_of_the_write_is_utc_and_never_in_the_future(
    told: object, expected: datetime
) -> None:
    at = only(grid(eventTime=told)).at

    assert (at, at.utcoffset()) == (expected, timedelta(0))


@pytest.mark.parametrize(
    ("subject", "target"),
    [
        (ACCOUNT, ACCOUNT),
        (CONTAINER, ACCOUNT),
        (f"{ACCOUNT}/blobServices/default", ACCOUNT),
        (f"{ACCOUNT}/encryptionScopes/one", ACCOUNT),
        (f"{ACCOUNT}/privateEndpointConnections/one", ACCOUNT),
        (f"{ACCOUNT}/fileServices/default/providers/microsoft.insights/diagnosticSettings/d",
         ACCOUNT),
        (f"{ACCOUNT}/providers/microsoft.insights/diagnosticSettings/d", ACCOUNT),
        (f"{ACCOUNT}/providers/Microsoft.Resources/tags/default", ACCOUNT),
        (f"{NSG}/securityRules/ssh", NSG),
        (f"{ACCOUNT}/listKeys", ACCOUNT),
        (f"{ACCOUNT}/blobServices/default/containers", ACCOUNT),
        (f"{ACCOUNT}/blobServices/default/containers/providers", ACCOUNT),
        (f"{ACCOUNT}/blobServices/default/containers/providers/immutabilityPolicies/d", ACCOUNT),
        (f"{GROUP}/providers/Microsoft.Storage/storageAccounts/providers/blobServices/default",
         f"{GROUP}/providers/Microsoft.Storage/storageAccounts/providers"),
    ],
)  # fmt: skip
def test_a_document_leads_to_the_resource_that_is_judged(subject: str, target: str) -> None:
    event = only(grid(subject=subject))

    assert (event.subject, event.target) == (subject, target)


@pytest.mark.parametrize(
    "operation",
    [
        "Microsoft.Storage/storageAccounts/listKeys/action",
        "Microsoft.Storage/storageAccounts/ListServiceSas/action",
        "Microsoft.Authorization/policies/auditIfNotExists/action",
    ],
)
def test_an_action_that_only_reads_asks_for_nothing(operation: str) -> None:
    assert parsed(grid(data=data(operationName=operation))) == ()


@pytest.mark.parametrize(
    ("subject", "documents"),
    [
        (VAULT, [VAULT]),
        (f"{VAULT}/secrets/s", [VAULT]),
        (f"{VAULT}/providers/Microsoft.Insights/diagnosticSettings/d", []),
        (SUBNET, [SUBNET, SUBNET.rpartition("/subnets/")[0]]),
        (GROUP, [GROUP]),
        (GROUP.replace("resourceGroups", "resourcegroups"),
         [GROUP.replace("resourceGroups", "resourcegroups")]),
        (f"{GROUP}/providers/Microsoft.Resources/tags/default", [GROUP]),
        (SUB, [SUB]),
        (f"{SUB}/providers/Microsoft.Resources/tags/default", [SUB]),
    ],
)  # fmt: skip
def test_a_related_document_leads_to_whatever_depends_on_it(
    subject: str, documents: list[str]
) -> None:
    assert fanned(grid(subject=subject)) == documents


@pytest.mark.parametrize(
    ("subject", "targets", "documents"),
    [
        (MACHINE, [MACHINE], [MACHINE]),
        (f"{MACHINE}/extensions/e", [MACHINE], [MACHINE]),
        (f"{MACHINE}/providers/Microsoft.Insights/diagnosticSettings/d", [], []),
        (f"{MACHINE}/providers/Microsoft.Resources/tags/default", [MACHINE], [MACHINE]),
        (SUBNET, [SUBNET], [SUBNET, SUBNET.rpartition("/subnets/")[0]]),
        (SQL, [SQL], [SQL]),
        (f"{SQL}/databases/master", [f"{SQL}/databases/master"], [SQL]),
        (f"{SQL}/databases/master/transparentDataEncryption/current",
         [f"{SQL}/databases/master"], [SQL]),
        (f"{SQL}/databases/master/providers/Microsoft.Insights/diagnosticSettings/d", [SQL], []),
        (f"{SQL}/firewallRules/all", [SQL], [SQL]),
    ],
)  # fmt: skip
def test_what_is_judged_and_what_others_are_judged_by_are_both_followed_up(
    subject: str, targets: list[str], documents: list[str]
) -> None:
    assert aimed(grid(subject=subject)) == targets
    assert fanned(grid(subject=subject)) == documents


def test_a_control_that_reads_its_own_kind_is_led_to_from_others_of_it() -> None:
    group = control("microsoft.network/networksecuritygroups")
    body = grid(subject=f"{NSG}/securityRules/ssh")
    alone = parsed(body, Watched.by([group]))
    nearby = parsed(body, Watched.by([replace(group, reads_its_kind=True)]))

    assert [each.target for each in alone if isinstance(each, Event)] == [NSG]
    assert len(alone) == 1
    assert [each.document for each in nearby if isinstance(each, Fanout)] == [NSG]


def test_only_the_end_of_what_is_judged_itself_is_a_deletion() -> None:
    body = grid(
        subject=f"{SQL}/databases/visits", eventType="Microsoft.Resources.ResourceDeleteSuccess"
    )
    found = [each for each in parsed(body) if isinstance(each, Event)]

    assert [(each.target, each.deleted) for each in found] == [(f"{SQL}/databases/visits", True)]


@pytest.mark.parametrize(
    "subject",
    [
        f"{GROUP}/providers/Microsoft.Web/sites/s",
        f"{GROUP}/providers/Microsoft.Web/sites/s/extensions/e",
        f"{GROUP}/providers/Microsoft.Web/sites/s/providers/Microsoft.Insights/diagnosticSettings/d",
        f"{ACCOUNT}/providers/Microsoft.Authorization/roleAssignments/r",
        f"{VAULT}/providers/Microsoft.Authorization/locks/l",
        f"{GROUP}/providers/Microsoft.Authorization/roleAssignments/r",
        f"{SUB}/providers/Microsoft.Authorization/roleAssignments/r",
        f"{GROUP}/providers/Microsoft.Resources/deployments/d",
        f"{SUB}/providers/Microsoft.Resources/deployments/d",
        f"{SUB}/providers/Microsoft.Storage",
        f"{SUB}/providers/Microsoft.Storage/locations/westeurope",
        f"{SUB}/tagNames/t",
        "/providers/Microsoft.Management/managementGroups/m",
        "/providers/Microsoft.Management/managementGroups/m/providers/Microsoft.Authorization/roleAssignments/r",
        "/tenants/t",
    ],
)
def test_a_resource_that_no_control_watches_is_ignored(subject: str) -> None:
    assert parsed(grid(subject=subject, data={})) == ()


@pytest.mark.parametrize(
    "kind",
    [
        "Microsoft.Resources.ResourceDeleteFailure",
        "Microsoft.Resources.ResourceActionCancel",
        "Microsoft.Storage.BlobCreated",
        "Microsoft.EventGrid.SubscriptionValidationEvent",
        "Contoso.Orders.Placed",
    ],
)
def test_other_event_types_are_ignored(kind: str) -> None:
    assert parsed([grid(eventType=kind), cloud(type=kind)]) == ()


@pytest.mark.parametrize(
    ("kind", "subject", "deleted"),
    [
        (DELETE, ACCOUNT, True),
        (DELETE, ACCOUNT.upper(), True),
        (DELETE, CONTAINER, False),
        (DELETE, f"{ACCOUNT}/providers/Microsoft.Insights/diagnosticSettings/d", False),
        ("Microsoft.ResourceNotifications.Resources.Deleted", ACCOUNT, True),
        (WRITE, ACCOUNT, False),
        ("Microsoft.Resources.ResourceActionSuccess", ACCOUNT, False),
    ],
)
def test_only_the_end_of_the_target_itself_is_a_deletion(
    kind: str, subject: str, deleted: bool
) -> None:
    assert only(grid(eventType=kind, subject=subject)).deleted is deleted


def test_the_end_of_a_related_document_deletes_nothing_that_depends_on_it() -> None:
    (message,) = parsed(grid(eventType=DELETE, subject=VAULT))

    assert isinstance(message, Fanout)
    assert not message.event.deleted


def test_a_payload_event_is_as_old_as_the_state_it_carries() -> None:
    event = only(
        cloud(
            type="Microsoft.ResourceNotifications.Resources.CreatedOrUpdated",
            data={
                "resourceInfo": {"id": ACCOUNT, "properties": {"allowBlobPublicAccess": 1}},
                "operationalInfo": {"resourceEventTime": "2026-11-22T11:59:00Z"},
                "apiVersion": "2019-06-01",
            },
        )
    )

    assert (event.target, event.at, event.actor) == (
        ACCOUNT,
        datetime(2026, 11, 22, 11, 59, tzinfo=UTC),
        None,
    )


def test_a_payload_event_without_a_subject_names_its_resource_inside() -> None:
    event = cloud(
        type="Microsoft.ResourceNotifications.Resources.Deleted",
        subject=None,
        data={"resourceInfo": {"id": ACCOUNT}},
    )

    assert only(event).target == ACCOUNT


@pytest.mark.parametrize("state", ["Created", "Changed", "Deleted"])
def test_a_policy_state_is_a_reason_to_look_at_the_resource(state: str) -> None:
    event = only(
        grid(
            eventType=f"Microsoft.PolicyInsights.PolicyState{state}",
            subject=ACCOUNT,
            data={"timestamp": "2026-11-22T11:30:00Z", "complianceState": "NonCompliant"},
        )
    )

    assert (event.target, event.at, event.deleted) == (
        ACCOUNT,
        datetime(2026, 11, 22, 11, 30, tzinfo=UTC),
        False,
    )


@pytest.mark.parametrize("subject", [VAULT, GROUP, SUB])
def test_a_policy_state_of_what_is_not_judged_is_left_out(subject: str) -> None:
    event = grid(eventType="Microsoft.PolicyInsights.PolicyStateChanged", subject=subject, data={})

    assert parsed(event) == ()


def claimed(claims: object, **changes: Any) -> Actor | None:
    return only(grid(data=data(claims=claims, **changes))).actor


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"upn": "a@b.example", "name": "c@d.example", "appid": "app"}, "a@b.example"),
        ({"UPN": "a@b.example"}, "a@b.example"),
        ({"name": "c@d.example", "appid": "app"}, "c@d.example"),
        ({"name": "Dana Reyes", "preferred_username": "a@b.example"}, "a@b.example"),
        ({"name": "ceo@b.example", "unique_name": "a@b.example"}, "a@b.example"),
        ({"name": "Dana Reyes", "appid": "app"}, "app"),
        ({"name": "Dana @ home", "azp": "app"}, "app"),
        ({"oid": "object", "name": "Dana Reyes"}, "object"),
        ({"upn": "  ", "appid": "app"}, "app"),
        ({"upn": ["a@b.example"], "appid": "app"}, "app"),
        ({"upn": "a\u202e@b\x00.example\ud800"}, "a@b.example"),
        ({"upn": "x" * 100_000}, "x" * 256),
    ],
)
def test_an_actor_is_named_by_upn_else_by_application(claims: object, name: str) -> None:
    actor = claimed(claims)

    assert actor is not None
    assert actor.name == name


@pytest.mark.parametrize("claims", [None, "", "[]", [], 1, {}, {"ipaddr": "203.0.113.9"}])
def test_claims_that_name_nobody_give_no_actor(claims: object) -> None:
    assert claimed(claims) is None


@pytest.mark.parametrize(
    ("claims", "mfa"),
    [
        ({"http://schemas.microsoft.com/claims/authnmethodsreferences": "pwd,mfa"}, True),
        ({"http://schemas.microsoft.com/claims/authnmethodsreferences": "PWD, MFA"}, True),
        ({"http://schemas.microsoft.com/claims/authnmethodsreferences": "pwd"}, False),
        ({"http://schemas.microsoft.com/claims/authnmethodsreferences": "notmfa"}, False),
        ({"amr": '["pwd","mfa"]'}, True),
        ({"amr": ["pwd", "mfa"]}, True),
        ({"amr": ["pwd"]}, False),
        ({"amr": ""}, None),
        ({}, None),
    ],
)
def test_mfa_is_unknown_unless_the_claims_tell(claims: dict[str, Any], mfa: bool | None) -> None:
    actor = claimed({"oid": "o", **claims})

    assert actor is not None
    assert actor.mfa is mfa


GUEST_UPN = "ann_lee_partner.example#EXT#@clinic.onmicrosoft.example"
MIRID = (
    "/subscriptions/s/resourcegroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i"
)
SCOPE = "http://schemas.microsoft.com/identity/claims/scope"
TENANT = "http://schemas.microsoft.com/identity/claims/tenantid"
HOME = "http://schemas.microsoft.com/identity/claims/identityprovider"
PORTAL = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c"


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"unique_name": "live.com#ann@mail.example"}, "ann@mail.example"),
        ({"upn": "google.com#ann@mail.example"}, "ann@mail.example"),
        ({"upn": GUEST_UPN}, "ann_lee@partner.example"),
        ({"upn": "ann@partner.example", TENANT: "t-1", HOME: "https://sts.example/t-2/"},
         "ann@partner.example"),
        ({"email": "ann@mail.example", TENANT: "t-1", HOME: "live.com"}, "ann@mail.example"),
    ],
)  # fmt: skip
def test_a_guest_is_named_by_mail_and_called_a_guest(claims: dict[str, str], name: str) -> None:
    actor = claimed({"oid": "o", "appid": PORTAL, **claims})

    assert actor is not None
    assert (actor.name, actor.is_guest) == (name, True)


def test_a_person_of_the_own_directory_is_no_guest() -> None:
    actor = claimed({"upn": "a@b.example", TENANT: "t-1", HOME: "https://sts.example/t-1/"})

    assert actor is not None
    assert not actor.is_guest


def test_a_managed_identity_is_named_by_its_resource_beside_the_application() -> None:
    actor = claimed({"oid": "o", "appid": "app", "idtyp": "app", "xms_mirid": MIRID})

    assert actor is not None
    assert (actor.name, actor.app_id, actor.is_managed_identity) == ("i", "app", True)


@pytest.mark.parametrize(
    "claims",
    [{"appid": PORTAL}, {"appid": "app", SCOPE: "user_impersonation"}, {"azp": "app", "scp": "x"}],
)
def test_the_application_that_a_person_signs_in_through_never_stands_for_the_person(
    claims: dict[str, str],
) -> None:
    actor = claimed({"oid": "object", "name": "Dana Reyes", **claims})

    assert actor is not None
    assert actor.name == "object"


@pytest.mark.parametrize(
    ("claims", "request_", "shown"),
    [
        ({"ipaddr": "203.0.113.9"}, {"clientIpAddress": "198.51.100.7"},
         ("198.51.100.7", "203.0.113.9", False)),
        ({}, {"clientIpAddress": "198.51.100.7"}, ("198.51.100.7", "", False)),
        ({}, '{"clientIpAddress": "198.51.100.7"}', ("198.51.100.7", "", False)),
        ({"ipaddr": "203.0.113.9"}, None, ("203.0.113.9", "203.0.113.9", True)),
        ({"ipaddr": "203.0.113.9"}, {}, ("203.0.113.9", "203.0.113.9", True)),
        ({}, {}, ("", "", False)),
        ({}, None, ("", "", False)),
    ],
)  # fmt: skip
def test_the_address_is_that_of_the_request_else_of_the_sign_in_which_is_said(
    claims: dict[str, Any], request_: object, shown: tuple[str, str, bool]
) -> None:
    actor = claimed({"oid": "o", **claims}, httpRequest=request_)

    assert actor is not None
    assert (actor.ip, actor.sign_in_ip, actor.ip_is_sign_in) == shown


@pytest.mark.parametrize(
    ("event", "dropped"),
    [
        ({"id": "e"}, Dropped(id="e", type="", reason="The event has no event type.")),
        (grid(subject="", data={}),
         Dropped(id="event-1", type=WRITE, reason="The event names no resource.")),
        (grid(subject="/subscriptions/s/../x/y", data={}),
         Dropped(id="event-1", type=WRITE, reason="The event names no resource.")),
        (grid(subject=ACCOUNT + "/x" * 2000, data={}),
         Dropped(id="event-1", type=WRITE, reason="The event names no resource.")),
        (grid(subject=f"{ACCOUNT}\n", data={"resourceUri": "/a\x07b"}) | {"subject": "/a\x00"},
         Dropped(id="event-1", type=WRITE, reason="The event names no resource.")),
    ],
)  # fmt: skip
def test_an_event_that_can_never_be_understood_is_said_so(event: object, dropped: Dropped) -> None:
    assert parsed(event) == (dropped,)


@pytest.mark.parametrize(
    "body", ["", "hello", "{", '{"a": NaN}', "[" * 100_000, '{"a":' * 100_000, "1" * 5000, "\ud800"]
)
def test_a_body_that_is_not_json_is_dropped_under_a_hash(body: str) -> None:
    (message,) = parse_delivery(body, WATCHED, NOW)

    assert isinstance(message, Dropped)
    assert (len(message.id), message.type, message.reason) == (32, "", "The body is not JSON.")
    assert parse_delivery(body, WATCHED, NOW) == (message,)


def test_a_broken_event_does_not_affect_the_others() -> None:
    messages = parsed([7, grid(), "x", None])

    assert [type(each) for each in messages] == [Dropped, Event, Dropped, Dropped]
    assert len({each.id for each in messages if isinstance(each, Dropped)}) == 3


def test_an_event_without_an_id_is_the_same_when_it_comes_again() -> None:
    first, second = only(grid(id=None)), only(grid(id=None))

    assert first.id
    assert first == second


def test_long_event_ids_that_begin_alike_stay_apart() -> None:
    first, second = only(grid(id="a" * 5000 + "1")), only(grid(id="a" * 5000 + "2"))

    assert len(first.id) <= 128
    assert first.id != second.id


def sent(message: Message) -> Message:
    """Return a message as the other end of the queue reads it."""
    data = json.loads(to_message(message))
    return of_kind(data["kind"], data)


@pytest.mark.parametrize(
    "message",
    [
        EXPECTED,
        replace(EXPECTED, actor=None, deleted=True),
        Fanout(document=GROUP, event=replace(EXPECTED, target="")),
        Dropped(id="x", type="", reason="The body is not JSON."),
    ],
)
def test_a_message_survives_the_queue(message: Message) -> None:
    assert sent(message) == message


def test_a_message_says_its_kind() -> None:
    assert json.loads(to_message(EXPECTED))["kind"] == "event"


def test_a_message_of_the_greatest_strings_fits_a_queue() -> None:
    wide = "\U00024b62" * 100_000
    subject = f"{GROUP}/providers/Microsoft.KeyVault/vaults/{wide[: 2040 - len(VAULT)]}"
    claims = {"upn": wide, "oid": wide, "ipaddr": wide, "appid": wide}
    body = grid(
        id=wide,
        subject=subject,
        data=data(claims=claims, operationName=wide, correlationId=wide),
    )

    (message,) = parsed(body)

    assert isinstance(message, Fanout)
    assert len(to_message(message).encode()) <= 48 * 1024


UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from([ACCOUNT, VAULT, GROUP, WRITE, "mfa", "{}", "2026-11-22T11:00:00Z"]),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.text()
        | st.sampled_from([
            "id", "eventType", "type", "subject", "data", "claims", "authorization", "resourceUri",
            "eventTime", "upn", "oid", "httpRequest", "operationalInfo", "resourceInfo",
        ]),
        inner,
        max_size=6,
    ),
    max_leaves=20,
)  # fmt: skip


@UNHURRIED
@given(JSON)
def test_no_json_is_ever_an_error(body: object) -> None:
    for message in parsed(body):
        assert sent(message) == message


@UNHURRIED
@given(st.text())
def test_no_text_is_ever_an_error(body: str) -> None:
    for message in parse_delivery(body, WATCHED, NOW):
        to_message(message).encode()


@UNHURRIED
@given(
    st.dictionaries(st.sampled_from(["subject", "data", "eventTime", "id"]), JSON, max_size=4),
    st.dictionaries(
        st.sampled_from(["claims", "authorization", "httpRequest", "resourceUri", "correlationId"]),
        JSON,
    ),
)
def test_an_event_of_ours_always_becomes_something_or_nothing(
    outer: dict[str, Any], inner: dict[str, Any]
) -> None:
    for message in parsed(grid(data=data(**inner)) | outer):
        assert sent(message) == message
        assert len(to_message(message).encode()) <= 48 * 1024
