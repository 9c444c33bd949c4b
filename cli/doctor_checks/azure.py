"""The checks of Azure: what can be read in ARM, in the tenant and in Log Analytics."""

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cli.doctor_checks.arm import Arm, arm_checks, listed_types
from cli.doctor_checks.azure_refusals import AttemptedRead
from cli.doctor_checks.check import Check, Level
from cli.doctor_checks.event_delivery import event_delivery
from cli.doctor_checks.identity import READER, Principal
from cli.doctor_checks.log_exports import entra_export, feed_checks, group_export
from cli.doctor_checks.logs import WorkspaceInput, attempted, exports, matches, query
from cli.doctor_checks.tenant import GROUP, group_checks, not_watched, tenant_checks
from drift.config.app_settings import Settings
from drift.config.clouds import Service
from drift.config.secret import Secret
from drift.log_feed.feeds import wanted_feeds
from drift.services import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class Azure:
    """The settings to check, the emergency access accounts, and how to sign in and to try a connection."""

    settings: Settings
    accounts: tuple[str, ...]
    signed_in: Callable[[str, Service], tuple[Principal | None, Check]]
    connection_problem: Callable[[Secret], str | None]


def azure_checks(azure: Azure, services: Services) -> Iterator[Check]:
    """Yield the checks of ARM and Log Analytics; without a token neither is called."""
    settings = azure.settings
    principal, check = azure.signed_in("ARM", settings.arm)
    yield check
    if principal is None:
        return
    arm = Arm(
        reader=services.reader,
        principal=principal,
        connection_problem=functools.partial(azure.connection_problem, Secret(settings.arm.url)),
        clock=services.clock,
        types=listed_types(each.CONTROL for each in services.detectors),
    )
    readable = yield from arm_checks(arm, settings.subscriptions)
    yield from (event_delivery(services, each) for each in readable)
    yield from _group(services, arm)
    yield from _tenant(azure, services)
    yield from _logs(azure, services, readable)


def _group(services: Services, arm: Arm) -> Iterator[Check]:
    """Yield whether the management group can be read, where one is watched."""
    if group := services.facts.management_group_id:
        asked = AttemptedRead(
            name=GROUP,
            principal=arm.principal,
            role=READER,
            scope=group,
            setting="ARM_ENDPOINT",
            connection_problem=arm.connection_problem,
        )
        yield from group_checks(services.reader, group, asked)


def _tenant(azure: Azure, services: Services) -> Iterator[Check]:
    """Yield whether the posture of the tenant can be read."""
    settings, tenant = azure.settings, services.facts.tenant
    if not tenant:
        yield not_watched()
        return
    principal, check = azure.signed_in("Microsoft Graph", settings.graph)
    yield check
    if principal is not None:
        asked = AttemptedRead(
            name="tenant",
            principal=principal,
            role=READER,
            scope=tenant,
            setting="ARM_ENDPOINT or GRAPH_ENDPOINT",
            connection_problem=functools.partial(
                azure.connection_problem, Secret(settings.graph.url)
            ),
        )
        yield from tenant_checks(services.reader, tenant, asked)


def _logs(azure: Azure, services: Services, readable: tuple[str, ...]) -> Iterator[Check]:
    """Yield whether the workspace answers and receives the subscriptions' activity logs."""
    settings, log = azure.settings, services.activity_log
    if log is None:
        return
    principal, check = azure.signed_in("Log Analytics", settings.logs)
    yield check
    if principal is not None:
        connection_problem = functools.partial(azure.connection_problem, Secret(settings.logs.url))
        logs = WorkspaceInput(
            log=log,
            principal=principal,
            connection_problem=connection_problem,
            now=services.clock(),
        )
        answered = query(logs, settings.workspace_resource_id)
        yield answered
        if answered.level is Level.OK:
            yield from _feeds(azure, services, logs)
    if readable and (compared := matches(services.reader, settings)):
        yield compared
    workspace = settings.workspace_resource_id
    yield from exports(services.reader, readable, workspace)
    if services.facts.tenant:
        yield entra_export(services.reader, workspace)
    if group := services.facts.management_group_id:
        yield group_export(services.reader, group, workspace)


def _feeds(azure: Azure, services: Services, logs: WorkspaceInput) -> Iterator[Check]:
    """Yield whether the workspace has each log in which changes are looked for."""
    if services.change_log is None:
        return
    accounts = azure.accounts
    feeds = wanted_feeds(services.watched, services.facts, accounts)
    asked = attempted(logs, azure.settings.workspace_resource_id)
    yield from feed_checks(services.change_log, feeds, accounts, now=logs.now, asked=asked)
