"""explain over rows with times at the ends of the calendar, and with numbers that no version writes."""

import json

import pytest

from cli.explanation.data import data_of
from cli.explanation.layout import Layout
from cli.explanation.stored import stored_of
from cli.explanation.text import lines_of
from cli.output.colours import plain
from drift.errors import NotUnderstood
from tests.drift.state.stored_story import Story, told_story
from tests.drift.state.test_ends_of_calendar import EXTREMES, row_replaced
from tests.drift.state.test_rows_of_another_version import continued, kinds
from tests.support.rig import ACCOUNT


@pytest.fixture(scope="module")
def story() -> Story:
    return told_story()


@pytest.mark.parametrize("extreme", EXTREMES)
def test_what_is_stored_is_explained_whatever_times_and_numbers_it_has(
    story: Story, extreme: str
) -> None:
    for kind in kinds():
        rig, _ = continued(story, kind, lambda data: row_replaced(data, EXTREMES[extreme]))
        try:
            stored = stored_of(rig.store, ACCOUNT, rig.clock.now, rig.services.config.timing)
        except NotUnderstood:  # which the command says in one line
            continue
        assert stored
        config = rig.services.config
        assert json.dumps(data_of(stored, config))
        assert list(lines_of(stored, config, Layout(rig.clock.now, plain, 100)))
