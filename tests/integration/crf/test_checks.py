"""What edit checks do to a save, and the queries that follow from them (R-12)."""

import pytest

from tests.factories import study
from tests.integration.crf.filling import GOOD, HISTORY, SITE, VITALS, add, at_day_0, put, row_of
from trial.access.exceptions import Refused
from trial.audit.context import Actor
from trial.audit.models import Event
from trial.crf import services
from trial.crf.exceptions import Unexplained
from trial.crf.models import MODELS, Objection
from trial.crf.owner import Owner
from trial.protocol.casebook.forms import BY_CODE
from trial.quality.models import Query
from trial.quality.services import settling

pytestmark = [pytest.mark.django_db, pytest.mark.req("R-12")]
MANAGER = Actor(name="datamanager", role="datamanager")
HIGH = GOOD | {"systolic": 190}
WHY = {"vital_signs.systolic": "measured twice"}
CHECK = "vital_signs.systolic"
MEDICATION = BY_CODE["medication"]
ASTHMA = {"condition": "Asthma", "ongoing": False}


@pytest.fixture
def vitals(cast):
    return at_day_0(study.enrolled(cast.site))


@pytest.fixture
def about(vitals):
    return Owner(vitals.participant)


def queries(check=CHECK):
    return list(Query.objects.filter(cause__startswith=f"crf:{check}:").order_by("pk"))


def thread(query):
    return [(one.step, one.by, one.text, one.value) for one in query.messages.order_by("pk")]


# --- hard ---------------------------------------------------------------------------------------
def test_what_cannot_be_true_is_refused_and_leaves_nothing_not_even_in_the_trail(about):
    before = Event.objects.count()
    with pytest.raises(Refused) as refused:
        add(about, HISTORY, ASTHMA | {"started": "2021", "ended": "2020"}, answers={"MH-01": "so"})
    assert list(refused.value.errors) == ["ended"]
    assert not MODELS["medical_history"].objects.exists()
    assert not Query.objects.exists()
    assert Event.objects.count() == before


def test_a_hard_check_does_not_lock_the_rest_of_a_row_that_something_else_made_untrue(about):
    """The line that an answer names is struck: the answer is asked about, the rest stays open."""
    add(about, HISTORY, ASTHMA)
    add(about, MEDICATION, {"drug": "salbutamol", "given_for": "history", "history_line": 1})
    services.strike(owner=about, form=HISTORY, number=1, by=SITE, reason="twice")
    (query,) = queries("medication.history_line.line")
    assert query.status == "open"
    put(about, MEDICATION, {"dose": 2}, section=_section(MEDICATION, "dose"))
    with pytest.raises(Refused):
        put(about, MEDICATION, {"history_line": 2}, reason="other",
            section=_section(MEDICATION, "history_line"))  # fmt: skip
    put(about, MEDICATION, {"given_for": "other"}, reason="other",
        section=_section(MEDICATION, "given_for"))  # fmt: skip
    query.refresh_from_db()
    assert (query.status, query.outcome) == ("closed", "healed")


def _section(form, name):
    return next(one.code for one in form.sections if form.question(name) in one.questions)


# --- soft ---------------------------------------------------------------------------------------
def test_a_soft_check_asks_before_anything_is_stored(vitals):
    with pytest.raises(Unexplained) as asked:
        put(vitals, VITALS, HIGH)
    assert [one.check.id for one in asked.value.findings] == [CHECK]
    assert not MODELS["vital_signs"].objects.exists()
    assert not Query.objects.exists()


def test_the_explanation_is_the_first_answer_of_its_query(vitals):
    put(vitals, VITALS, HIGH, answers=WHY)
    (query,) = queries()
    assert (query.status, query.record_id) == ("answered", row_of(vitals, VITALS).pk)
    (raised, answered) = thread(query)
    assert raised[:2] == ("raised", "system:check")
    assert "outside the usual 90–180 mmHg" in raised[2]
    assert answered == ("answered", "coordinator", "measured twice", "190 mmHg")


