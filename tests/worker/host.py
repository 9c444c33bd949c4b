"""The Functions host's half of Microsoft's worker library, in one process for one app.

``python -m tests.worker.host FOLDER`` indexes the app in FOLDER, then runs the calls that standard
input lists as JSON, each ``{"function", "payload"}``, and prints one JSON report. A payload is an
event, a queue message's text, ``{}`` for a timer, or ``{"method", "url", "params", "body"}`` for HTTP; or
``{"sent_by": [CALL, OUTPUT, ELEMENT]}``: the message that a call before has sent.
"""

import asyncio
import json
import os
import sys
import uuid
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, Final

import azure_functions_runtime as worker

from tests.worker.contract import messages

PROTOS: Final = messages()
HOST_VERSION: Final = "4.1052.200"


class Refused(Exception):
    """The worker could not index the app; carries its message."""


async def ask(name: str, request: Any) -> Any:
    """Hand the library one message, as the worker that Azure runs around it does."""
    envelope = SimpleNamespace(
        name=name,
        request=SimpleNamespace(**{name: request}),
        properties={"protos": PROTOS, "host": "127.0.0.1"},
    )
    return await getattr(worker, name)(envelope)


async def index(folder: str) -> dict[str, Any]:
    """Bring the worker up on an app; return the metadata of each function by name."""
    worker.start_threadpool_executor()
    request = PROTOS.WorkerInitRequest(
        host_version=HOST_VERSION, worker_directory=folder, function_app_directory=folder
    )
    _checked(await ask("worker_init_request", request))
    listed = await ask("functions_metadata_request", PROTOS.FunctionsMetadataRequest())
    found = {}
    for metadata in _checked(listed).function_metadata_results:
        load = PROTOS.FunctionLoadRequest(function_id=metadata.function_id, metadata=metadata)
        _checked(await ask("function_load_request", load))
        found[metadata.name] = metadata
    return found


async def invoke(metadata: Any, payload: Any) -> dict[str, Any]:
    """Run a function once; report its status, outputs by name, returned value and error."""
    bindings = [json.loads(each) for each in metadata.raw_bindings]
    trigger = next(each for each in bindings if each["type"].endswith("Trigger"))
    data, extra = _arrival(trigger["type"], payload)
    request = PROTOS.InvocationRequest(
        invocation_id=str(uuid.uuid4()),
        function_id=metadata.function_id,
        input_data=[PROTOS.ParameterBinding(name=trigger["name"], data=data)],
    )
    for name, value in extra.items():
        request.trigger_metadata[name].CopyFrom(value)
    answer = await ask("invocation_request", request)
    returned = answer.return_value if answer.HasField("return_value") else None
    return {
        "status": PROTOS.StatusResult.Status.Name(answer.result.status),
        "outputs": {each.name: _plain(each.data) for each in answer.output_data},
        "returned": _plain(returned) if returned else None,
        "error": answer.result.exception.message,
    }


def _arrival(trigger: str, payload: Any) -> tuple[Any, dict[str, Any]]:
    """Return what sets a function off, in the form in which the real host sends it."""
    if trigger == "queueTrigger":
        told = {"Id": str(uuid.uuid4()), "DequeueCount": 1, "PopReceipt": "receipt"}
        now = datetime.now(UTC).isoformat()
        told |= dict.fromkeys(("InsertionTime", "NextVisibleTime", "ExpirationTime"), now)
        return _text(payload), {name: _value(each) for name, each in told.items()}
    if trigger == "timerTrigger":
        status = {"Last": "2026-11-22T10:00:00+00:00", "Next": "2026-11-22T10:01:00+00:00"}
        timer = {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": status, "IsPastDue": False}
        return _value(timer), {}
    if trigger == "httpTrigger":
        http = PROTOS.RpcHttp(
            method=payload["method"], url=payload["url"], params=payload.get("params", {})
        )
        if payload.get("body"):
            http.body.bytes = payload["body"].encode()
        return PROTOS.TypedData(http=http), {}
    return _value(payload), {}


def _text(value: str) -> Any:
    return PROTOS.TypedData(string=value)


def _value(value: Any) -> Any:
    return _text(value) if isinstance(value, str) else PROTOS.TypedData(json=json.dumps(value))


def _plain(data: Any) -> Any:
    """Return a value as the host would read it."""
    kind = data.WhichOneof("data")
    if kind == "json":
        return json.loads(data.json)
    if kind == "http":
        body = data.http.body.bytes.decode()
        return {"status": int(data.http.status_code), "body": body}
    return getattr(data, kind) if kind else None


def _checked(answer: Any) -> Any:
    if answer.result.status != PROTOS.StatusResult.Success:
        raise Refused(answer.result.exception.message)
    return answer


async def report(folder: str, calls: list[dict[str, Any]]) -> dict[str, Any]:
    """Index the app and run the calls, one after the other."""
    try:
        found = await index(folder)
    except Refused as error:
        return {"refused": str(error), "imported": [], "functions": {}, "calls": []}
    return {
        "refused": "",
        "imported": sorted(sys.modules),
        "functions": {
            name: [json.loads(each) for each in metadata.raw_bindings]
            for name, metadata in found.items()
        },
        "calls": await run(found, calls),
    }


async def run(found: dict[str, Any], calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Run the calls, and report on each."""
    done: list[dict[str, Any]] = []
    for each in calls:
        payload = each["payload"]
        if isinstance(payload, dict) and "sent_by" in payload:
            call, output, element = payload["sent_by"]
            payload = done[call]["outputs"][output][element]
        done.append(await invoke(found[each["function"]], payload))
    return done


def main(folder: str) -> None:
    """Run as the module says."""
    # The app is last on the path and its folder the current one, as in Azure.
    sys.path.append(folder)
    os.chdir(folder)
    print(json.dumps(asyncio.run(report(folder, json.load(sys.stdin)))))


if __name__ == "__main__":
    main(sys.argv[1])
