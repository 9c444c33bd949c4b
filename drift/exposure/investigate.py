"""Ask who used an exposed resource, store the answer with its incident, and send it if it changed."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from drift.access.record import Exposure
from drift.config.model import Breach
from drift.errors import NotUnderstood
from drift.exposure.answer_record import answer_rows
from drift.exposure.callers import Own
from drift.exposure.case import Case, Investigation
from drift.exposure.notice_day import notice_day
from drift.exposure.openings import has_ended, window_of
from drift.exposure.registry import investigation_of
from drift.exposure.schedule import next_row
from drift.exposure.window import Window
from drift.incidents.decision import DecisionContext
from drift.incidents.enrichment import enrich, store_unreported
from drift.incidents.transition_log import names_of
from drift.notices import Access
from drift.ports import Delete, Write
from drift.queues.messages import InvestigateMessage
from drift.queues.outbound import Outbound
from drift.services import Services
from drift.state import incident_ids, keys
from drift.state.incident_record import Incident, load_incident
from drift.state.resource_record import load_record
from drift.state.update import retry_on_conflict
from drift.trace import trace

log: Final = logging.getLogger("drift.exposure")

_REASON: Final = "the logs say more of who used the resource"


def on_investigate(services: Services, question: InvestigateMessage) -> Outbound:
    """Query the whole window once; the next due row repeats the queries that failed.

    Raise NotUnderstood for a control that this version does not have.
    """
    if not services.has_control(question.control):
        raise NotUnderstood("control", "this version does not have it")
    incident = _incident(services, question)
    investigation = investigation_of(question.control, question.resource)
    window = _window(incident, question) if incident else None
    if incident is None or window is None or investigation is None:
        services.store.commit(keys.partition(question.resource), _done(question))
        return Outbound()
    exposure = _ask(services, investigation, incident, window)
    return retry_on_conflict(
        question.resource, lambda: _store(services, question, window, exposure)
    )


def _incident(services: Services, question: InvestigateMessage) -> Incident | None:
    return load_incident(services.store, question.resource, question.control, question.number)


def _window(incident: Incident, question: InvestigateMessage) -> Window | None:
    """Return the window to query, None if the row of its end queries the same opening.

    An incident that opened again under its number no longer has the window of its earlier opening.
    """
    if incident.opened_at != question.opened_at:
        if question.until is None:
            return None
        return Window(question.opened_at, question.since, question.until)
    if question.until is None and has_ended(incident):
        return None
    return window_of(incident)


def _ask(
    services: Services, investigation: Investigation, incident: Incident, window: Window
) -> Exposure:
    baseline = services.config.baseline
    case = Case(
        resource=incident.resource_id,
        control=incident.control_id,
        window=window,
        own=Own.of(baseline.approved_networks, services.facts.tenant_id),
        controls=load_record(services.store, incident.resource_id).record.controls,
        evidence=incident.evidence,
        baseline=baseline,
        reader=services.reader,
        log=services.access_log,
        metrics=services.metrics,
        clock=services.clock,
    )
    exposure = _with_notice_day(investigation.ask(case), incident, services.config.breach)
    trace(
        log,
        "exposure-asked",
        control=incident.control_id,
        incident=incident_ids.incident_id(
            incident.control_id, incident.resource_id, incident.number
        ),
        number=incident.number,
        access=exposure.access,
        reads=exposure.reads,
        coverage=exposure.coverage,
        failed=[each.source for each in exposure.inquiries if each.failure] or None,
        is_final=exposure.is_final,
        **names_of(incident.resource_id),
    )
    return exposure


def _with_notice_day(exposure: Exposure, incident: Incident, breach: Breach) -> Exposure:
    """Return the answer with the last day of a notice, where it shows access to PHI."""
    first_alert = incident.first_opened_at or incident.opened_at
    day = notice_day(exposure.access, first_alert=first_alert, phi=incident.phi, breach=breach)
    return replace(exposure, summary=f"{exposure.summary}{day}")


def _store(
    services: Services, question: InvestigateMessage, window: Window, exposure: Exposure
) -> Outbound:
    """Store the answer and the next due row, and an update if the answer is new; raise Conflict."""
    stored, incident = load_record(services.store, question.resource), _incident(services, question)
    if incident is None:
        services.store.commit(keys.partition(question.resource), _done(question))
        return Outbound()
    following = next_row(
        incident,
        window,
        step=question.step,
        now=services.clock(),
        is_final=exposure.is_final,
    )
    recorded = answer_rows(services.facts, incident, exposure)
    writes: list[Write] = [*_done(question), *following, *recorded]
    answered = incident.exposed(exposure)
    if stored.etag and _is_news(incident.exposures, exposure):
        context, now = DecisionContext.of(services), services.clock()
        return enrich(
            services.store, context, stored, [answered], now=now, reason=_REASON, done=writes
        )
    store_unreported(services.store, stored, answered, done=writes)
    return Outbound()


def _done(question: InvestigateMessage) -> list[Write]:
    return [Delete(question.due)] if question.due else []


def _is_news(known: Sequence[Exposure], exposure: Exposure) -> bool:
    """Tell whether an answer differs from the last one for the same opening.

    A first answer without callers adds nothing to the alert.
    """
    before = next((each for each in known if each.opened_at == exposure.opened_at), None)
    if before is None:
        return exposure.access is not Access.POSSIBLE or exposure.flows > 0
    return before.news != exposure.news
