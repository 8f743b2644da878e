"""Two at the same instant: one row, one query, nothing lost, nothing seen by nobody."""

import pytest

from tests.factories import study
from tests.integration.crf.filling import GOOD, HISTORY, VITALS, add, at_day_0, put
from tests.integration.queries.test_together import at_once
from trial.access.exceptions import Conflict
from trial.audit.context import Actor
from trial.crf.models import MODELS
from trial.crf.owner import Owner
from trial.protocol.casebook.forms import BY_CODE, CHECKS
from trial.quality.models import Query, QueryMessage

pytestmark = [pytest.mark.usefixtures("fresh_database"), pytest.mark.req("F-023")]
HIGH = GOOD | {"systolic": 190}
WHY = {"vital_signs.systolic": "measured twice"}
BOTH = [Actor.system("one"), Actor(name="other", role="coordinator")]


@pytest.fixture
def person(cast):
    return study.enrolled(cast.site)


def test_two_who_save_the_same_sheet_store_one_and_ask_once(person):
    acts = [lambda by=by: put(at_day_0(person), VITALS, HIGH, answers=WHY, base="", by=by)
            for by in BOTH]  # fmt: skip
    done = at_once(*acts)
    assert sorted(one.changed for one in done) == [False, True]
    assert MODELS["vital_signs"].objects.count() == 1
    assert (Query.objects.count(), QueryMessage.objects.count()) == (1, 2)


def test_two_who_save_different_answers_store_one_and_show_the_other_the_difference(person):
    acts = [
        lambda by=by, n=n: put(at_day_0(person), VITALS, GOOD | {"systolic": n}, base="", by=by)
        for by, n in zip(BOTH, (118, 120), strict=True)
    ]
    done = at_once(*acts)
    (conflict,) = (one for one in done if isinstance(one, Conflict))
    assert [one["field"] for one in conflict.difference] == ["systolic"]
    assert MODELS["vital_signs"].objects.get().version == 1


def test_new_lines_at_once_get_numbers_of_their_own(person):
    acts = [lambda n=n: add(Owner(person), HISTORY, {"condition": f"{n}"}) for n in range(6)]
    assert sorted(one.number for one in at_once(*acts)) == [1, 2, 3, 4, 5, 6]


def test_one_key_sent_twice_at_once_is_stored_once(cast, person):
    by = Actor.of(cast.coordinator)
    acts = [lambda: add(Owner(person), HISTORY, {"condition": "Asthma"}, key="k", by=by)] * 3
    done = at_once(*acts)
    assert {one.number for one in done} == {1}
    assert sorted(one.replayed for one in done) == [False, True, True]
    assert MODELS["medical_history"].objects.count() == 1


def test_what_two_forms_say_together_is_seen_whoever_of_both_is_second(person):
    """Each alone is right; the check that compares them must not be missed between the two."""
    event = {"term": "Nausea", "starts_on": "2025-03-01"}
    death = {"died_on": "2025-02-01"}
    answers = {one.id: "so it is" for one in CHECKS}
    acts = [
        lambda: add(Owner(person), BY_CODE["adverse_event"], event, answers=answers),
        lambda: put(Owner(person), BY_CODE["death"], death, answers=answers),
    ]
    at_once(*acts)
    assert Query.objects.filter(cause__startswith="crf:AE-52:").count() == 1


def test_saves_at_different_visits_follow_each_other(person):
    visits = [study.visit_of(person, code) for code in ("D0", "W4", "W8")]
    acts = [lambda visit=visit: put(Owner(person, visit), VITALS, HIGH, answers=WHY)
            for visit in visits]  # fmt: skip
    assert all(one.changed for one in at_once(*acts))
    assert Query.objects.count() == 3
