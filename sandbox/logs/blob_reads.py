"""Requests to blobs: who has access, and what each request writes to the access log and the metrics.

https://learn.microsoft.com/azure/storage/blobs/monitor-blob-storage: an anonymous request that is refused
is not logged. The metrics count every request.
"""

from collections.abc import Callable, Iterable
from typing import Final

from sandbox.arm.metrics import TransactionMetrics
from sandbox.arm.resources import Cloud
from sandbox.core.people import TENANT, Actor
from sandbox.logs.logs import Logs
from sandbox.logs.tables import Row, blob_row
from sandbox.seeded_random import SeededRandom

_SIZE: Final = 48_211
_PUBLIC: Final = frozenset({"blob", "container"})


class BlobReads:
    """Reads and lists blobs like somebody on the Internet, or with an own identity."""

    def __init__(
        self, cloud: Cloud, logs: Logs, metrics: TransactionMetrics, chance: SeededRandom
    ) -> None:
        self._cloud = cloud
        self._logs = logs
        self._metrics = metrics
        self._chance = chance

    def read(
        self,
        account: str,
        container: str,
        names: Iterable[str],
        *,
        ip: str,
        by: Actor | None = None,
    ) -> int:
        """GET blobs, without signing in unless ``by`` is named; return how many were returned."""
        return sum(self._request(account, container, name, ip=ip, by=by) for name in names)

    def list(self, account: str, container: str, *, ip: str, by: Actor | None = None) -> int:
        """List the blobs of a container; return 1 where that was allowed, else 0."""
        return int(self._request(account, container, "", ip=ip, by=by))

    def _request(
        self, account: str, container: str, name: str, *, ip: str, by: Actor | None
    ) -> bool:
        level = self._level(account, container)
        is_done = bool(by) or level == "container" or (level == "blob" and bool(name))
        proof = "OAuth" if by else "Anonymous"
        operation, service = "GetBlob" if name else "ListBlobs", f"{account}/blobServices/default"
        result = "Success" if is_done else "AuthorizationError"
        self._metrics.count(service, (proof, operation, result), self._cloud.clock())
        if is_done and self._is_logged(service):
            row: Row = {
                "TimeGenerated": self._cloud.clock(),
                "OperationName": operation,
                "AuthenticationType": proof,
                "CallerIpAddress": f"[{ip}]:51324" if ":" in ip else f"{ip}:51324",
                "CorrelationId": self._chance.guid("blob request"),
                "ResponseBodySize": _SIZE,
                "RequesterObjectId": by.object_id if by else "",
                "RequesterTenantId": TENANT if by else "",
            }
            self._logs.add("StorageBlobLogs", blob_row(account, container, name, row), delayed=True)
        return is_done

    def _level(self, account: str, container: str) -> str:
        """Return what anybody may do with a container, as the account allows it: "" for nothing."""
        read: Callable[[str], Row] = self._cloud.read
        allowed = read(account)["properties"].get("allowBlobPublicAccess")
        properties = read(f"{account}/blobServices/default/containers/{container}")["properties"]
        level = str(properties.get("publicAccess") or "").lower()
        return level if allowed and level in _PUBLIC else ""

    def _is_logged(self, service: str) -> bool:
        settings = f"{service}/providers/microsoft.insights/diagnosticSettings/"
        return any(True for _ in self._cloud.documents.view().below(settings))
