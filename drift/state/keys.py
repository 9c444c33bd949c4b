"""Partitions and row keys: 16 partitions, and keys with which every query is a range.

A key begins with its kind and carries a hash of an id, never the id, since ids hold characters that
table stores refuse. All rows of one resource are in one partition, so that each decision about it
is one atomic batch. H, H2 are hashes of ids, S is the hash of a subscription, CH a channel.

  resource|H                     the record of a resource
  related|H                      cached reads around it
  open|H|CONTROL                 an open incident, for lists
  unknown|H|CONTROL              a verdict that is unknown now
  excepted|H|CONTROL             a failure that an exception covers
  incident|H|CONTROL|NUMBER      an incident, open or closed
  clock|H|CONTROL|NUMBER         the breach clock of an incident
  outbox|H|CONTROL|NUMBER|SEQ    one change of it, never rewritten
  cursor|H|CONTROL|NUMBER|CH     what a channel has received of it
  held|CH|H|CONTROL|NUMBER       a channel does not accept it now
  undelivered|CH|H|CONTROL|NUMBER|SEQ    a change that was rejected too long
  due|UTC|KIND|…                 what must happen at a time
  uses|H|H2                      the verdict on H2 is based on H
  blind|H|H2                     H2 cannot be evaluated because dependency H fails
  affected|H                     how many resources dependency H affected when they were last counted
  gate|H, gate|H|list            until when a throttled source must not be read, or listed
  budget|H                       what confirmations have used of a subscription's limits
  dropped|UTC|H                  a message that no version can read
  deferred|H                     a message, or a change of an incident, of another version
  message|MARK|PART              a message that is too large for a queue
  evidence|UTC|H|…               a record that the evidence log does not hold yet
  log|head                       how far the partition's evidence log has come
  paged|S|HOW|H|CONTROL          how a failure of a first scan pages: alone, or together with others
  known|S|H                      a resource of the subscription
  sweep|S                        how far its sweep has come
  lane|N, lane|wait|S            which sweep is running now, and since when one waits
  ageing|NAME                    how far the walk through the state has come; numbers that are used
  meta|NAME                      the monitor's own notes
"""

import enum
import functools
import hashlib
from datetime import datetime
from typing import Final

from drift import ids
from drift.clock import bounds


class RowKind(enum.StrEnum):
    """What a row holds; the first part of its key, never renamed."""

    RESOURCE = "resource"
    RELATED = "related"
    OPEN = "open"
    UNKNOWN = "unknown"
    EXCEPTED = "excepted"
    INCIDENT = "incident"
    CLOCK = "clock"
    OUTBOX = "outbox"
    CURSOR = "cursor"
    HELD = "held"
    UNDELIVERED = "undelivered"
    DUE = "due"
    USES = "uses"
    BLIND = "blind"
    AFFECTED = "affected"
    GATE = "gate"
    BUDGET = "budget"
    DROPPED = "dropped"
    DEFERRED = "deferred"
    MESSAGE = "message"
    EVIDENCE = "evidence"
    LOG = "log"
    PAGED = "paged"
    KNOWN = "known"
    SWEEP = "sweep"
    LANE = "lane"
    AGEING = "ageing"
    META = "meta"


PARTITIONS: Final = tuple(f"shard-{digit:x}" for digit in range(16))
META: Final = PARTITIONS[0]


STAMP: Final = "%Y%m%dT%H%M%S.%fZ"
"""The form of a time in a key."""

_STAMP_WIDTH: Final = len("20261120T030000.000000Z")

_LAST: Final = "\x7e"
"""Sorts after all characters of keys."""


@functools.lru_cache(maxsize=4096)
def digest(text: str) -> str:
    """Return the hash of an id for keys; upper and lower case of the id do not matter."""
    return hashlib.sha256(ids.key(text).encode()).hexdigest()[:32]


def partition(resource_id: str) -> str:
    """Return the partition of all rows of a resource."""
    return PARTITIONS[int(digest(resource_id)[0], 16)]


def row_key(*parts: str) -> str:
    """Join the parts of a row key."""
    return "|".join(parts)


def below(*parts: str) -> tuple[str, str]:
    """Return the first and the end key of all rows that begin with these parts."""
    prefix = row_key(*parts) + "|"
    return prefix, prefix + _LAST


def numbered(number: int) -> str:
    """Return a number in the form of keys, so that keys sort like numbers."""
    return f"{number:06d}"


def stamp(moment: datetime) -> str:
    """Return a time in the form of keys: UTC, fixed width, sorted like times."""
    return bounds.in_utc(moment).strftime(STAMP).zfill(_STAMP_WIDTH)
