"""The input of a function, and the handling of its outputs."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import azure.functions as func
import pytest

from adapters.queues.protocol import TakenMessage
from functions_host.functions import calls, index
from functions_host.functions.calls import Arrival, Outputs

TAKEN = TakenMessage("7", "to-do", '{"a": 1}', 2, "receipt")


def queue_function(work: Callable[..., Any]) -> index.Function:
    """Return a function set off by a queue message, with an output called out."""
    app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
    decorated = app.queue_output(arg_name="out", queue_name="done", connection="c")(work)
    app.queue_trigger(arg_name="message", queue_name="to-do", connection="c")(decorated)
    (found,) = index.functions(app, {})
    return found


def sent_by(value: Any) -> Outputs:
    def work(message: str, out: func.Out[Any]) -> None:
        out.set(value)

    return calls.call(queue_function(work), calls.message(TAKEN)).outputs


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        (None, []),
        ([], []),
        ("plain", ["plain"]),
        ('{"a": 1}', ['{"a": 1}']),
        (b"bytes", ["bytes"]),
        (["one", '{"a": 1}'], ["one", '{"a": 1}']),
        ('["one", {"a": 1}]', ["one", '{"a": 1}']),
        (func.QueueMessage(id="1", body=b"text"), ['{"id": "1", "body": "text"}']),
    ],
)
def test_an_output_becomes_one_message_an_element(value: Any, texts: list[str]) -> None:
    assert sent_by(value) == [("done", text) for text in texts]


def test_a_returned_value_goes_to_the_queue_of_the_return_binding() -> None:
    app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

    def work(message: str) -> str:
        return message

    decorated = app.queue_output(arg_name="$return", queue_name="done", connection="c")(work)
    app.queue_trigger(arg_name="message", queue_name="to-do", connection="c")(decorated)

    (function,) = index.functions(app, {})
    answer = calls.call(function, calls.message(TAKEN))

    assert answer.outputs == [("done", TAKEN.text)]


def test_a_returned_value_without_a_binding_fails_the_call_as_in_the_worker() -> None:
    def work(message: str, out: func.Out[str]) -> str:
        return message

    with pytest.raises(TypeError, match="work returned a value"):
        calls.call(queue_function(work), calls.message(TAKEN))


def test_an_output_of_a_kind_the_worker_refuses_fails_the_call() -> None:
    with pytest.raises(NotImplementedError):
        sent_by([1])


def test_a_parameter_annotated_str_gets_the_text_as_it_came() -> None:
    seen: list[str] = []

    def work(message: str, out: func.Out[str]) -> None:
        seen.append(message)

    calls.call(queue_function(work), calls.message(TAKEN))

    assert seen == [TAKEN.text]


def test_a_queue_message_knows_its_id_and_how_often_it_was_taken() -> None:
    seen: list[Any] = []

    def work(message: func.QueueMessage, out: func.Out[str]) -> None:
        seen.append((message.id, message.dequeue_count, message.get_json()))

    calls.call(queue_function(work), calls.message(TAKEN))

    assert seen == [("7", 2, {"a": 1})]


def test_an_async_function_and_its_context_are_served() -> None:
    async def work(message: str, out: func.Out[str], context: func.Context) -> None:
        out.set(context.function_name)

    answer = calls.call(queue_function(work), calls.message(TAKEN))

    assert answer.outputs == [("done", "work")]


def test_an_event_is_an_object_of_the_class_its_body_asks_for() -> None:
    seen: list[Any] = []
    app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

    @app.event_grid_trigger(arg_name="event")
    def work(event: func.EventGridEvent) -> None:
        seen.append(type(event).__name__)

    (function,) = index.functions(app, {})
    calls.call(function, calls.event(json.dumps({"specversion": "1.0", "id": "1", "type": "t"})))
    calls.call(function, calls.event(json.dumps({"id": "1", "eventType": "t", "data": {}})))

    assert seen == ["CloudEvent", "EventGridEvent"]


@pytest.mark.parametrize("past_due", [True, False])
def test_a_timer_knows_whether_it_is_late(past_due: bool) -> None:
    seen: list[bool] = []
    app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

    @app.timer_trigger(arg_name="timer", schedule="0 * * * * *")
    def work(timer: func.TimerRequest) -> None:
        seen.append(timer.past_due)

    now = datetime(2026, 11, 22, tzinfo=UTC)
    arrival: Arrival = calls.timer(past_due=past_due, last=None, due=now)
    (function,) = index.functions(app, {})
    calls.call(function, arrival)

    assert seen == [past_due]
