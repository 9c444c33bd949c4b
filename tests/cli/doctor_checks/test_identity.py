"""The monitor's identity in Azure, and the command that grants it a role."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from cli.doctor_checks.check import Level
from cli.doctor_checks.identity import LOG_READER, READER, Principal, grant, principal_of, signed_in
from drift.config.app_settings import Settings
from drift.config.secret import Secret
from drift.errors import SourceUnavailable
from notifiers.channels import CHANNELS

TENANT = "11111111-2222-3333-4444-777777777777"
CLIENT = "11111111-2222-3333-4444-888888888888"
CHOSEN = {
    "MONITORED_SUBSCRIPTIONS": "11111111-2222-3333-4444-555555555555",
    "TEAMS_WEBHOOK_URL": "https://teams.example",
}


def token(**claims: Any) -> Secret:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return Secret(f"head.{body}.swordfish")


def refused() -> Secret:
    raise SourceUnavailable("token", 401, "NoToken")


def settings(**more: str) -> Settings:
    return Settings.from_env(CHOSEN | more, CHANNELS)


def test_a_managed_identity_is_known_by_its_object_and_application_ids() -> None:
    found = principal_of(token(oid="0b1e", appid="a99", tid=TENANT.upper(), idtyp="app"))

    assert found == Principal("0b1e", "a99", TENANT, is_user=False)
    assert found.description == "application a99, object id 0b1e"


def test_a_user_is_known_by_the_sign_in_name() -> None:
    found = principal_of(token(oid="0b1e", upn="dana@clinic.example", appid="04b07795"))

    assert found.description == "user dana@clinic.example, object id 0b1e"


@pytest.mark.parametrize("text", ["", "swordfish", "a.b.c", "a.e30.c", "a.W10.c", "a.ÿ.c"])
def test_a_token_that_tells_nothing_is_a_principal_without_a_name(text: str) -> None:
    found = principal_of(Secret(text))

    assert found == Principal()
    assert "swordfish" not in found.description


def test_the_command_names_principal_role_and_scope() -> None:
    command = grant(Principal("0b1e", "a99"), LOG_READER, "/subscriptions/s")

    assert command == (
        "az role assignment create --assignee-object-id 0b1e "
        "--assignee-principal-type ServicePrincipal --role 'Log Analytics Reader' "
        "--scope /subscriptions/s"
    )


def test_the_command_says_what_to_fill_in_where_nobody_is_known() -> None:
    assert "--assignee-object-id OBJECT_ID_OF_THE_IDENTITY" in grant(Principal(), READER, "/s")


def test_the_command_knows_a_user() -> None:
    command = grant(Principal("0b1e", is_user=True), READER, "/s")

    assert "--assignee-principal-type User --role Reader --scope /s" in command


def test_the_signed_in_identity_is_named() -> None:
    principal, check = signed_in("ARM", lambda: token(oid="0b1e", appid="a99"), settings(), {})

    assert principal == Principal("0b1e", "a99")
    assert check.line() == "ok    token for ARM: application a99, object id 0b1e"


def test_a_token_of_another_tenant_is_worth_a_warning() -> None:
    issue: Callable[[], Secret] = lambda: token(oid="0b1e", tid="other")  # noqa: E731
    principal, check = signed_in("ARM", issue, settings(AZURE_TENANT_ID=TENANT), {})

    assert principal is not None
    assert check.level is Level.WARN
    assert TENANT in check.finding


@pytest.mark.parametrize(
    ("client", "env", "told"),
    [
        ("", {}, "run `az login` (install the Azure CLI first if `az` is not found)"),
        ("", {"IDENTITY_ENDPOINT": "http://127.0.0.1"}, "system-assigned"),
        (CLIENT, {"IDENTITY_ENDPOINT": "http://127.0.0.1"}, CLIENT),
    ],
)
def test_without_a_token_the_identity_that_got_none_is_named(
    client: str, env: dict[str, str], told: str
) -> None:
    principal, check = signed_in("ARM", refused, settings(AZURE_CLIENT_ID=client), env)

    assert principal is None
    assert check.level is Level.FAIL
    assert told in check.line()
