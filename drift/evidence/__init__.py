"""The Merkle tree of RFC 6962, with which a log of records can be proved."""
