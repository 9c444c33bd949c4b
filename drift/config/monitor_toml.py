"""Read monitor.toml as a whole; one error names every problem with its line and key."""

import hashlib
import ipaddress
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from typing import Any, Final

from drift import ids
from drift.config.breach_toml import breach_of
from drift.config.env_values import is_guid
from drift.config.identity_toml import with_identities
from drift.config.model import Config, Exemption, PhiScope, Retention, Route
from drift.config.timing_toml import timing_of
from drift.config.toml_table import TextCheck, TomlTable, parse_table
from drift.errors import BadSettings
from drift.estate import Baseline
from drift.model import Severity

_MOST_DAYS: Final = 3650

_LONGEST_RETENTION: Final = 4383
"""Azure keeps a table for twelve years at most."""

_NOT_IN_DIGEST: Final = {"retention", "breach"}
_SEVERITIES: Final = {each.value: each for each in Severity}
_GROUP_NAME: Final = re.compile(r"[-\w.()]{1,90}")
_WORKSPACE: Final = "microsoft.operationalinsights/workspaces"
_POLICY_SET: Final = "microsoft.authorization/policysetdefinitions"
_POLICY: Final = "microsoft.authorization/policydefinitions"


def parse_config(
    text: str,
    *,
    known_controls: frozenset[str],
    known_channels: frozenset[str],
    unset_channels: frozenset[str] = frozenset(),
    file: str = "monitor.toml",
) -> Config:
    """Return the configuration, with defaults for absent keys; raise one BadSettings for all problems.

    ``unset_channels`` have no app settings, so a route to one of them is a problem. ``file`` is the
    name of the file in the problems.
    """
    root, problems = parse_table(text, file)
    config = _config(
        root,
        _one_of(sorted(known_controls)),
        _channel(known_channels, unset_channels),
    )
    if problems.messages:
        raise BadSettings(problems.messages)
    return replace(config, digest=_digest(config))


def _config(root: TomlTable, control: TextCheck, channel: TextCheck) -> Config:
    controls, phi, approved = (root.table(each) for each in ("controls", "phi", "approved"))
    baseline = with_identities(
        _baseline(approved, controls),
        approved=approved,
        controls=controls,
        phi=phi,
        break_glass=root.table("break_glass"),
        reviews=root.table("access_reviews"),
    )
    config = Config(
        routes=tuple(_route(each, control, channel) for each in root.tables("routes")),
        exemptions=tuple(_exemption(each, control) for each in root.tables("exceptions")),
        phi=_phi(phi),
        baseline=baseline,
        timing=timing_of(root.table("timing")),
        retention=_retention(root.table("retention")),
        breach=breach_of(root.table("breach")),
        disabled=frozenset(controls.words("disabled", (), control)),
        severities=_severities(controls.table("severities"), control),
    )
    approved.close()
    controls.close()
    root.close()
    return config


def _phi(table: TomlTable) -> PhiScope:
    default = PhiScope()
    scope = PhiScope(
        tag_names=table.words("tag_names", default.tag_names, _any_word),
        tag_values=table.words("tag_values", default.tag_values, _any_word),
        subscriptions=table.words("subscriptions", default.subscriptions, _subscription),
        resource_groups=table.words("resource_groups", default.resource_groups, _group),
        released=table.words("released", default.released, _resource),
    )
    table.close()
    return replace(
        scope,
        subscriptions=tuple(each.lower() for each in scope.subscriptions),
        resource_groups=tuple(ids.key(each) for each in scope.resource_groups),
        released=tuple(ids.key(each) for each in scope.released),
    )


def _baseline(approved: TomlTable, controls: TomlTable) -> Baseline:
    default = Baseline()
    workspaces = approved.words("workspaces", default.approved_workspaces, _workspace)
    return Baseline(
        approved_networks=approved.words("networks", default.approved_networks, _network),
        approved_workspaces=tuple(ids.rooted(each.rstrip("/")) for each in workspaces),
        jumpbox_tag_names=approved.words("jumpbox_tag_names", default.jumpbox_tag_names, _any_word),
        jumpbox_tag_values=approved.words(
            "jumpbox_tag_values", default.jumpbox_tag_values, _any_word
        ),
        privileged_principals=tuple(
            each.lower() for each in approved.words("privileged_principals", (), _object)
        ),
        compliance_sets=tuple(
            ids.key(each) for each in controls.words("compliance_sets", (), _policy_set)
        ),
        admin_ports=_admin_ports(controls, default.admin_ports),
        soft_delete_days=controls.whole("soft_delete_days", default.soft_delete_days, 1, 365),
        exemption_days=controls.whole("exemption_days", default.exemption_days, 1, _MOST_DAYS),
        log_retention_days=controls.whole(
            "log_retention_days", default.log_retention_days, 4, _LONGEST_RETENTION
        ),
        encryption_policies=_encryption_policies(controls.table("encryption_policies")),
        evidence_tables=controls.words("evidence_tables", default.evidence_tables, _any_word),
        defender_plans=controls.words("defender_plans", default.defender_plans, _any_word),
    )


