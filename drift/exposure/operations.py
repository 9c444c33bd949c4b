"""Operations on blobs, as the access log and the metrics of a storage account name them.

https://learn.microsoft.com/azure/storage/blobs/map-rest-apis-transaction-categories
"""

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
