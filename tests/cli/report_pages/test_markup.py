"""A page escapes every text that is not markup by its type."""

import pytest

from cli.report_pages.markup import badge, bullets, element, facts, lines, page, section, table
from tests.cli.report_reader import Page

HOSTILE = """</td></style><script>alert('x')</script>"&lt;<img src=x onerror=1>"""


@pytest.mark.parametrize(
    "made",
    [
        element("p", HOSTILE),
        badge(HOSTILE, "bad"),
        facts([(HOSTILE, HOSTILE)]),
        table([HOSTILE], [(HOSTILE,)], none=""),
        table([], [], none=HOSTILE),
        bullets([HOSTILE]),
        lines(HOSTILE, HOSTILE),
        section(HOSTILE, HOSTILE),
        element("p", "fine", css=HOSTILE),
    ],
)
def test_a_text_is_shown_as_it_is_written_wherever_it_stands(made: object) -> None:
    read = Page(page(HOSTILE, made))  # type: ignore[arg-type]

    assert "script" not in read.tags
    assert read.loaded == []
    assert HOSTILE in read.text


def test_what_changes_the_direction_of_text_or_cannot_be_printed_is_left_out() -> None:
    assert element("p", "a\u202eb\x00c\x1b[1m").text == "<p>abc[1m</p>"


def test_lines_of_a_text_stay_apart_and_blanks_at_its_ends_stay() -> None:
    assert element("p", "one\r\ntwo ", element("b", "x")).text == "<p>one two <b>x</b></p>"


def test_a_text_that_is_cut_says_so() -> None:
    assert element("p", "a" * 5000).text == f"<p>{'a' * 4000}…</p>"


def test_a_table_without_a_row_says_so_in_words() -> None:
    assert table(["A"], [], none="None is kept.").text == '<p class="none">None is kept.</p>'


def test_a_page_forbids_everything_from_outside() -> None:
    text = page("A report", "x")

    assert "default-src 'none'" in text
    assert "http://" not in text
    assert "https://" not in text
    assert "url(" not in text
    assert "@import" not in text
