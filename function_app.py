"""The Azure Functions entry point: triggers that delegate and send the resulting messages."""

import json
import os
from collections.abc import Sequence
from typing import Final, List  # noqa: UP035 - the worker refuses to index Out[list[str]]

import azure.functions as func

import bootstrap
from drift.config import app_settings
from drift.queues.outbound import Outbound

CHANGES: Final = "changes"
DELIVERIES: Final = "deliveries"
BACKGROUND: Final = "background"
STORAGE: Final = "AzureWebJobsStorage"

# Read here, with its default: the host refuses to start where a binding's %NAME% is not set.
TICK_SCHEDULE: Final = os.environ.get("TICK_SCHEDULE", "").strip() or app_settings.TICK_SCHEDULE
WATCH_LOGS_SCHEDULE: Final = (
    os.environ.get("WATCH_LOGS_SCHEDULE", "").strip() or app_settings.WATCH_LOGS_SCHEDULE
)
SWEEP_SCHEDULE: Final = os.environ.get("SWEEP_SCHEDULE", "").strip() or app_settings.SWEEP_SCHEDULE

Texts = func.Out[List[str]]  # noqa: UP006 - as above; sent as a JSON array, one message an element

# Keys guard the HTTP functions in Azure: an attacker could use the fact that the monitor cannot
# read. On a laptop no key is required.
app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)


@app.event_grid_trigger(arg_name="event")
@app.queue_output(arg_name="changes", queue_name=CHANGES, connection=STORAGE)
def resource_changed(event: str, changes: Texts) -> None:
    """Accept one event. It is raw: the worker's own decoding raises on times that are not UTC."""
    _send(changes, bootstrap.monitor().intake(event))


@app.queue_trigger(arg_name="message", queue_name=CHANGES, connection=STORAGE)
@app.queue_output(arg_name="changes", queue_name=CHANGES, connection=STORAGE)
@app.queue_output(arg_name="deliveries", queue_name=DELIVERIES, connection=STORAGE)
@app.queue_output(arg_name="background", queue_name=BACKGROUND, connection=STORAGE)
def evaluate_change(message: str, changes: Texts, deliveries: Texts, background: Texts) -> None:
    """Read the changed resource, evaluate it, store the result, and send the deliveries."""
    work = bootstrap.monitor().evaluate(message)
    _send_all(work, changes, deliveries, background)


@app.queue_trigger(arg_name="message", queue_name=DELIVERIES, connection=STORAGE)
@app.queue_output(arg_name="changes", queue_name=CHANGES, connection=STORAGE)
@app.queue_output(arg_name="deliveries", queue_name=DELIVERIES, connection=STORAGE)
@app.queue_output(arg_name="background", queue_name=BACKGROUND, connection=STORAGE)
def deliver(message: str, changes: Texts, deliveries: Texts, background: Texts) -> None:
    """Deliver the pending changes of one incident to one channel."""
    work = bootstrap.monitor().deliver(message)
    _send_all(work, changes, deliveries, background)


@app.queue_trigger(arg_name="message", queue_name=BACKGROUND, connection=STORAGE)
@app.queue_output(arg_name="changes", queue_name=CHANGES, connection=STORAGE)
@app.queue_output(arg_name="deliveries", queue_name=DELIVERIES, connection=STORAGE)
@app.queue_output(arg_name="background", queue_name=BACKGROUND, connection=STORAGE)
def evaluate_background(message: str, changes: Texts, deliveries: Texts, background: Texts) -> None:
    """Do background work: sweeps, retries, confirmations, large fan-outs."""
    work = bootstrap.monitor().background(message)
    _send_all(work, changes, deliveries, background)


@app.queue_trigger(arg_name="message", queue_name=f"{CHANGES}-poison", connection=STORAGE)
@app.queue_output(arg_name="changes", queue_name=CHANGES, connection=STORAGE)
@app.queue_output(arg_name="deliveries", queue_name=DELIVERIES, connection=STORAGE)
@app.queue_output(arg_name="background", queue_name=BACKGROUND, connection=STORAGE)
def changes_poisoned(message: str, changes: Texts, deliveries: Texts, background: Texts) -> None:
    """Record a change message that failed on every attempt; it counts as a failed read."""
    work = bootstrap.monitor().poisoned(CHANGES, message)
    _send_all(work, changes, deliveries, background)


