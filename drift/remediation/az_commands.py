"""Render the steps of a fix as az commands, ready to paste into a POSIX shell."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from drift import ids
from drift.fixes import (
    DeleteChild,
    Fix,
    PostAction,
    PutChild,
    RemoveItem,
    RemoveProperty,
    SetProperty,
    Step,
)
from drift.model import dig
from drift.remediation.az_compute import ACTIONS, COMPUTE_UPDATES, SETTERS
from drift.remediation.az_cosmos import COSMOS_REMOVALS, COSMOS_UPDATES
from drift.remediation.az_options import (
    CONTAINER,
    DELETIONS,
    DESTINATIONS,
    NETWORK_RULES,
    REMOVALS,
    RULE,
    RULE_OPTIONS,
    SETTING,
    UPDATES,
    Update,
    Words,
    by_extended,
    by_ids,
    by_nsg_and_name,
)
from drift.remediation.az_posture import (
    ASSIGNMENT,
    POSTURE_DELETIONS,
    POSTURE_UPDATES,
    REMEDIATION,
    ROLE,
    create_assignment,
    create_remediation,
    create_role_assignment,
    create_subscription_setting,
    is_of_subscription,
    repeated_option,
)
from drift.remediation.az_quoting import as_json, given, spelt
from drift.remediation.az_rest import by_rest, is_rest
from drift.remediation.az_sql import SQL_DELETIONS, SQL_UPDATES

_UPDATES: Final = {
    **UPDATES,
    **SQL_UPDATES,
    **COMPUTE_UPDATES,
    **COSMOS_UPDATES,
    **POSTURE_UPDATES,
}
_REMOVALS: Final = {**REMOVALS, **COSMOS_REMOVALS}
_DELETIONS: Final = {**DELETIONS, **SQL_DELETIONS, **POSTURE_DELETIONS}

_NO_COMMAND: Final = Update("", by_ids, {})
_OF_MASTER: Final = "/databases/master/providers/microsoft.insights/diagnosticsettings/"

_TAG: Final = "tags."


def command(fix: Fix) -> str | None:
    """Return the commands joined by ``&&``, None for a fix without steps.

    A quoted ``<PLACEHOLDER>`` marks a value that a person must supply; the fix's note names it.
    """
    commands = [each for group in _grouped(fix.steps) for each in _rendered(group)]
    return " && ".join(shlex.join(["az", *each]) for each in commands) or None


def _grouped(steps: Sequence[Step]) -> list[list[Step]]:
    """Return the steps in groups of one command each: all properties of a resource form a group."""
    groups: dict[object, list[Step]] = {}
    for at, step in enumerate(steps):
        name = ids.key(step.resource_id) if isinstance(step, SetProperty) else _auditing(step) or at
        groups.setdefault(name, []).append(step)
    return list(groups.values())


def _auditing(step: Step) -> str:
    """Return the id of the auditing settings that a new diagnostic setting exports, "" for none."""
    if not isinstance(step, PutChild):
        return ""
    server, found, _ = ids.key(step.resource_id).partition(_OF_MASTER)
    return f"{server}/auditingsettings/default" if found else ""


def _rendered(group: Sequence[Step]) -> list[Words]:
    properties = [each for each in group if isinstance(each, SetProperty)]
    if not properties:
        return [_one(each) for each in group]
    commands = _set(properties[0].resource_id, properties)
    settings = [each for each in group if isinstance(each, PutChild)]
    return [[*commands[0], *_into_workspace(settings[0])], *commands[1:]] if settings else commands


def _one(step: Step) -> Words:
    if is_rest(step.resource_id):
        return by_rest([step])
    match step:
        case RemoveProperty(resource_id, path):
            return ["resource", "update", "--ids", resource_id, "--remove", path]
        case PostAction(resource_id, action):
            return _act(resource_id, action)
        case RemoveItem():
            return _remove(step)
        case PutChild():
            return _put(step)
        case DeleteChild(resource_id):
            return _delete(resource_id)
        case SetProperty(resource_id):
            return _generic(resource_id, [step])


def _into_workspace(setting: PutChild) -> Words:
    """Return options of ``audit-policy update`` that create the diagnostic setting."""
    target = ["--log-analytics-target-state", "Enabled"]
    return [*target, "--log-analytics-workspace-resource-id", _properties(setting)["workspaceId"]]


def _set(resource_id: str, steps: Sequence[SetProperty]) -> list[Words]:
    """Return the type's own update command with each property it supports, then a generic one."""
    kind = ids.type_of(resource_id)
    if is_rest(resource_id):
        return [by_rest(steps)]
    if kind == CONTAINER:
        return [_patch(resource_id, steps)]
    tags = [each for each in steps if each.path.startswith(_TAG)]
    if tags:
        others = [each for each in steps if each not in tags]
        return [*(_set(resource_id, others) if others else []), _tag(resource_id, tags)]
    update = _UPDATES.get(kind, _NO_COMMAND)
    known = {each.path: each.value for each in steps if each.path.lower() in update.options}
    rest = [each for each in steps if each.path not in known]
    options = _options(update.options, known, update.spelling)
    is_needed = bool(options or (update.alone and known))
    commands = [[*update.words.split(), *update.naming(resource_id), *options]] if is_needed else []
    return [*commands, _generic(resource_id, rest)] if rest else commands


