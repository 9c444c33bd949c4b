"""The definitions that a policy assignment applies, each with its effective effect."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from drift import ids
from drift.arm.references import id_at, items_at
from drift.errors import Unreadable
from drift.estate import Estate
from drift.model import MISSING, Resource, dig, word_of

ASSIGNMENTS: Final = "Microsoft.Authorization/policyAssignments"
SETS: Final = "microsoft.authorization/policysetdefinitions"
DEFINITIONS: Final = "microsoft.authorization/policydefinitions"
DEFINITION: Final = "properties.policyDefinitionId"
PARAMETERS: Final = "properties.parameters"
OVERRIDES: Final = "properties.overrides"
MEMBERS: Final = "properties.policyDefinitions"
RULE: Final = "properties.policyRule"

DISABLED: Final = "disabled"
AUDITING: Final = frozenset({"audit", "auditifnotexists"})
"""Effects that only report non-compliant resources."""

REPAIRING: Final = frozenset({"deployifnotexists", "modify"})
"""Effects that repair non-compliant resources, by the assignment's identity."""

_KNOWN: Final = AUDITING | REPAIRING | {"deny", DISABLED}

_EFFECT: Final = "effect"
_EXPRESSION: Final = re.compile(r"\[parameters\('([^'.]+)'\)\]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    """One applied definition: by itself, or as a member of a set (``whole``).

    ``reference`` is its name in the set, in lower case, "" by itself; ``given`` are its parameters,
    each an object with a ``value``; ``spelt`` is the name in the set as Azure spells it.
    """

    definition: str
    reference: str
    given: object
    whole: Resource | None = None
    spelt: str = ""


def parts_of(assignment: Resource, estate: Estate) -> tuple[Part, ...]:
    """Return what an assignment applies; raise Unreadable."""
    definition = id_at(assignment, DEFINITION)
    if not definition:
        raise Unreadable(f"{assignment.id}#{DEFINITION}", "absent")
    if ids.type_of(definition) == SETS:
        return parts_of_set(definition, estate)
    return (Part(definition, "", assignment.get(PARAMETERS)),)


def parts_of_set(set_id: str, estate: Estate) -> tuple[Part, ...]:
    """Return the members of a set; raise Unreadable."""
    return existing(set_id, estate).derived(_members)


def existing(definition_id: str, estate: Estate) -> Resource:
    """Return a definition or a set; raise Unreadable, also where it does not exist."""
    found = estate.get(definition_id)
    if found is None:
        raise Unreadable(definition_id, "it does not exist")
    return found


def effects_of(assignment: Resource, part: Part, estate: Estate) -> frozenset[str]:
    """Return the effects that a part has: several, where overrides are for some resources only.

    The order is: override, the assignment's parameter, the set's, the definition's. It is not
    documented which of two overrides wins: both count. Raise Unreadable.
    """
    effects, is_whole = set(), False
    for each in items_at(assignment, OVERRIDES):
        if _word(dig(each, "kind"), OVERRIDES) == "policyeffect":
            selects, selects_all = _selects(each, part)
            is_whole = is_whole or selects_all
            if selects:
                effects.add(_word(dig(each, "value"), OVERRIDES))
    if not is_whole:
        effects.add(_word(_own_effect(assignment, part, estate), PARAMETERS))
    if effects - _KNOWN:
        unknown = min(effects - _KNOWN)
        raise Unreadable(f"{assignment.id}#{PARAMETERS}", f"{unknown} is not a known effect")
    return frozenset(effects)


def admits(selector: object, name: str) -> bool:
    """Tell whether a selector accepts a name (lower case); raise Unreadable."""
    for path, expected in (("in", True), ("notIn", False)):
        if dig(selector, path) is MISSING:
            continue
        names = items_at(selector, path)
        if not all(isinstance(each, str) for each in names):
            raise Unreadable("selectors", f"an item of {path} is not a string")
        return (name in {each.lower() for each in names}) is expected
    raise Unreadable("selectors", "one of them has neither in nor notIn")


def _selects(override: object, part: Part) -> tuple[bool, bool]:
    """Tell whether an override is for a part, and whether for all of its resources."""
    selects_all = True
    for each in items_at(override, "selectors"):
        if _word(dig(each, "kind"), OVERRIDES) != "policydefinitionreferenceid":
            selects_all = False
        elif not admits(each, part.reference):
            return False, False
    return True, selects_all


def _own_effect(assignment: Resource, part: Part, estate: Estate) -> Any:
    """Return the effect of a part without overrides.

    The parameter of built-in definitions is named ``effect``; another definition is read for its name.
    """
    is_built_in = ids.key(part.definition).startswith(f"/providers/{DEFINITIONS}/")
    value = _given(assignment, part, _EFFECT) if is_built_in else MISSING
    if value is not MISSING:
        return value
    definition = existing(part.definition, estate)
    effect = definition.get(f"{RULE}.then.effect")
    name = _parameter_in(effect)
    if not name:
        return effect
    value = _given(assignment, part, name)
    default = definition.get(f"{PARAMETERS}.{name}.defaultValue")
    return default if value is MISSING else value


def _given(assignment: Resource, part: Part, name: str) -> Any:
    """Return the value of a part's parameter: by the assignment, else by the set; MISSING for neither."""
    if part.given is not MISSING and not isinstance(part.given, Mapping):
        raise Unreadable(f"{assignment.id}#{PARAMETERS}", "not an object")
    value = dig(part.given, f"{name}.value")
    outer = _parameter_in(value)
    if part.whole is None or not outer:
        return value
    assigned = dig(assignment.get(PARAMETERS), f"{outer}.value")
    default = part.whole.get(f"{PARAMETERS}.{outer}.defaultValue")
    return default if assigned is MISSING else assigned


def _parameter_in(value: object) -> str:
    """Return the parameter of an expression, "" for another value."""
    found = _EXPRESSION.fullmatch(value) if isinstance(value, str) else None
    return found[1] if found else ""


def _word(value: object, path: str) -> str:
    word = word_of(value, path)
    if not isinstance(word, str):
        raise Unreadable(path, "absent")
    return word


def _members(definition_set: Resource) -> tuple[Part, ...]:
    members = items_at(definition_set, MEMBERS)
    if not members:
        raise Unreadable(f"{definition_set.id}#{MEMBERS}", "it has no members")
    return tuple(_member(definition_set, each) for each in members)


def _member(definition_set: Resource, member: object) -> Part:
    definition = id_at(member, "policyDefinitionId")
    reference = dig(member, "policyDefinitionReferenceId")
    if not definition or not isinstance(reference, str):
        missing = "has no reference id" if definition else "names no definition"
        raise Unreadable(f"{definition_set.id}#{MEMBERS}", f"a member {missing}")
    return Part(definition, reference.lower(), dig(member, "parameters"), definition_set, reference)