@app.queue_trigger(arg_name="message", queue_name=f"{DELIVERIES}-poison", connection=STORAGE)
@app.queue_output(arg_name="changes", queue_name=CHANGES, connection=STORAGE)
@app.queue_output(arg_name="deliveries", queue_name=DELIVERIES, connection=STORAGE)
@app.queue_output(arg_name="background", queue_name=BACKGROUND, connection=STORAGE)
def deliveries_poisoned(message: str, changes: Texts, deliveries: Texts, background: Texts) -> None:
    """Record a delivery message that failed on every attempt; its outbox row stays due."""
    work = bootstrap.monitor().poisoned(DELIVERIES, message)
    _send_all(work, changes, deliveries, background)


@app.queue_trigger(arg_name="message", queue_name=f"{BACKGROUND}-poison", connection=STORAGE)
@app.queue_output(arg_name="changes", queue_name=CHANGES, connection=STORAGE)
@app.queue_output(arg_name="deliveries", queue_name=DELIVERIES, connection=STORAGE)
@app.queue_output(arg_name="background", queue_name=BACKGROUND, connection=STORAGE)
def background_poisoned(message: str, changes: Texts, deliveries: Texts, background: Texts) -> None:
    """Record a background message that failed on every attempt; it counts as a failed read."""
    work = bootstrap.monitor().poisoned(BACKGROUND, message)
    _send_all(work, changes, deliveries, background)


@app.timer_trigger(arg_name="timer", schedule=TICK_SCHEDULE)
@app.queue_output(arg_name="changes", queue_name=CHANGES, connection=STORAGE)
@app.queue_output(arg_name="deliveries", queue_name=DELIVERIES, connection=STORAGE)
@app.queue_output(arg_name="background", queue_name=BACKGROUND, connection=STORAGE)
def tick(
    timer: func.TimerRequest,  # noqa: ARG001
    changes: Texts,
    deliveries: Texts,
    background: Texts,
) -> None:
    """Enqueue everything that is due, whenever the timer itself was due."""
    monitor = bootstrap.monitor()
    monitor.note_running()
    _send_all(monitor.tick(), changes, deliveries, background)


@app.timer_trigger(arg_name="timer", schedule=SWEEP_SCHEDULE)
@app.queue_output(arg_name="background", queue_name=BACKGROUND, connection=STORAGE)
def sweep(timer: func.TimerRequest, background: Texts) -> None:  # noqa: ARG001
    """Start a sweep of all resources, to find changes that no event reported."""
    _send(background, bootstrap.monitor().sweep().background)


@app.timer_trigger(arg_name="timer", schedule=WATCH_LOGS_SCHEDULE)
@app.queue_output(arg_name="changes", queue_name=CHANGES, connection=STORAGE)
@app.queue_output(arg_name="background", queue_name=BACKGROUND, connection=STORAGE)
def watch_logs(timer: func.TimerRequest, changes: Texts, background: Texts) -> None:  # noqa: ARG001
    """Read the logs for changes that raise no event, and make the changed resources due."""
    work = bootstrap.monitor().watch_logs()
    _send(changes, work.changes)
    _send(background, work.background)


@app.route(route="health", methods=["GET"], trigger_arg_name="request")
def health(request: func.HttpRequest) -> func.HttpResponse:  # noqa: ARG001
    """Return the monitor's health: counts and times, no resource. 200 also when degraded."""
    figures = bootstrap.health(bootstrap.monitor)
    return func.HttpResponse(json.dumps(figures), mimetype="application/json")


@app.route(
    route="runbooks/{control}",
    methods=["GET"],
    auth_level=func.AuthLevel.ANONYMOUS,
    trigger_arg_name="request",
)
def runbook(request: func.HttpRequest) -> func.HttpResponse:
    """Return the runbook of a control. No key: a link in an alert has none, and the text is public."""
    page = bootstrap.runbook(request.route_params["control"])
    if page is None:
        return func.HttpResponse("There is no such runbook.", status_code=404)
    return func.HttpResponse(page, mimetype="text/plain", charset="utf-8")


def _send_all(work: Outbound, changes: Texts, deliveries: Texts, background: Texts) -> None:
    _send(changes, work.changes)
    _send(deliveries, work.deliveries)
    _send(background, work.background)


def _send(output: Texts, texts: Sequence[str]) -> None:
    if texts:
        output.set(list(texts))
