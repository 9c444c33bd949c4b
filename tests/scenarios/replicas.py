"""Lagging replicas."""

from drift import ids
from tests.support.rig import ACCOUNT

OPENED = "TOY-OPEN opened"
RESOLVED = "TOY-OPEN resolved"
READS = ids.key(ACCOUNT)
