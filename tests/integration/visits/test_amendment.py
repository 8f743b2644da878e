"""A protocol amendment: who starts after it gets its windows, what is past keeps its own."""

from datetime import date

import pytest

from tests.factories import study
from trial.access import services as access
from trial.access.exceptions import Refused
from trial.protocol import registry
from trial.protocol.label import Label
from trial.protocol.schedule import VisitDefinition
from visits.selectors import visits as selectors
from visits.services import schedule as services

pytestmark = pytest.mark.django_db
FROM = date(2025, 1, 20)


@pytest.fixture
def amended(monkeypatch):
    """Protocol 1.0, and 2.0 with a wider window at week 12 and a new visit at week 16."""
    first = registry.get("1.0")
    week16 = VisitDefinition(
        "W16", Label("Week 16", "第16周"), 16, 7, 7, "follow_up", first.visit("W12").panel, 12
    )
    second = first.amended(
        number="2.0",
        issued_on=date(2024, 12, 1),
        visits=first.amended_visits(
            {"W12": {"window_before": 14, "window_after": 21, "name": Label("Month 3", "第3月")}},
            added=(week16,),
        ),
    )
    monkeypatch.setattr(registry, "_versions", lambda: {"1.0": first, "2.0": second})
    return second


@pytest.fixture
def adopted(cast, amended):
    access.adopt_protocol(
        site=cast.site, version="2.0", effective_from=FROM, by=study.SETUP, reason="approved"
    )
    return cast.site


def window(participant, code):
    visit = study.visit_of(participant, code)
    return str(visit.opens_on), str(visit.closes_on), visit.protocol_version


def test_plans_made_before_keep_their_windows(cast, amended):
    before = study.enrolled(cast.site)
    access.adopt_protocol(
        site=cast.site, version="2.0", effective_from=FROM, by=study.SETUP, reason="approved"
    )
    assert window(before, "W12") == ("2025-03-24", "2025-04-07", "1.0")
    assert not before.visits.filter(code="W16").exists()
    names = {row.visit.code: row.name.en for row in selectors.visit_rows(before)}
    assert names["W12"] == "Week 12"


def test_plans_made_after_have_the_new_windows_and_visits(adopted):
    after = study.enrolled(adopted, day0=date(2025, 1, 20))
    assert window(after, "W12") == ("2025-03-31", "2025-05-05", "2.0")
    assert window(after, "W16")[2] == "2.0"
    names = {row.visit.code: row.name.en for row in selectors.visit_rows(after)}
    assert names["W12"] == "Month 3"


def test_the_day_before_it_takes_effect_is_still_the_old_one(adopted):
    assert window(study.enrolled(adopted, day0=date(2025, 1, 19)), "W12")[2] == "1.0"


def test_a_site_that_has_not_adopted_it_goes_on_as_before(cast, adopted):
    other = study.enrolled(cast.other_site, day0=date(2025, 2, 3))
    assert window(other, "W12")[2] == "1.0"


def test_visits_recorded_keep_their_version_when_day_0_moves_into_the_new_one(adopted):
    participant = study.enrolled(adopted, day0=date(2025, 1, 18))
    assert window(participant, "SCR")[2] == "1.0"
    services.hold(
        visit=study.visit_of(participant, "D0"), held_on=date(2025, 1, 21), by=study.SETUP
    )
    assert window(participant, "SCR")[2] == window(participant, "D0")[2] == "1.0"
    assert window(participant, "W12") == ("2025-04-01", "2025-05-06", "2.0")
    assert window(participant, "W16")[2] == "2.0"


def test_an_old_visit_is_measured_against_its_own_window(cast, amended):
    before = study.enrolled(cast.site)
    access.adopt_protocol(
        site=cast.site, version="2.0", effective_from=FROM, by=study.SETUP, reason="approved"
    )
    with pytest.raises(Refused) as refused:
        services.hold(
            visit=study.visit_of(before, "W12"), held_on=date(2025, 4, 10), by=study.SETUP
        )
    assert set(refused.value.errors) == {"reason"}


def test_a_visit_held_before_is_not_replanned_by_a_corrected_day_0(cast, amended):
    participant = study.enrolled(cast.site)
    for code, held_on in [("D0", date(2025, 1, 6)), ("W12", date(2025, 3, 31))]:
        services.hold(visit=study.visit_of(participant, code), held_on=held_on, by=study.SETUP)
    access.adopt_protocol(
        site=cast.site, version="2.0", effective_from=date(2025, 1, 7), by=study.SETUP, reason="ok"
    )
    services.hold(
        visit=study.visit_of(participant, "D0"), held_on=date(2025, 1, 8), reason="misread",
        by=study.SETUP,
    )  # fmt: skip
    assert window(participant, "W12") == ("2025-03-26", "2025-04-09", "1.0")
    assert window(participant, "W24")[2] == "2.0"
