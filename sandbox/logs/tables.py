"""The tables of the workspace: their columns, and the rows that changes leave in them."""

import json
from typing import Any, Final

from sandbox.arm.resources import Change
from sandbox.core.paths import group_of, subscription_of
from sandbox.core.people import TENANT
from sandbox.eventgrid.events import operation_of
from sandbox.logs.access_tables import ACCESS_SCHEMAS
from sandbox.logs.access_tables import columns as _columns
from sandbox.seeded_random import SeededRandom

Row = dict[str, Any]

_STORAGE: Final = _columns(
    datetime="TimeGenerated LastModifiedTime",
    string="AccessTier AccountName AuthenticationHash AuthenticationType CallerIpAddress "
    "Category ClientRequestId ConditionsUsed CorrelationId DestinationUri Etag Location "
    "MetricResponseType ObjectKey OperationName OperationVersion Protocol ReferrerHeader "
    "RehydratePriority RequesterAppId RequesterAudience RequesterObjectId RequesterTenantId "
    "RequesterTokenIssuer RequesterUpn RequestMd5 ResponseMd5 SasExpiryStatus SchemaVersion "
    "ServiceType SourceSystem SourceUri StatusCode StatusText TenantId TlsVersion Type Uri "
    "UserAgentHeader _ResourceId _SubscriptionId",
    dynamic="AuthorizationDetails",
    int="OperationCount",
    long="ContentLengthHeader RequestBodySize RequestHeaderSize ResponseBodySize "
    "ResponseHeaderSize",
    real="DurationMs ServerLatencyMs",
)
"""Columns of the log of blobs; the other services of an account have most of them."""

SCHEMAS: Final[dict[str, dict[str, str]]] = {
    # https://learn.microsoft.com/azure/azure-monitor/reference/tables/azureactivity
    "AzureActivity": _columns(
        datetime="TimeGenerated EventSubmissionTimestamp",
        string="ActivityStatus ActivityStatusValue ActivitySubstatus ActivitySubstatusValue "
        "Authorization Caller CallerIpAddress Category CategoryValue Claims CorrelationId "
        "EventDataId Hierarchy HTTPRequest Level OperationId OperationName OperationNameValue "
        "Properties Resource ResourceGroup ResourceId ResourceProvider ResourceProviderValue "
        "SourceSystem SubscriptionId TenantId Type _ResourceId _SubscriptionId",
        dynamic="Authorization_d Claims_d Properties_d",
    ),
    # https://learn.microsoft.com/azure/azure-monitor/reference/tables/storagebloblogs
    "StorageBlobLogs": _STORAGE,
    # https://learn.microsoft.com/azure/azure-monitor/reference/tables/storagefilelogs
    **dict.fromkeys(("StorageFileLogs", "StorageQueueLogs", "StorageTableLogs"), _STORAGE),
    # https://learn.microsoft.com/azure/azure-monitor/reference/tables/operation
    "Operation": _columns(
        datetime="TimeGenerated",
        string="Computer CorrelationId Detail ErrorId HelpLink ManagementGroupName OperationCategory "
        "OperationKey OperationStatus Solution SourceComputerId SourceSystem Type _ResourceId "
        "_SubscriptionId",
    ),
    # https://learn.microsoft.com/azure/azure-monitor/reference/tables/auditlogs
    "AuditLogs": _columns(
        datetime="TimeGenerated ActivityDateTime",
        string="AADOperationType AADTenantId ActivityDisplayName Category CorrelationId Id Identity Level "
        "Location LoggedByService OperationName OperationVersion Resource ResourceGroup ResourceId "
        "ResourceProvider Result ResultDescription ResultReason ResultSignature ResultType SourceSystem "
        "TenantId Type",
        dynamic="AdditionalDetails InitiatedBy TargetResources",
        long="DurationMs",
    ),
    **ACCESS_SCHEMAS,
}


