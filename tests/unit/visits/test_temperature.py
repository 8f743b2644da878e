"""Logger files: what is wrong with which line, and the stretches outside the limits."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from visits.temperature import Fault, LogError, Outside, Problem, Reading, outside, read

HEAD = b"time,temperature\n"
AT = [datetime(2026, 3, 5, hour, tzinfo=UTC) for hour in range(8)]


def test_a_file_is_read_in_its_order():
    lines = ["Time, Temperature", "2026-03-05T08:00:00+08:00,4.5", "", "2026-03-05T01:00:00Z,-0.5"]
    data = "\r\n".join(lines).encode("utf-8-sig")
    assert read(data) == [Reading(AT[0], Decimal("4.5")), Reading(AT[1], Decimal("-0.5"))]


def test_lines_may_end_as_on_any_machine():
    data = HEAD.replace(b"\n", b"\r") + b"2026-03-05T08:00:00+08:00,4.5\r"
    assert read(data) == [Reading(AT[0], Decimal("4.5"))]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("2026-03-05T08:00:00+08:00", Fault.COLUMNS),
        ("2026-03-05T08:00:00+08:00,4,5", Fault.COLUMNS),
        ("yesterday,4", Fault.TIME),
        ("2026-02-30T08:00:00+08:00,4", Fault.TIME),
        ("2026-03-05T08:00:00,4", Fault.OFFSET),
        ("2026-03-05T08:00:00+08:00,warm", Fault.NUMBER),
        ("2026-03-05T08:00:00+08:00,1_0", Fault.NUMBER),
        ("2026-03-05T08:00:00+08:00,", Fault.NUMBER),
        ("2026-03-05T08:00:00+08:00,NaN", Fault.IMPLAUSIBLE),
        ("2026-03-05T08:00:00+08:00,101", Fault.IMPLAUSIBLE),
        ("2026-03-05T08:00:00+08:00,-201", Fault.IMPLAUSIBLE),
        ("2026-03-04T08:00:00+08:00,4", Fault.ORDER),
        ("2026-03-05T07:00:00+08:00,4", Fault.ORDER),
    ],
)
def test_what_is_wrong_is_said_with_its_line(line, fault):
    data = HEAD + b"2026-03-05T07:00:00+08:00,4\n" + line.encode() + b"\n"
    with pytest.raises(LogError) as refused:
        read(data)
    assert refused.value.problems == [Problem(3, fault)]


@pytest.mark.parametrize(
    ("data", "line", "fault"),
    [
        (b"", 1, Fault.HEADER),
        (b"zeit,grad\n", 1, Fault.HEADER),
        (HEAD, 2, Fault.EMPTY),
        (b"time,temperature\n\xff\xfe", 1, Fault.NOT_TEXT),
        (HEAD + b"x" * 200_000, 2, Fault.COLUMNS),
        (HEAD + b" " * 2_000_001, 1, Fault.TOO_LONG),
    ],
)
def test_a_file_that_is_none(data, line, fault):
    with pytest.raises(LogError) as refused:
        read(data)
    assert refused.value.problems == [Problem(line, fault)]


def test_every_bad_line_is_named_up_to_fifty():
    with pytest.raises(LogError) as refused:
        read(HEAD + b"x,4\n" * 60)
    assert [one.line for one in refused.value.problems] == list(range(2, 52))


def series(*values: str) -> list[Reading]:
    return [Reading(at, Decimal(value)) for at, value in zip(AT, values, strict=False)]


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (("2", "8", "5"), []),
        (("5", "8.1", "5"), [Outside(AT[1], AT[1], Decimal("8.1"), Decimal("8.1"))]),
        (("1.9", "5"), [Outside(AT[0], AT[0], Decimal("1.9"), Decimal("1.9"))]),
        (
            ("5", "9", "12", "10", "5", "1"),
            [
                Outside(AT[1], AT[3], Decimal(9), Decimal(12)),
                Outside(AT[5], AT[5], Decimal(1), Decimal(1)),
            ],
        ),
    ],
)
def test_stretches_outside_the_limits(values, found):
    assert outside(series(*values), Decimal(2), Decimal(8)) == found
