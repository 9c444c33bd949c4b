"""Whether every request to a Cosmos DB account is logged to a workspace."""

from collections.abc import Mapping
from typing import Final

from detectors.cosmos.accounts import (
    ACCOUNT,
    CAPABILITIES,
    CASSANDRA,
    GREMLIN,
    KIND,
    MONGO,
    TABLE,
    interfaces,
)
from detectors.logs import workspace_export
from detectors.logs.workspace_export import Log
from drift.estate import Estate
from drift.model import Control, Resource, Severity, Verdict

_CATEGORIES: Final = {
    "DataPlaneRequests": "data requests",
    "ControlPlaneRequests": "changes of the account",
}
_BY_INTERFACE: Final[Mapping[str, Mapping[str, str]]] = {
    MONGO: {"MongoRequests": "MongoDB requests"},
    CASSANDRA: {"CassandraRequests": "Cassandra requests"},
    GREMLIN: {"GremlinRequests": "Gremlin requests"},
    TABLE: {"TableApiRequests": "Table requests"},
}

CONTROL: Final = Control(
    id="COSMOS-LOGGING",
    title="Cosmos DB account must log every request",
    service="Cosmos DB",
    severity=Severity.HIGH,
    otherwise=Severity.LOW,
    hipaa=("164.312(b)",),
    why="Without the log you cannot prove that PHI was not accessed, so a breach is presumed.",
    fix="az monitor diagnostic-settings create --name phi-audit --resource <id> "
    "--workspace <workspace id> --export-to-resource-specific true "
    """--logs '[{"categoryGroup":"audit","enabled":true}]'""",
    watches={
        ACCOUNT: (KIND, CAPABILITIES),
        **workspace_export.WATCHED,
    },
)


def evaluate(resource: Resource, estate: Estate) -> Verdict:
    """Evaluate the requests of each interface; DataPlaneRequests alone are those of SQL."""
    others = {
        name: words
        for each in sorted(interfaces(resource))
        for name, words in _BY_INTERFACE[each].items()
    }
    categories = _CATEGORIES | others
    tables = (*(f"CDB{each}" for each in categories), "AzureDiagnostics")
    log = Log(resource.id, "account", categories, own_tables=True, tables=tables)
    return workspace_export.judge(log, resource, estate)
