"""A small Azure on loopback for the demo and the tests: never deployed, unknown to the product."""

from sandbox.event_grid import PROMPT, Habits
from sandbox.messages import Refused
from sandbox.people import ENGINEER, MONITOR, PIPELINE, TENANT, Actor, Role
from sandbox.replicas import Lag
from sandbox.throttle import Bucket, Limits
from sandbox.world import Sandbox

__all__ = [
    "ENGINEER",
    "MONITOR",
    "PIPELINE",
    "PROMPT",
    "TENANT",
    "Actor",
    "Bucket",
    "Habits",
    "Lag",
    "Limits",
    "Refused",
    "Role",
    "Sandbox",
]
