"""The reader of production, over a sandbox: ARM, Resource Graph, Microsoft Graph and Defender for Cloud."""

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from adapters.arm.inventory import ResourceGraph
from adapters.arm.policy_states import PolicyStates
from adapters.arm.reader import ArmReader
from adapters.arm.unique_names import NameReader
from adapters.azure_http.credential import azure_credential
from adapters.defender.reader import DefenderReader
from adapters.graph.reader import GraphReader
from adapters.graph.routing import RoutedReader
from drift import ids
from drift.arm import graph
from drift.arm.unique_names import is_unique_name
from sandbox.world import Sandbox


@dataclass(frozen=True, slots=True)
class Readers:
    """The readers of ARM and of Defender for Cloud, and the one of everything."""

    arm: ArmReader
    defender: DefenderReader
    every: RoutedReader


@contextmanager
def readers(azure: Sandbox, clock: Callable[[], float] | None = None) -> Iterator[Readers]:
    """Read as the identity that the environment names; no retry waits, and no found name is remembered."""
    credential = azure_credential("", os.environ, **({"clock": clock} if clock else {}))
    arm = ArmReader(
        credential,
        endpoint=azure.arm.base_url,
        scope="https://management.azure.com/.default",
        sleep=lambda _: None,
    )
    of_graph = GraphReader(
        credential,
        endpoint=azure.graph.base_url,
        scope="https://graph.microsoft.com/.default",
        sleep=lambda _: None,
    )
    defender = DefenderReader(
        credential,
        endpoint=azure.arm.base_url,
        scope="https://management.azure.com/.default",
        sleep=lambda _: None,
    )
    with closing(arm), closing(of_graph), closing(defender):
        later = itertools.count(step=3600).__next__
        names = NameReader(arm, ResourceGraph(arm, endpoint=azure.arm.base_url), clock=later)
        states = PolicyStates(arm, endpoint=azure.arm.base_url)
        every = RoutedReader(names, graph_reader=of_graph, policy_states=states, defender=defender)
        yield Readers(arm, defender, every)


def address_of(document: str) -> str:
    """Return the path under which a sandbox is asked for a document."""
    if graph.is_graph(document):
        return f"/v1.0/{graph.path_of(document)}"
    if is_unique_name(document) or ids.type_of(document) == ids.POLICY_STATES:
        return "/providers/Microsoft.ResourceGraph/resources"
    return "/tenants" if document.startswith("/tenants/") else document
