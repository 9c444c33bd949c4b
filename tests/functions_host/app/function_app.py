"""A function app whose messages say what its functions do; each run is a line in a journal."""

import json
import os
import signal
import time
from pathlib import Path
from typing import List  # noqa: UP035 - as the worker wants it

import azure.functions as func

STORAGE = "AzureWebJobsStorage"
Texts = func.Out[List[str]]  # noqa: UP006

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


def _note(function: str, text: str) -> None:
    with Path(os.environ["FIXTURE_JOURNAL"]).open("a", encoding="utf-8") as journal:
        journal.write(f"{function} {text}\n")


def _do(order: dict[str, object]) -> None:
    """Carry out the order; die or hang only the first time."""
    what = order.get("do")
    mark = Path(f"{os.environ['FIXTURE_JOURNAL']}.{order['id']}")
    is_first = not mark.exists()
    mark.touch()
    if what == "die" and is_first:
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "hang" and is_first:
        time.sleep(60)
    if what == "sleep":
        time.sleep(1)
    if what == "fail":
        raise ValueError(f"cannot do {order}")


@app.event_grid_trigger(arg_name="event")
@app.queue_output(arg_name="first", queue_name="first", connection=STORAGE)
def accept(event: str, first: Texts) -> None:
    """Send the event's order on."""
    order = json.loads(event).get("data", {})
    if order.get("refuse"):
        raise ValueError(f"cannot take {order}")
    first.set([json.dumps(order)])


@app.queue_trigger(arg_name="message", queue_name="first", connection=STORAGE)
@app.queue_output(arg_name="second", queue_name="second", connection=STORAGE)
def relay(message: str, second: Texts) -> None:
    """Carry out the order, then pass the call on."""
    order = json.loads(message)
    _note("relay-began", str(order["id"]))
    _do(order)
    second.set([message])


@app.queue_trigger(arg_name="message", queue_name="second", connection=STORAGE)
def finish(message: func.QueueMessage) -> None:
    """Note that the order has arrived."""
    _note("finish", str(message.get_json()["id"]))


@app.queue_trigger(arg_name="message", queue_name="first-poison", connection=STORAGE)
def poisoned(message: str) -> None:
    """Record the messages that were given up."""
    _note("poisoned", str(json.loads(message)["id"]))


@app.timer_trigger(arg_name="timer", schedule="%BEAT_SCHEDULE%")
def beat(timer: func.TimerRequest) -> None:
    """Note the time."""
    _note("beat", f"{time.time():.3f} {os.getpid()} {'late' if timer.past_due else 'on-time'}")


@app.route(route="hello/{name}", methods=["GET"], trigger_arg_name="request")
def hello(request: func.HttpRequest) -> func.HttpResponse:
    """Greet."""
    return func.HttpResponse(f"{os.environ['FIXTURE_GREETING']} {request.route_params['name']}")