def blob_row(account: str, container: str, blob: str, request: Row) -> Row:
    """Return the row that a request to a blob, or to its container ("" for the blob), leaves."""
    name = account.rpartition("/")[2]
    path = f"{container}/{blob}" if blob else container
    return {
        "Type": "StorageBlobLogs",
        "SourceSystem": "Azure",
        "AccountName": name,
        "Category": "StorageRead",
        "StatusCode": "200",
        "StatusText": "Success",
        "Protocol": "HTTPS",
        "TlsVersion": "TLS 1.3",
        "ServiceType": "blob",
        "OperationCount": 0,
        "ObjectKey": f"/{name}/{path}",
        "Uri": f"https://{name}.blob.core.windows.net:443/{path}",
        "_ResourceId": f"{account.lower()}/blobservices/default",
        "_SubscriptionId": subscription_of(account),
        **request,
    }


def activity_rows(change: Change, workspace: str, chance: SeededRandom) -> list[Row]:
    """Return the rows of a change in AzureActivity: its start and its success."""
    statuses = (("Start", ""), ("Success", "Created" if change.created else "OK"))
    return [
        _activity_row(change, workspace, chance)
        | {
            "ActivityStatusValue": status,
            "ActivitySubstatusValue": substatus,
        }
        for status, substatus in statuses
    ]


def _activity_row(change: Change, workspace: str, chance: SeededRandom) -> Row:
    path, actor = change.place.path, change.actor
    operation = operation_of(change)
    claims = actor.claims("https://management.core.windows.net/", int(change.at.timestamp()) - 60)
    authorization = {"scope": path, "action": operation, "evidence": actor.evidence()}
    request = {
        "clientRequestId": chance.guid("client request"),
        "clientIpAddress": actor.ip,
        "method": change.method,
    }
    return {
        "TenantId": workspace,
        "TimeGenerated": change.at,
        "EventSubmissionTimestamp": change.at,
        "SourceSystem": "Azure",
        "Type": "AzureActivity",
        "CategoryValue": "Administrative",
        "Level": "Informational",
        "Hierarchy": f"{TENANT}/{subscription_of(path)}",
        "OperationNameValue": operation.upper(),
        "OperationId": change.correlation_id,
        "CorrelationId": change.correlation_id,
        "EventDataId": chance.guid("activity"),
        "Caller": actor.caller,
        "CallerIpAddress": actor.ip,
        "Authorization": json.dumps(authorization),
        "Authorization_d": authorization,
        "Claims": json.dumps(claims),
        "Claims_d": claims,
        "HTTPRequest": json.dumps(request),
        "ResourceProviderValue": operation.partition("/")[0].upper(),
        "ResourceGroup": group_of(path).upper(),
        "SubscriptionId": subscription_of(path),
        "_ResourceId": path.lower(),
        "_SubscriptionId": subscription_of(path),
        "Properties": json.dumps({"eventCategory": "Administrative", "entity": path}),
        "Properties_d": {"eventCategory": "Administrative", "entity": path},
    }


def container_acl_row(account: str, container: str, change: Row) -> Row:
    """Return the row that setting a container's ACL on the data plane leaves in StorageBlobLogs."""
    name = account.rpartition("/")[2]
    return {
        "Type": "StorageBlobLogs",
        "SourceSystem": "Azure",
        "AccountName": name,
        "OperationName": "SetContainerACL",
        "Category": "StorageWrite",
        "StatusCode": "200",
        "StatusText": "Success",
        "Protocol": "HTTPS",
        "TlsVersion": "TLS 1.3",
        "ServiceType": "blob",
        "ObjectKey": f"/{name}/{container}",
        "Uri": f"https://{name}.blob.core.windows.net:443/{container}?restype=container&comp=acl",
        "_ResourceId": account.lower(),
        "_SubscriptionId": subscription_of(account),
        "AuthenticationType": "AccountKey",
        **change,
    }
