"""The part of the host that these tests use sends only messages that the worker handles."""

from pathlib import Path

from tests.worker.process import worker


def app(folder: Path, text: str) -> Path:
    (folder / "function_app.py").write_text(text, encoding="utf-8")
    return folder


def test_an_app_that_cannot_be_imported_is_refused(tmp_path: Path) -> None:
    report = worker(app(tmp_path, "import nothing_of_this_name"), before=tmp_path)

    assert "No module named 'nothing_of_this_name'" in report.refused


def test_an_output_annotated_with_a_builtin_list_is_refused_by_the_worker(tmp_path: Path) -> None:
    text = """
import azure.functions as func
app = func.FunctionApp()
@app.event_grid_trigger(arg_name="event")
@app.queue_output(arg_name="out", queue_name="q", connection="c")
def take(event: str, out: func.Out[list[str]]) -> None: ...
"""
    report = worker(app(tmp_path, text), before=tmp_path)

    assert "binding out has invalid non-type annotation" in report.refused