def test_a_check_that_was_explained_asks_no_more_while_its_answers_stay(vitals):
    put(vitals, VITALS, HIGH, answers=WHY)
    put(vitals, VITALS, {"height_cm": 170})
    put(vitals, VITALS, {"heart_rate": 72}, reason="misread")
    assert len(queries()) == 1


def test_a_correction_closes_it_and_first_and_corrected_answer_stay_on_record(vitals):
    put(vitals, VITALS, HIGH, answers=WHY)
    put(vitals, VITALS, {"systolic": 119}, reason="typing error")
    (query,) = queries()
    assert (query.status, query.outcome, query.closed_by) == ("closed", "healed", "system:check")
    assert [step for step, *_more in thread(query)] == ["raised", "answered", "closed"]
    event = Event.objects.get(table_name="visits_vitalsigns", kind="update")
    assert (event.old["systolic"], event.new["systolic"]) == (190, 119)
    assert event.reason == "typing error"


def test_another_doubtful_answer_is_another_question(vitals):
    put(vitals, VITALS, HIGH, answers=WHY)
    with pytest.raises(Unexplained):
        put(vitals, VITALS, {"systolic": 195}, reason="misread")
    put(vitals, VITALS, {"systolic": 195}, reason="misread", answers=WHY)
    first, second = queries()
    assert (first.status, second.status) == ("closed", "answered")


def test_what_a_person_accepted_is_not_asked_again(vitals):
    put(vitals, VITALS, HIGH, answers=WHY)
    (query,) = queries()
    settling.close(query=query, text="plausible", by=MANAGER)
    put(vitals, VITALS, {"height_cm": 170})
    assert len(queries()) == 1


def test_a_check_that_fires_on_another_row_opens_its_query_there_and_refuses_nothing(about):
    """The fatal event has no death recorded anywhere: adding a line elsewhere is not refused."""
    died = {"event": "death"}
    add(about, BY_CODE["disposition"], died, answers={"DS-03": "not yet", "DS-05": "not yet"})
    assert [one.status for one in queries("DS-03")] == ["answered"]
    add(about, HISTORY, ASTHMA)
    assert len(queries("DS-03")) == 1


def test_a_struck_line_is_not_checked_any_more(about):
    add(about, BY_CODE["disposition"], {"event": "death"},
        answers={"DS-03": "not yet", "DS-05": "not yet"})  # fmt: skip
    services.strike(owner=about, form=BY_CODE["disposition"], number=1, by=SITE, reason="error")
    assert {one.status for one in Query.objects.all()} == {"closed"}


def test_a_sheet_that_was_not_done_is_not_checked_any_more(vitals):
    put(vitals, VITALS, HIGH, answers=WHY)
    services.mark_not_done(owner=vitals, form=VITALS, why="x", by=SITE, reason="other person")
    assert [one.status for one in queries()] == ["closed"]


def test_the_explanation_is_of_the_row_it_came_with(cast, vitals):
    """The same check on another visit's row has to be explained there."""
    put(vitals, VITALS, HIGH, answers=WHY)
    other = Owner(vitals.participant, study.visit_of(vitals.participant, "W4"))
    with pytest.raises(Unexplained):
        put(other, VITALS, HIGH)
    put(other, VITALS, HIGH, answers={CHECK: "nervous"})
    assert [thread(one)[1][2] for one in queries()] == ["measured twice", "nervous"]


# --- objections ---------------------------------------------------------------------------------
def object_to(owner, **more):
    about = {"owner": owner, "form": VITALS, "row_id": row_of(owner, VITALS).pk, "by": SITE,
             "check_id": CHECK, "text": "an athlete"}  # fmt: skip
    return services.object_to(**(about | more))


def test_somebody_says_once_that_a_check_is_wrong_here(vitals):
    put(vitals, VITALS, HIGH, answers=WHY)
    assert object_to(vitals).pk == object_to(vitals, text="again").pk
    assert Objection.objects.get().text == "an athlete"


@pytest.mark.parametrize("wrong", [{"text": " "}, {"check_id": "no such"}, {"row_id": 0}])
def test_an_objection_is_to_a_check_that_there_is_with_a_text(vitals, wrong):
    put(vitals, VITALS, HIGH, answers=WHY)
    with pytest.raises(Refused):
        object_to(vitals, **wrong)
