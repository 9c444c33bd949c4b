"""The Azure clients with which the monitor reads, built from the settings."""

import functools
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from adapters.arm.inventory import ResourceGraph
from adapters.arm.metrics import MetricsReader
from adapters.arm.policy_states import PolicyStates
from adapters.arm.reader import ArmReader
from adapters.arm.unique_names import NameReader
from adapters.azure_http.credential import azure_credential
from adapters.dead_letters import DeadLetterBlobs
from adapters.evidence.blob_calls import BlobCalls
from adapters.graph.reader import GraphReader
from adapters.graph.routing import RoutedReader
from adapters.lazy import LazyReader
from adapters.log_analytics.activity_log import LogAnalytics
from drift.config.app_settings import Settings
from drift.ports import Clients


def azure_clients(settings: Settings, environ: Mapping[str, str]) -> Clients:
    """Return the clients of ARM, Log Analytics, Resource Graph and Graph; no call is made yet."""
    credential = azure_credential(settings.client_id, environ)
    reader = ArmReader(credential, endpoint=settings.arm.url, scope=settings.arm.scope)
    graph = GraphReader(credential, endpoint=settings.graph.url, scope=settings.graph.scope)
    log = LogAnalytics(
        credential,
        endpoint=settings.logs.url,
        scope=settings.logs.scope,
        workspace_id=settings.workspace_id,
    )
    defender = LazyReader(functools.partial(_defender, settings, credential))
    closers = ExitStack()
    dead_letters = DeadLetterBlobs(BlobCalls(settings.dead_letters, credential))
    for each in (credential, log, reader, graph, defender, dead_letters):
        closers.callback(each.close)
    inventory = ResourceGraph(reader, endpoint=settings.arm.url)
    everywhere = NameReader(reader, inventory)
    states = PolicyStates(reader, endpoint=settings.arm.url)
    every = RoutedReader(
        everywhere, graph_reader=graph, policy_states=states, defender=defender.reader
    )
    metrics = MetricsReader(reader, endpoint=settings.arm.url)
    return Clients(every, log, inventory, metrics, dead_letters, closers.close)


def _defender(settings: Settings, credential: Any) -> Any:
    """Return the reader of Defender for Cloud; its library is imported when it reads for the first time."""
    from adapters.defender.reader import DefenderReader

    return DefenderReader(credential, endpoint=settings.arm.url, scope=settings.arm.scope)
