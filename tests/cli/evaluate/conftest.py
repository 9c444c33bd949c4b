"""Calls ``phidrift evaluate`` in the test's own process."""

import json

import pytest

from cli import evaluate
from drift.config.model import Config
from tests.support.evaluate_input import DOOR, NOW, Answer, Ask, FakeDetector


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str]) -> Ask:
    """Judge a text, or data as one JSON document."""

    def asked(
        given: object,
        *detectors: FakeDetector,
        config: Config | None = None,
        complete: bool = False,
    ) -> Answer:
        text = given if isinstance(given, str) else json.dumps(given)
        code = evaluate.report(
            text, detectors or (DOOR,), config or Config(), complete=complete, now=NOW
        )
        printed = capsys.readouterr()
        return Answer(
            code,
            [json.loads(each) for each in printed.out.splitlines()],
            printed.err.splitlines(),
        )

    return asked
