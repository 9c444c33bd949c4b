"""The report: one line a check, and an exit code that only failures change."""

from cli.doctor_checks.check import exit_code, fail, ok, summary, warn


def test_a_line_says_how_it_stands_what_was_found_and_what_to_do_next() -> None:
    lines = [
        ok("clock", "right").line(),
        warn("clock", "late", "wind it").line(),
        fail("clock", "It is gone.", "buy one").line(),
        fail("clock", "gone").line(),
    ]

    assert lines == [
        "ok    clock: right",
        "warn  clock: late; next: wind it",
        "fail  clock: It is gone; next: buy one",
        "fail  clock: gone",
    ]


def test_a_check_is_one_line_whatever_a_name_holds() -> None:
    line = ok("subscription", "Clinic\nok    \x1b[31mall is well").line()

    assert line.isprintable()


def test_only_a_failure_changes_the_exit_code() -> None:
    good = [ok("a", ""), warn("b", "")]

    assert exit_code(good) == 0
    assert exit_code([*good, fail("c", "")]) == 1
    assert summary([*good, fail("c", "")]) == "3 checks: 1 ok, 1 warn, 1 fail"
