"""Operations on blobs, files, queues and tables, as the logs and the metrics of a storage account name them.

https://learn.microsoft.com/azure/storage/blobs/map-rest-apis-transaction-categories and
https://learn.microsoft.com/rest/api/storageservices/storage-analytics-logged-operations-and-status-messages
"""

from collections.abc import Mapping
from typing import Final

CONTENT: Final = ("GetBlob", "ReadFile", "QueryBlobContents", "CopyBlobSource")
"""They return content of a blob, or a part of it."""

LISTINGS: Final = (
    "ListBlobs",
    "ListContainers",
    "FindBlobsByTags",
    "ListFilesystems",
    "ListFilesystemDir",
    "ListFilesystemFile",
)
"""They return names of blobs, which can be PHI themselves."""

_LOOKS: Final = (
    *("GetBlobProperties", "GetBlobMetadata", "GetBlobTags", "GetBlockList", "GetPageRanges"),
    *("GetContainerProperties", "GetContainerACL", "GetContainerMetadata", "GetPathStatus"),
    *(
        "GetPathAccessControl",
        "GetFileProperties",
        "GetFilesystemProperties",
        "GetAccountInformation",
    ),
    *(
        "GetBlobServiceProperties",
        "GetBlobServiceStats",
        "GetUserDelegationKey",
        "BlobPreflightRequest",
    ),
)
_WRITES: Final = (
    *("PutBlob", "PutBlock", "PutBlockList", "PutBlobFromURL", "PutBlockFromURL", "AppendBlock"),
    *("CopyBlob", "CopyBlobFromURL", "CopyBlobDestination", "AbortCopyBlob", "SetBlobTier"),
    *("SetBlobProperties", "SetBlobMetadata", "SetBlobTags", "SnapshotBlob", "UndeleteBlob"),
    *("LeaseBlob", "AcquireBlobLease", "ReleaseBlobLease", "RenewBlobLease", "BreakBlobLease"),
    *(
        "AppendFile",
        "CreatePathFile",
        "CreatePathDir",
        "RenamePathFile",
        "RenamePathDir",
        "FlushFile",
    ),
    *("CreateContainer", "SetContainerACL", "SetContainerMetadata", "CreateFilesystem"),
    *("SetFilesystemProperties", "SetBlobServiceProperties", "PutPage", "ClearPage"),
    *("DeleteBlob", "DeleteContainer", "DeleteFile", "DeleteDirectory", "DeleteFilesystem"),
)

HARMLESS: Final = frozenset(each.lower() for each in (*_LOOKS, *_WRITES))
"""They return neither content nor names; an operation in none of the three may return either."""

OF_OTHER_SERVICES: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "files": (
        ("GetFile", "Read"),
        ("ListFilesAndDirectories", "ListShares", "QueryDirectory"),
    ),
    "queues": (("GetMessage", "GetMessages", "PeekMessage", "PeekMessages"), ("ListQueues",)),
    "tables": (("QueryEntity", "QueryEntities"), ("QueryTable", "QueryTables")),
}
"""What returns content, and what returns names, by service. Read and QueryDirectory are commands of SMB."""
