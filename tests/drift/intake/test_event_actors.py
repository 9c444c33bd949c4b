"""Intake: the actor that an event's claims name."""

from typing import Any

import pytest

from drift.model import Actor
from tests.drift.intake.deliveries import data, grid, only


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
