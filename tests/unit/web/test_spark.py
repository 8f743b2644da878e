from decimal import Decimal

import pytest

from trial.web.spark import range_bar, sparkline, tick_position


@pytest.mark.parametrize(
    ("value", "x"),
    [
        ("10", 30.5),  # lower limit: where the middle third begins, half a tick to the left
        ("20", 62.5),  # upper limit
        ("15", 46.5),  # middle
        ("-100", 0.0),  # far below: at the edge
        ("1e6", 93.0),  # far above: at the edge
    ],
)
def test_the_tick_stands_where_the_value_falls_in_the_range(value, x):
    assert tick_position(Decimal(10), Decimal(20), Decimal(value)) == x


def test_no_tick_without_a_value_or_with_an_empty_range():
    assert tick_position(Decimal(10), Decimal(20), None) is None
    assert tick_position(Decimal(10), Decimal(10), Decimal(10)) is None


def test_a_bar_without_value_hides_its_tick_but_shows_the_range():
    bar = range_bar(Decimal("3.5"), Decimal("5.3"), None, "Range")
    assert 'data-low="3.5" data-high="5.3"' in bar
    assert "hidden" in bar


@pytest.mark.parametrize(
    ("low", "high", "shown"), [(None, Decimal(40), ("0", "40")), (Decimal(60), None, ("60", "120"))]
)
def test_an_open_range_is_drawn_with_a_stand_in_for_the_missing_bound(low, high, shown):
    assert 'data-low="{}" data-high="{}"'.format(*shown) in range_bar(
        low, high, Decimal(50), "Range"
    )


def test_no_range_gives_no_bar():
    assert range_bar(None, None, Decimal(5), "Range") == ""


def test_a_sparkline_skips_gaps_and_marks_the_newest_value():
    line = sparkline([Decimal(1), None, Decimal(3)], "ALT")
    assert 'points="3.0,21.0 93.0,3.0"' in line
    assert 'cx="93.0" cy="3.0"' in line


def test_a_single_value_is_a_dot():
    assert "<circle" in sparkline([Decimal(7)], "ALT")


def test_the_upper_limit_is_part_of_the_scale():
    line = sparkline([Decimal(10), Decimal(20)], "ALT", upper=Decimal(40))
    assert 'class="spark-bound" x1="0" x2="96" y1="3.0" y2="3.0"' in line


def test_no_value_gives_no_sparkline():
    assert sparkline([None, None], "ALT") == sparkline([], "ALT") == ""


def test_titles_are_escaped():
    assert "<script>" not in sparkline([Decimal(1)], "<script>") + range_bar(
        Decimal(1), Decimal(2), None, "<script>"
    )
