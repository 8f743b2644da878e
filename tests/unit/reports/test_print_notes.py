"""Which changes a printed casebook tells of, and the numbers they get."""

from datetime import UTC, datetime

import pytest

from reports.paper.notes import Marks, by_spot
from reports.selectors.printed import Changed

AT = datetime(2025, 1, 6, tzinfo=UTC)
COLUMNS = {
    "safety_adverseevent": frozenset({"term", "grade", "struck"}),
    "labs_result": frozenset({"text", "unit", "value", "comment"}),
    "visits_visit": frozenset({"status", "held_on"}),
}


def changed(table: str, row: int = 1, why: str = "", **columns) -> Changed:
    return Changed(table, row, None, columns, AT, "anna", "coordinator", "01", why)


def spots(*changes: Changed):
    found = by_spot(changes, COLUMNS, ["labs_result"])
    return {spot: [dict(pairs) for _change, pairs in several] for spot, several in found.items()}


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"term": ("Nausea", "Vomiting")}, True),
        ({"term": ("Nausea", "")}, True),
        ({"term": ("", "Nausea")}, False),  # a first entry
        ({"grade": (None, 2)}, False),
        ({"struck": (False, True)}, True),
        ({"saved_at": ("a", "b")}, False),  # nothing that is printed
    ],
)
def test_what_counts_as_a_change(columns, told):
    assert bool(spots(changed("safety_adverseevent", **columns))) is told


def test_an_answer_that_is_given_again_after_it_was_taken_back_is_a_change():
    found = spots(
        changed("safety_adverseevent", term=("Nausea", "")),
        changed("safety_adverseevent", term=("", "Vomiting")),
    )
    assert found["safety_adverseevent", 1, "term"] == [
        {"term": ("Nausea", "")},
        {"term": ("", "Vomiting")},
    ]


def test_a_visit_that_is_held_is_no_change_of_an_answer():
    assert spots(changed("visits_visit", status=("planned", "held"))) == {}
    assert spots(changed("visits_visit", status=("held", "missed"))) != {}


def test_a_row_that_is_one_line_has_one_spot_without_what_follows_from_the_value():
    found = spots(
        changed("labs_result", text=("30", "300"), value=(30.0, 300.0), comment=("", "x"))
    )
    assert found == {("labs_result", 1, ""): [{"text": ("30", "300")}]}


def test_numbers_follow_the_order_in_which_the_spots_are_printed():
    changes = [
        changed("safety_adverseevent", 1, "first", term=("a", "b")),
        changed("safety_adverseevent", 2, "second", term=("c", "d")),
        changed("safety_adverseevent", 1, "third", term=("b", "e")),
    ]
    marks = Marks(by_spot(changes, COLUMNS, []), {("safety_adverseevent", 1): [("term", 7)]})
    assert marks.at(("safety_adverseevent", 2, "term"), "Event 2") == "1"
    assert marks.at(("safety_adverseevent", 1, "term"), "Event 1") == "2 3 Q7"
    assert marks.at(("safety_adverseevent", 1, "grade"), "Event 1") == ""
    assert [one.change.why for one in marks.notes] == ["second", "first", "third"]
    assert marks.left == []


def test_what_is_not_printed_is_left_for_the_end():
    marks = Marks(by_spot([changed("safety_adverseevent", 9, term=("a", "b"))], COLUMNS, []))
    assert marks.left == [("safety_adverseevent", 9, "term")]
