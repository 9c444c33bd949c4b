"""Transformations of a workspace: which rows of a table it drops before it stores them."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final

from detectors.evidence import check_properties
from drift.arm.references import id_at
from drift.errors import Unreadable
from drift.estate import Estate
from drift.model import MISSING, Resource, dig

RULE: Final = "microsoft.insights/datacollectionrules"
DEFAULT_RULE: Final = "properties.defaultDataCollectionRuleResourceId"
FLOWS: Final = "properties.dataFlows"

_KQL: Final = "transformKql"
_STREAM: Final = "microsoft-table-"
_WHOLE: Final = "source"
_TEXTS: Final = re.compile(
    r"""```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|@"(?:[^"]|"")*"|@'(?:[^']|'')*'"""
    r"""|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|//[^\n]*""",
    re.DOTALL,
)
"""Texts of KQL, and comments. A backslash escapes a quote, but not behind ``@``; three marks enclose lines.
https://learn.microsoft.com/kusto/query/scalar-data-types/string
"""

_KEEPING: Final = frozenset({"extend", "project-reorder"})
"""The operators that keep every row, and every value except those that ``extend`` assigns."""

_NEW: Final = re.compile(r"\s*[a-z_]\w*_cf\s*=(?![=~])")
"""The assignment of a custom column: the table's own columns stay as they are."""


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A transformation that drops rows of a table; ``without`` are the data flows that drop none."""

    rule: Resource
    table: str
    kql: str
    without: list[Any]


def narrowing_of(workspace: Resource, tables: Collection[str], estate: Estate) -> Narrowing | None:
    """Return the transformation that drops rows of one of these tables, None if all are stored.

    The rule of kind WorkspaceTransforms that a workspace names transforms the data of diagnostic
    settings. Any ``where`` counts as dropping rows. Raise Unreadable on an operator that may drop
    values, and where the rule cannot be read.
    https://learn.microsoft.com/azure/azure-monitor/essentials/data-collection-transformations-workspace
    """
    check_properties(workspace)
    named = id_at(workspace, DEFAULT_RULE)
    rule = estate.get(named) if named else None
    if rule is None:
        return None
    check_properties(rule)
    if rule.get(FLOWS) is MISSING:
        raise Unreadable(f"{rule.name}#{FLOWS}", "absent")
    wanted = {f"{_STREAM}{each.lower()}": each for each in tables}
    for flow in rule.items(FLOWS):
        for stream in _streams(rule, flow):
            kql = dig(flow, _KQL)
            if stream in wanted and _drops(rule, kql):
                return Narrowing(rule, wanted[stream], kql, _without(rule, flow))
    return None


def _streams(rule: Resource, flow: Any) -> Iterator[str]:
    streams = dig(flow, "streams")
    if not isinstance(streams, list | tuple) or not all(isinstance(each, str) for each in streams):
        raise Unreadable(f"{rule.name}#{FLOWS}", "a data flow does not show its streams")
    return (each.lower() for each in streams)


def _drops(rule: Resource, kql: Any) -> bool:
    """Tell whether a transformation has a ``where``; raise Unreadable if it may drop values."""
    if kql is MISSING:
        return False
    if not isinstance(kql, str):
        raise Unreadable(f"{rule.name}#{FLOWS}", "a transformation is not a text")
    bare = _TEXTS.sub(lambda found: " " if found[0].startswith("//") else " '' ", kql).lower()
    first, *steps = (each.strip() for each in bare.split("|"))
    operators = [each.split(maxsplit=1)[0] if each else "" for each in steps]
    if "where" in operators:
        return True
    if first != _WHOLE or not all(map(_keeps, operators, steps)):
        raise Unreadable(f"{rule.name}#{FLOWS}", "a transformation may drop values")
    return False


def _keeps(operator: str, step: str) -> bool:
    """Tell whether a step surely keeps every row and every value of the table's own columns."""
    if operator != "extend":
        return operator in _KEEPING
    return all(_NEW.match(each) for each in _arguments(step.removeprefix(operator)))


def _arguments(text: str) -> Iterator[str]:
    """Split at the commas outside of brackets."""
    depth, start = 0, 0
    for at, char in enumerate(text):
        depth += (char in "([{") - (char in ")]}")
        if char == "," and not depth:
            yield text[start:at]
            start = at + 1
    yield text[start:]


def _without(rule: Resource, narrowed: Any) -> list[Any]:
    """Return the data flows of a rule; a flow without a transformation passes its tables on unchanged."""
    whole = {**{name: each for name, each in narrowed.items() if name.lower() != _KQL.lower()}}
    return [{**whole, _KQL: _WHOLE} if each is narrowed else each for each in rule.items(FLOWS)]