def _admin_ports(controls: TomlTable, default: tuple[int, ...]) -> tuple[int, ...]:
    """Return the ports of the file together with the default ones, which no file removes."""
    return tuple(sorted({*default, *controls.wholes("admin_ports", default, 1, 65535)}))


def _encryption_policies(table: TomlTable) -> dict[str, tuple[str, ...]]:
    names = ("storage_key", "sql_encryption", "sql_key", "managed_instance_key")
    found = {each: table.words(each, (), _policy) for each in names}
    table.close()
    return {name: tuple(ids.key(each) for each in given) for name, given in found.items() if given}


def _retention(table: TomlTable) -> Retention:
    days = table.whole("state_days", Retention().state_days, 1, _MOST_DAYS)
    table.close()
    return Retention(state_days=days)


def _severities(table: TomlTable, control: TextCheck) -> dict[str, Severity]:
    severities = {}
    for name in table.left():
        if wrong := control(name):
            table.refuse(name, wrong)
        severities[name] = _severity(table, name)
    return severities


def _route(table: TomlTable, control: TextCheck, channel: TextCheck) -> Route:
    route = Route(
        channels=table.words("channels", (), channel, if_empty="must name at least one channel"),
        severity=_severity(table, "severity", Severity.LOW),
        controls=table.words("controls", (), control),
    )
    table.close()
    return route


def _exemption(table: TomlTable, control: TextCheck) -> Exemption:
    exemption = Exemption(
        control=table.word("control", control),
        resource_id=table.word("resource_id", _resource),
        reason=table.word("reason", _any_word),
        approved_by=table.word("approved_by", _any_word),
        expires=table.moment("expires"),
    )
    table.close()
    return exemption


def _severity(table: TomlTable, key: str, default: Severity | None = None) -> Severity:
    word = table.word(key, _one_of(_SEVERITIES), default)
    return _SEVERITIES.get(word, Severity.LOW)


def _one_of(words: Iterable[str]) -> TextCheck:
    known = tuple(words)
    return lambda word: "" if word in known else f"must be one of {', '.join(known)}"


def _channel(known: Iterable[str], unset: frozenset[str]) -> TextCheck:
    is_known = _one_of(sorted(known))
    return lambda word: f"channel {word} has no app settings" if word in unset else is_known(word)


def _any_word(_: str) -> str:
    return ""


def _subscription(text: str) -> str:
    return "" if is_guid(text) else "must be the GUID of a subscription"


def _object(text: str) -> str:
    return "" if is_guid(text) else "must be the object id (a GUID) of a principal"


def _group(text: str) -> str:
    whole = ids.key(ids.group_of(text)) == ids.key(text)
    return (
        ""
        if whole or _GROUP_NAME.fullmatch(text)
        else "must be the name or the ARM id of a resource group"
    )


def _resource(text: str) -> str:
    return "" if ids.is_id(text) else "must be an ARM id"


def _workspace(text: str) -> str:
    named = ids.is_id(text) and ids.type_of(text) == _WORKSPACE
    return "" if named else "must be the ARM id of a Log Analytics workspace"


def _policy(text: str) -> str:
    named = ids.is_id(text) and ids.type_of(text) == _POLICY
    return "" if named else "must be the ARM id of a policy definition"


def _policy_set(text: str) -> str:
    named = ids.is_id(text) and ids.type_of(text) == _POLICY_SET
    return "" if named else "must be the ARM id of a policy set definition"


def _network(text: str) -> str:
    if text.startswith("/"):
        return "" if ids.is_id(text) else "must be the ARM id of a virtual network or subnet"
    try:
        network = ipaddress.ip_network(text)
    except ValueError:
        return (
            "must be a network such as 203.0.113.0/24, with no bits set after its prefix, "
            "or the ARM id of a virtual network or subnet"
        )
    return "" if network.prefixlen else "must not approve the whole Internet"


def _digest(config: Config) -> str:
    rules = {name: each for name, each in _plain(config).items() if name not in _NOT_IN_DIGEST}
    canonical = json.dumps(rules, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _plain(value: Any) -> Any:
    """Return JSON-ready data that is equal for equal meanings: 60 and 60.0, a set in any order."""
    match value:
        case bool() | str() | None:
            return value
        case int() | float():
            return float(value)
        case datetime():
            return value.isoformat()
        case Mapping():
            return {str(key): _plain(each) for key, each in value.items()}
        case frozenset():
            return sorted(_plain(each) for each in value)
        case tuple():
            return [_plain(each) for each in value]
        case _ if is_dataclass(value):
            return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
        case _:
            raise TypeError(type(value).__name__)
