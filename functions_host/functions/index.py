"""The functions in function_app.py, read from its own index as plain data."""

import importlib.util
import inspect
import json
import re
import sys
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import azure.functions as func

from drift.errors import BadSettings

SCRIPT: Final = "function_app.py"
RETURN: Final = "$return"
QUEUE_TRIGGER: Final = "queueTrigger"
TIMER_TRIGGER: Final = "timerTrigger"
HTTP_TRIGGER: Final = "httpTrigger"
EVENT_GRID_TRIGGER: Final = "eventGridTrigger"

_TRIGGERS: Final = (QUEUE_TRIGGER, TIMER_TRIGGER, HTTP_TRIGGER, EVENT_GRID_TRIGGER)
_QUEUE_OUTPUT: Final = "queue"
_HTTP_OUTPUT: Final = "http"
_SETTING: Final = re.compile(r"%([^%]+)%")


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function: how it is triggered, and which output goes to which queue.

    ``settings`` are the trigger's own, ``%NAME%`` in them replaced; ``queues`` maps an output
    parameter, or RETURN, to its queue. ``takes_text``: the parameter is annotated ``str``.
    """

    name: str
    call: Callable[..., Any]
    trigger: str
    parameter: str
    settings: Mapping[str, Any]
    queues: Mapping[str, str]
    takes_text: bool
    takes_context: bool
    answers_http: bool

    @property
    def queue(self) -> str:
        """Return the queue that triggers the function."""
        return str(self.settings["queueName"])


def load_script(folder: Path) -> func.FunctionRegister:
    """Import ``function_app.py`` and return its one app; raise BadSettings where there is none."""
    path = folder / SCRIPT
    if not path.is_file():
        raise BadSettings((f"there is no {SCRIPT} in {folder}",))
    if str(folder) not in sys.path:
        sys.path.append(str(folder))  # last, as in Azure: an installed package wins over the app
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise BadSettings((f"{path} is not a Python module",))
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    apps = [each for each in vars(module).values() if isinstance(each, func.FunctionRegister)]
    if len(apps) != 1:
        raise BadSettings((f"{SCRIPT} declares {len(apps)} function apps, not one",))
    return apps[0]


def functions(app: func.FunctionRegister, env: Mapping[str, str]) -> tuple[Function, ...]:
    """Read the index without what is disabled; raise one BadSettings naming what cannot be served."""
    problems: list[str] = []
    found = []
    for each in app.get_functions():
        raw = each.get_raw_bindings()
        bindings = [json.loads(_resolved(binding, env, problems)) for binding in raw]
        name = each.get_function_name() or each.get_user_function().__name__
        found.append(_read(name, each.get_user_function(), bindings, problems))
    if problems:
        raise BadSettings(tuple(dict.fromkeys(problems)))
    return tuple(each for each in found if each and not _is_disabled(each.name, env))


def _is_disabled(name: str, env: Mapping[str, str]) -> bool:
    """Tell whether an app setting disables a function, in either spelling.

    https://learn.microsoft.com/azure/azure-functions/disable-function
    """
    spellings = (f"AzureWebJobs.{name}.Disabled", f"AzureWebJobs__{name}__Disabled")
    return any(env.get(each, "").lower() in {"true", "1"} for each in spellings)


def _resolved(raw: str, env: Mapping[str, str], problems: list[str]) -> str:
    """Replace each ``%NAME%`` by the setting's value, as the host does; it refuses one not set."""

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if not env.get(name):
            problems.append(f"{name} is not set, and a binding of {SCRIPT} names it")
        return json.dumps(env.get(name, ""))[1:-1]

    return _SETTING.sub(value, raw)


def _read(
    name: str,
    call: Callable[..., Any],
    bindings: list[dict[str, Any]],
    problems: list[str],
) -> Function | None:
    trigger = next((each for each in bindings if each["type"] in _TRIGGERS), None)
    unsupported = sorted(
        each["type"] for each in bindings if each is not trigger and not _is_output(each)
    )
    if trigger is None or unsupported:
        problems.append(
            f"function {name}: {', '.join(unsupported) or 'no trigger'} is not served here"
        )
        return None
    hints = typing.get_type_hints(call)
    return Function(
        name=name,
        call=call,
        trigger=trigger["type"],
        parameter=trigger["name"],
        settings=trigger,
        queues={each["name"]: each["queueName"] for each in bindings if _is_queue(each)},
        takes_text=hints.get(trigger["name"]) is str,
        takes_context="context" in inspect.signature(call).parameters,
        answers_http=any(each["type"] == _HTTP_OUTPUT for each in bindings),
    )


def _is_queue(binding: Mapping[str, Any]) -> bool:
    return (binding["type"], binding["direction"]) == (_QUEUE_OUTPUT, "OUT")


def _is_output(binding: Mapping[str, Any]) -> bool:
    return _is_queue(binding) or binding["type"] == _HTTP_OUTPUT
