"""KQL on DuckDB: the tables of a workspace, and queries over them."""

import json
import threading
import uuid
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import duckdb
import duckdb_kql

_SQL_TYPES: Final = {
    "string": "VARCHAR",
    "datetime": "TIMESTAMP",
    "dynamic": "JSON",
    "long": "BIGINT",
    "int": "INTEGER",
    "real": "DOUBLE",
    "bool": "BOOLEAN",
    "guid": "UUID",
}
_KQL_TYPES: Final = {sql: kql for kql, sql in _SQL_TYPES.items()} | {
    "INTERVAL": "timespan",
    "HUGEINT": "long",
}


class BadQuery(Exception):
    """A query that cannot be run; ``code`` as Kusto names it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Engine:
    """One workspace in memory."""

    def __init__(self, schemas: Mapping[str, Mapping[str, str]]) -> None:
        self._schemas = schemas
        self._lock = threading.Lock()
        self._connection = duckdb.connect()
        for table, columns in schemas.items():
            sql_columns = ", ".join(
                f'"{name}" {_SQL_TYPES[kind]}' for name, kind in columns.items()
            )
            self._connection.execute(f'CREATE TABLE "raw_{table}" ({sql_columns})')

    def add(self, table: str, row: Mapping[str, Any]) -> None:
        """Add a row; columns that it lacks are null."""
        columns = self._schemas[table]
        names = ", ".join(f'"{name}"' for name in row)
        marks = ", ".join("?" for _ in row)
        values = [_stored(value, columns[name]) for name, value in row.items()]
        with self._lock:
            self._connection.execute(
                f'INSERT INTO "raw_{table}" ({names}) VALUES ({marks})',  # noqa: S608 - own names
                values,
            )

    def query(
        self,
        text: str,
        *,
        since: datetime | None,
        until: datetime | None,
        now: datetime,
        without: Collection[str] = (),
    ) -> tuple[list[dict[str, str]], list[list[Any]]]:
        """Return columns and rows of a query over what was generated in a span of time.

        ``without`` names tables, or columns as ``TABLE.COLUMN``, that the workspace does not have.
        """
        with self._lock:
            for table in self._schemas:
                lost = [each.removeprefix(f"{table}.") for each in without if _is_of(each, table)]
                view = _view(table, since, until, lost)
                gone = f'DROP VIEW IF EXISTS "{table}"'
                self._connection.execute(gone if table in without else view)
            try:
                relation = duckdb_kql.query(
                    self._connection, text, allow_write=False, query_now=now
                )
                names, types = relation.columns, [str(each) for each in relation.types]
                rows = relation.fetchall()
            except duckdb_kql.KqlSyntaxError as error:
                raise BadQuery("SYN0002", str(error)) from None
            except duckdb_kql.KqlUnsupportedError as error:
                raise BadQuery("SEM0000", f"the sandbox cannot run this: {error}") from None
            except (duckdb_kql.KqlError, duckdb.Error) as error:
                raise BadQuery("SEM0100", str(error)) from None
        columns = [
            {"name": name, "type": _KQL_TYPES.get(kind.partition("(")[0], "dynamic")}
            for name, kind in zip(names, types, strict=True)
        ]
        return columns, [[_shown(value) for value in row] for row in rows]

    def close(self) -> None:
        """Release the database."""
        with self._lock:
            self._connection.close()


def _is_of(name: str, table: str) -> bool:
    return name.startswith(f"{table}.")


def _view(
    table: str, since: datetime | None, until: datetime | None, without: Collection[str]
) -> str:
    conditions = [
        f"\"TimeGenerated\" {sign} TIMESTAMP '{at:%Y-%m-%d %H:%M:%S.%f}'"
        for sign, at in ((">=", since), ("<", until))
        if at is not None
    ]
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    gone = ", ".join(f'"{each}"' for each in without)
    every = f"* EXCLUDE ({gone})" if gone else "*"
    select = f'SELECT {every} FROM "raw_{table}"{where}'  # noqa: S608 - own names and our own times
    return f'CREATE OR REPLACE VIEW "{table}" AS {select}'


def _stored(value: Any, kind: str) -> Any:
    if kind == "dynamic" and value is not None:
        return json.dumps(value)
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def _shown(value: Any) -> Any:
    """Return a value as the query API writes it: dynamic values stay strings of JSON."""
    match value:
        case datetime():
            return value.isoformat() + "Z"
        case timedelta():
            return str(value)
        case Decimal():
            return float(value)
        case uuid.UUID():
            return str(value)
        case list() | dict():
            return json.dumps(value, default=str)
        case _:
            return value
