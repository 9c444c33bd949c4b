"""Reading function_app.py's own index: what is served, and what is refused by name."""

from pathlib import Path
from typing import Any

import azure.functions as func
import pytest

from drift.errors import BadSettings
from functions_host.functions import index


def app_with(*declare: Any) -> func.FunctionApp:
    """Return an app with one function, ``work``, declared by these decorators."""
    app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

    def work(message: str, out: func.Out[str]) -> None:
        """Do nothing."""

    decorated: Any = work
    for each in declare:
        decorated = each(app)(decorated)
    return app


def queue_trigger(name: str) -> Any:
    return lambda app: app.queue_trigger(arg_name="message", queue_name=name, connection="c")


def queue_output(name: str) -> Any:
    return lambda app: app.queue_output(arg_name="out", queue_name=name, connection="c")


def test_a_function_is_read_with_its_trigger_and_its_outputs() -> None:
    app = app_with(queue_output("done"), queue_trigger("to-do"))

    (work,) = index.functions(app, {})

    assert (work.name, work.trigger, work.queue) == ("work", "queueTrigger", "to-do")
    assert (work.parameter, dict(work.queues)) == ("message", {"out": "done"})
    assert (work.takes_text, work.takes_context, work.answers_http) == (True, False, False)


def test_a_setting_named_in_a_binding_is_replaced_by_its_value() -> None:
    app = app_with(queue_output("done"), queue_trigger("%QUEUE%"))

    (work,) = index.functions(app, {"QUEUE": "from-settings"})

    assert work.queue == "from-settings"


@pytest.mark.parametrize("setting", ["AzureWebJobs.work.Disabled", "AzureWebJobs__work__Disabled"])
def test_a_function_that_a_setting_disables_is_not_served(setting: str) -> None:
    def served(value: str) -> int:
        app = app_with(queue_output("done"), queue_trigger("to-do"))
        return len(index.functions(app, {setting: value}))

    assert (served("True"), served("false")) == (0, 1)


def test_everything_that_cannot_be_served_is_named_in_one_error() -> None:
    app = app_with(queue_output("%UNSET%"), queue_trigger("to-do"))
    app.blob_trigger(arg_name="blob", path="p", connection="c")(_look)

    with pytest.raises(BadSettings) as caught:
        index.functions(app, {})

    assert caught.value.problems == (
        "UNSET is not set, and a binding of function_app.py names it.",
        "function _look: blobTrigger is not served here.",
    )


def test_a_folder_without_a_function_app_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match=r"there is no function_app\.py"):
        index.load_script(tmp_path)


def _look(blob: func.InputStream) -> None:
    """Do nothing."""