def _tag(resource_id: str, steps: Sequence[SetProperty]) -> Words:
    """Return a merge of tags, which keeps all others; it works on groups and subscriptions too."""
    tags = [f"{each.path.removeprefix(_TAG)}={each.value}" for each in steps]
    return ["tag", "update", "--resource-id", resource_id, "--operation", "Merge", "--tags", *tags]


def _patch(resource_id: str, steps: Sequence[SetProperty]) -> Words:
    """Return a PATCH of the properties.

    ``az storage container-rm update --public-access off`` has no effect: its validator turns "off"
    into None, which the command takes for an absent option (azure-cli 2.91.0).
    """
    properties = {each.path.removeprefix("properties."): each.value for each in steps}
    return ["resource", "patch", "--ids", resource_id, "--properties", as_json(properties)]


def _generic(resource_id: str, steps: Sequence[SetProperty]) -> Words:
    """Return a command that sets properties by path: the type's own ``--set``, else ``resource update``."""
    own = SETTERS.get(ids.type_of(resource_id))
    words, naming = own or ("resource update", by_ids)
    paths = [each.path.removeprefix("properties.") if own else each.path for each in steps]
    values = [f"{path}={spelt(each.value)}" for path, each in zip(paths, steps, strict=True)]
    return [*words.split(), *naming(resource_id), "--set", *values]


def _options(
    options: Mapping[str, str],
    values: Mapping[str, Any],
    spelling: Mapping[str, Callable[[Any], str]] = MappingProxyType({}),
) -> Words:
    """Return each option once, with the first of its values that is not empty.

    A singular property and its plural share one option; az itself clears the unused one. An option
    with a spelling of its own takes an empty value too.
    """
    chosen: dict[str, Words] = {}
    for path, value in values.items():
        option = options.get(path.lower(), "")
        if option in spelling:
            chosen.setdefault(option, [spelling[option](value)])
        elif option and value not in (None, [], ()):
            chosen.setdefault(option, _words(option, value))
    return [word for option, words in chosen.items() for word in (*option.split(), *words)]


def _words(option: str, value: Any) -> Words:
    if isinstance(value, bool):
        return [str(value).lower()]
    if isinstance(value, list | tuple):
        if all(isinstance(each, Mapping) for each in value):
            return repeated_option(option, value)
        return [str(each) for each in value]
    return str(value).replace(",", " ").split() if option == "--bypass" else [str(value)]


def _remove(step: RemoveItem) -> Words:
    naming = NETWORK_RULES.get(step.path.lower())
    removal = _REMOVALS.get(ids.type_of(step.resource_id))
    if naming is None or removal is None:
        return ["resource", "update", "--ids", step.resource_id, "--remove", step.path, "<INDEX>"]
    words, named = removal
    options = [(option, str(dig(step.item, name))) for name, option in naming.items()]
    return [*words.split(), *named(step.resource_id), *_flat(options)]


def _put(step: PutChild) -> Words:
    kind = ids.type_of(step.resource_id)
    if kind == RULE:
        return _create_rule(step)
    if kind == SETTING:
        if is_of_subscription(step.resource_id):
            return create_subscription_setting(step.resource_id, _properties(step))
        return _create_setting(step)
    if kind == ASSIGNMENT:
        return create_assignment(step.resource_id, step.body)
    if kind == ROLE:
        return create_role_assignment(step.resource_id, _properties(step))
    if kind == REMEDIATION:
        return create_remediation(step.resource_id, _properties(step))
    return ["resource", "create", "--id", step.resource_id, *_whole(step.body)]


def _whole(body: Mapping[str, Any]) -> Words:
    """Return the options that give a body: its region and its properties, or all of it."""
    if body.keys() == {"location", "properties"}:
        return ["--location", str(body["location"]), "--properties", as_json(body["properties"])]
    return ["--is-full-object", "--properties", as_json(body)]


def _create_rule(step: PutChild) -> Words:
    values = {f"properties.{name}": value for name, value in _properties(step).items()}
    options = _options(RULE_OPTIONS, values)
    return ["network", "nsg", "rule", "create", *by_nsg_and_name(step.resource_id), *options]


def _create_setting(step: PutChild) -> Words:
    properties = _properties(step)
    to = [(option, properties[name]) for name, option in DESTINATIONS.items() if name in properties]
    if str(properties.get("logAnalyticsDestinationType")).lower() == "dedicated":
        to.append(("--export-to-resource-specific", "true"))
    what = [
        (f"--{name}", as_json(given(properties[name])))
        for name in ("logs", "metrics")
        if name in properties
    ]
    named = by_extended(step.resource_id)
    return ["monitor", "diagnostic-settings", "create", *named, *_flat([*to, *what])]


def _properties(step: PutChild) -> dict[str, Any]:
    """Return the properties of a body that have a value, from ``properties`` or the top level."""
    properties = dig(step.body, "properties") or step.body
    return {name: value for name, value in properties.items() if value not in (None, "", [], ())}


def _delete(resource_id: str) -> Words:
    words, naming = _DELETIONS.get(ids.type_of(resource_id), ("resource delete", by_ids))
    return [*words.split(), *naming(resource_id)]


def _act(resource_id: str, action: str) -> Words:
    words = ACTIONS.get((ids.type_of(resource_id), action.lower()))
    if words:
        return [*words.split(), "--ids", resource_id]
    return ["resource", "invoke-action", "--ids", resource_id, "--action", action]


def _flat(options: Sequence[tuple[str, str]]) -> Words:
    return [word for option in options for word in option]
