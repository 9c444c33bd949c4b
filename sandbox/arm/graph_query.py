"""The subset of Resource Graph's query language that the monitor uses; anything else is refused."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from sandbox.arm.graph_summary import Summary, read_summary
from sandbox.core.arm_errors import invalid
from sandbox.core.documents import Body

Test = Callable[[Body], bool]

TABLES: Final = ("resources", "resourcecontainers", "policyresources")
COLUMNS: Final = (
    *("id", "name", "type", "tenantId", "kind", "location", "resourceGroup", "subscriptionId"),
    *("managedBy", "sku", "plan", "properties", "tags", "identity", "zones", "extendedLocation"),
)
_TOKEN: Final = re.compile(r"\s*('(?:[^'\\]|\\.)*'|in~|=~|[A-Za-z]\w*|[(),])")


@dataclass(frozen=True, slots=True)
class Query:
    """A table, the condition on its rows, and the columns in the order of the ids, or a summary."""

    table: str
    keeps: Test
    columns: tuple[str, ...]
    summary: Summary | None = None


def parse(text: str) -> Query:
    """Parse a query; refuse an invalid one, or one without stable pages."""
    table, *steps = (each.strip() for each in text.split("\n| "))
    if table.lower() not in TABLES:
        raise invalid(f"'{table}' table is invalid, unsupported or disallowed.")
    tests: list[Test] = []
    columns: tuple[str, ...] = ()
    order, summary = "", None
    for step in steps:
        word, _, rest = step.partition(" ")
        match word:
            case "where":
                tests.append(_Condition(rest).read())
            case "project":
                columns = _columns(rest)
            case "summarize":
                summary = read_summary(rest)
            case "order":
                order = rest
            case _:
                raise invalid(f"Query is invalid: {word}")
    _check_order(order, columns, summary)
    return Query(table.lower(), lambda row: all(test(row) for test in tests), columns, summary)


def _check_order(order: str, columns: tuple[str, ...], summary: Summary | None) -> None:
    if summary and order != f"by {summary.order}":
        raise invalid("Query is invalid: a summary is ordered by its groups here.")
    if not summary and (order != "by id asc" or "id" not in columns):
        raise invalid("Query is invalid: only what is ordered by the column id is paged here.")


def _columns(text: str) -> tuple[str, ...]:
    names = tuple(each.strip() for each in text.split(","))
    unknown = [each for each in names if each not in COLUMNS]
    if unknown:
        raise invalid(f"Failed to resolve scalar expression named '{unknown[0]}'", "SEM0100")
    return names


class _Condition:
    """A condition: ``column =~ 'text'``, ``column in~ ('text', …)``, ``and``, ``or``, brackets."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))

    def read(self) -> Test:
        """Return the whole condition as a test of a row."""
        test = self._either()
        if self._tokens:
            raise invalid(f"Query is invalid near '{self._tokens[0]}'")
        return test

    def _either(self) -> Test:
        tests = [self._both()]
        while self._take("or"):
            tests.append(self._both())
        return lambda row: any(test(row) for test in tests)

    def _both(self) -> Test:
        tests = [self._one()]
        while self._take("and"):
            tests.append(self._one())
        return lambda row: all(test(row) for test in tests)

    def _one(self) -> Test:
        if self._take("("):
            test = self._either()
            self._need(")")
            return test
        column = self._next()
        if column not in COLUMNS:
            raise invalid(f"Failed to resolve scalar expression named '{column}'", "SEM0100")
        wanted = {self._text()} if self._take("=~") else self._texts()
        return lambda row: str(row.get(column) or "").lower() in wanted

    def _texts(self) -> set[str]:
        self._need("in~")
        self._need("(")
        texts = {self._text()}
        while self._take(","):
            texts.add(self._text())
        self._need(")")
        return texts

    def _text(self) -> str:
        token = self._next()
        if not token.startswith("'"):
            raise invalid(f"Query is invalid near '{token}'")
        return token[1:-1].lower()

    def _next(self) -> str:
        if not self._tokens:
            raise invalid("Query is invalid: it ends too soon")
        return self._tokens.pop(0)

    def _take(self, token: str) -> bool:
        if self._tokens and self._tokens[0] == token:
            self._tokens.pop(0)
            return True
        return False

    def _need(self, token: str) -> None:
        if not self._take(token):
            raise invalid(f"Query is invalid: '{token}' is missing")


def _tokens(text: str) -> Iterator[str]:
    at = 0
    while text[at:].strip():
        found = _TOKEN.match(text, at)
        if found is None:
            raise invalid(f"Query is invalid near '{text[at : at + 20]}'")
        yield found.group(1)
        at = found.end()
