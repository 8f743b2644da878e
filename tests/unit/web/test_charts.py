import json
from decimal import Decimal

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext_lazy

from trial.web.charts import Chart, Kind, Mark, Point, Series, Threshold


def line(**changes):
    series = [
        Series(
            "ALT",
            [Point(0, Decimal("5.20")), Point(12, None), Point(36, Decimal("3.1"), note="late")],
        ),
        Series("AST", [Point(0, Decimal(4)), Point(36, Decimal(2))]),
    ]
    given = {
        "id": "trend",
        "title": "Trend",
        "kind": Kind.LINE,
        "series": series,
        "x_name": "Week",
        "marks": [Mark(24, "Visit"), Mark(36, "Relapse", "red")],
        "thresholds": [Threshold(1, "ULN")],
    }
    return Chart(**{**given, **changes})


def test_the_table_has_every_number_of_the_chart_as_it_was_given():
    assert line().header() == ["Week", "ALT", "AST", "Remarks"]
    assert line().rows() == [
        ["0", "5.20", "4", ""],
        ["12", "–", "–", ""],
        ["24", "–", "–", "Visit"],
        ["36", "3.1", "2", "Relapse; late"],
    ]


def test_a_table_without_marks_has_no_column_for_remarks():
    plain = line(marks=(), series=[Series("ALT", [Point(0, 1)])])
    assert plain.header() == ["Week", "ALT"]
    assert plain.rows() == [["0", "1"]]


def test_numbers_on_the_x_axis_are_sorted_as_numbers_not_as_text():
    chart = line(marks=(), series=[Series("A", [Point(Decimal(100), 1), Point(Decimal("9.5"), 2)])])
    assert [row[0] for row in chart.rows()] == ["9.5", "100"]


def test_categories_keep_their_order_and_show_those_without_a_value():
    chart = line(
        marks=(), kind=Kind.BAR, categories=("b", "a", "c"), series=[Series("N", [Point("a", 2)])]
    )
    assert chart.rows() == [["b", "–"], ["a", "2"], ["c", "–"]]
    assert chart.options()["xAxis"]["data"] == ["b", "a", "c"]


def test_gaps_stay_gaps_and_notes_travel_with_their_point():
    data = line().options()["series"][0]["data"]
    assert [datum["value"] for datum in data] == [[0.0, 5.2], [12.0, None], [36.0, 3.1]]
    assert data[2]["note"] == "late"


def test_marks_are_vertical_and_thresholds_horizontal_on_the_first_series_only():
    first, second = line().options()["series"]
    marks = first["markLine"]["data"]
    assert [(mark.get("xAxis"), mark.get("yAxis"), mark["name"]) for mark in marks] == [
        (24.0, None, "Visit"),
        (36.0, None, "Relapse"),
        (None, 1.0, "ULN"),
    ]
    assert "markLine" not in second


def test_a_horizontal_chart_swaps_its_axes():
    chart = line(
        kind=Kind.BAR,
        horizontal=True,
        categories=("01",),
        marks=(),
        series=[Series("N", [Point("01", 4)])],
    )
    options = chart.options()
    assert options["yAxis"]["data"] == ["01"]
    assert options["series"][0]["data"][0]["value"] == [4.0, "01"]
    assert options["series"][0]["markLine"]["data"][0]["xAxis"] == 1.0


def test_stacked_bars_share_one_stack():
    assert {row["stack"] for row in line(kind=Kind.STACKED).options()["series"]} == {"all"}


def test_a_heat_map_has_a_row_per_series_and_leaves_empty_cells_out():
    rows = [Series("01", [Point("W0", 100), Point("W4", None)]), Series("02", [Point("W0", 40)])]
    options = line(kind=Kind.HEAT, categories=("W0", "W4"), series=rows, marks=()).options()
    assert [datum["value"] for datum in options["series"][0]["data"]] == [
        ["W0", "01", 100.0],
        ["W0", "02", 40.0],
    ]
    assert options["visualMap"] == {"min": 40.0, "max": 100.0}


def test_a_chart_without_any_value_is_empty():
    assert line(series=[Series("ALT", [Point(0, None)])]).empty
    assert line(series=[]).empty
    assert not line().empty


def test_a_series_may_start_switched_off():
    options = line(
        series=[Series("A", [Point(0, 1)], hidden=True), Series("B", [Point(0, 1)])]
    ).options()
    assert options["legend"]["selected"] == {"A": False, "B": True}


def test_options_with_lazy_texts_are_plain_json():
    chart = line(title=gettext_lazy("Week"), x_name=gettext_lazy("Week"))
    assert json.loads(json.dumps(chart.options(), cls=DjangoJSONEncoder))["xAxis"]["name"]
