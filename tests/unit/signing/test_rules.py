"""What stands against a signature, and how much proof it takes."""

from datetime import UTC, datetime, timedelta

import pytest

from trial.signing.rules import (
    CasebookFacts,
    Code,
    VisitFacts,
    against_casebook,
    against_visit,
    blocking,
    needs_both,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def codes(found):
    return [one.code for one in found]


@pytest.mark.req("R-30")
@pytest.mark.parametrize(
    ("facts", "pending", "expected"),
    [
        (VisitFacts("W12", True, 20, 20), False, []),
        (VisitFacts("INF", True, 0, 0), False, []),
        (VisitFacts("W12", False, 20, 0), False, [Code.NOT_HELD]),
        (VisitFacts("W12", True, 20, 0), False, [Code.NO_LABS]),
        (VisitFacts("W12", True, 20, 19), False, [Code.INCOMPLETE]),
        (VisitFacts("W12", True, 20, 20), True, [Code.PENDING]),
        (VisitFacts("W12", True, 20, 20, open_queries=2), False, [Code.OPEN_QUERIES]),
    ],
)
def test_a_visit_is_signed_after_it_is_held_complete_and_evaluated(facts, pending, expected):
    assert codes(against_visit(facts, pending=pending)) == expected


def test_an_open_query_warns_at_a_visit_and_blocks_a_casebook():
    visit = against_visit(VisitFacts("W12", True, 1, 1, open_queries=1), pending=False)
    book = against_casebook(CasebookFacts(ended=True, pending=False, open_queries=1))
    assert (len(visit), len(blocking(visit))) == (1, 0)
    assert codes(blocking(book)) == [Code.OPEN_QUERIES]


@pytest.mark.req("R-30")
@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (CasebookFacts(True, False, 0), []),
        (CasebookFacts(False, False, 0), [Code.NOT_ENDED]),
        (CasebookFacts(True, True, 0), [Code.PENDING]),
        (CasebookFacts(True, False, 0, (VisitFacts("D0", True, 1, 1),)), [Code.UNSIGNED]),
        (
            CasebookFacts(True, False, 0, (VisitFacts("D0", True, 1, 1, signed="broken"),)),
            [Code.BROKEN],
        ),
        (CasebookFacts(True, False, 0, (VisitFacts("D0", True, 1, 1, signed="intact"),)), []),
        (CasebookFacts(True, False, 0, (VisitFacts("W96", False, 1, 0),)), []),
    ],
)
def test_a_casebook_is_signed_last_over_signatures_that_stand(facts, expected):
    assert codes(against_casebook(facts)) == expected


@pytest.mark.req("R-27")
@pytest.mark.parametrize(
    ("ago", "both"),
    [
        (None, True),
        (timedelta(0), False),
        (timedelta(minutes=15), False),
        (timedelta(minutes=15, seconds=1), True),
        (-timedelta(seconds=1), True),
    ],
)
def test_both_components_are_asked_for_at_first_and_after_a_pause(ago, both):
    last = None if ago is None else NOW - ago
    assert needs_both(last, NOW) is both
