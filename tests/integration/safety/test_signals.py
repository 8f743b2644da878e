"""Signals of the liver: found on both sides of each limit, told once, gone when corrected."""

import threading

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from safety.models import AdverseEvent, LiverLook, LiverSignal, LiverSignalStep
from safety.models.liver import Act, State
from safety.selectors.liver import pending
from safety.services import liver as services
from tests.factories import liver, study
from trial import sweeping
from trial.access.exceptions import Conflict, Refused
from trial.audit.context import Actor, transaction
from trial.inbox.models import Item
from trial.quality.models import Outcome, Query
from trial.quality.models import Status as QueryStatus
from trial.sweeping import Budget
from visits.models import Symptoms

pytestmark = pytest.mark.django_db
HIGH = {"ALT": "120", "BILI": "42.1", "ALP": "239"}


def sweep():
    return services.look_pending(Budget.of(60))


def found(kind=None):
    rows = LiverSignal.objects.standing()
    return [(one.kind, one.against) for one in rows if kind in (None, one.kind)]


@pytest.fixture
def person(cast):
    person = liver.treated(cast.site, second=cast.coordinator)
    liver.draw(person, cast.laboratory, -1, ALT="100", BILI="20", ALP="100")
    return person


# --- Hy's law, both sides -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("values", "against"),
    [
        ({}, ["upper_limit"]),
        ({"ALT": "119.9"}, []),
        ({"BILI": "42"}, []),
        ({"ALP": "240"}, []),
        ({"ALT": "300", "BILI": "42.1"}, ["upper_limit;baseline;nadir"]),
        ({"ALT": ">119"}, []),
        ({"ALT": ">=120"}, ["upper_limit"]),
        ({"BILI": ">42"}, ["upper_limit"]),
    ],
)
def test_a_candidate_on_both_sides_of_each_line(cast, person, values, against):
    liver.draw(person, cast.laboratory, 10, **{**HIGH, **values})
    sweep()
    assert [one for _kind, one in found("hys_law")] == against


@pytest.mark.parametrize(("day", "number"), [(9, 0), (10, 1), (40, 1), (41, 0)])
def test_the_bilirubin_counts_up_to_thirty_days_after_the_transaminase(cast, person, day, number):
    liver.draw(person, cast.laboratory, 10, ALT="120", ALP="100")
    liver.draw(person, cast.laboratory, day, BILI="42.1")
    sweep()
    assert len(found("hys_law")) == number


def test_what_was_drawn_before_the_first_infusion_is_no_signal(cast, person):
    liver.draw(person, cast.laboratory, 0, **HIGH)
    sweep()
    assert found() == []


# --- levels -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("alt", "kinds"),
    [("299", []), ("300", ["watch"]), ("499", ["watch"]), ("500", ["stop"]), ("501", ["stop"])],
)
def test_levels_after_a_raised_baseline_on_both_sides(cast, person, alt, kinds):
    liver.draw(person, cast.laboratory, 10, ALT=alt, BILI="20", ALP="100")
    answer_symptoms(person, jaundice=False)
    sweep()
    assert [kind for kind, _against in found()] == kinds


def answer_symptoms(person, **answers):
    visit = person.visits.get(code="UNS", number=2)
    none = dict.fromkeys(("jaundice", "nausea", "anorexia", "dark_urine", "fever"), False)
    answered = {**none, "abdominal_pain": "none", **answers}
    with transaction(by=study.SETUP):
        fields = {f.name: f for f in Symptoms._meta.fields}
        typed = {
            name: ("none" if value is False else "mild")
            if fields[name].get_internal_type() == "CharField" and isinstance(value, bool)
            else value
            for name, value in answered.items()
        }
        Symptoms.objects.create(
            participant=person, visit=visit, saved_at=timezone.now(), saved_by="test", **typed
        )


def test_symptoms_of_hepatitis_make_a_stop_of_it(cast, person):
    liver.draw(person, cast.laboratory, 10, ALT="300", BILI="20", ALP="100")
    answer_symptoms(person, jaundice=True)
    sweep()
    assert found() == [("stop", "")]


def test_without_answers_about_symptoms_the_level_is_open_and_no_signal(cast, person):
    liver.draw(person, cast.laboratory, 10, ALT="300", BILI="20", ALP="100")
    sweep()
    assert found() == []


# --- once, and gone -----------------------------------------------------------------------------
def test_a_signal_is_told_to_investigator_and_safety_officer_and_asked_once(cast, person):
    liver.draw(person, cast.laboratory, 10, **HIGH)
    assert sweep() == 1
    assert sweep() == 0
    items = Item.objects.filter(kind="liver_signal")
    assert sorted(items.values_list("role", flat=True)) == ["investigator", "safety"]
    assert set(items.values_list("participant_code", flat=True)) == {person.code}
    query = Query.objects.get(cause__startswith="safety.liver:")
    assert (query.addressee, query.status) == ("investigator", QueryStatus.OPEN)


def test_a_raised_value_over_several_samples_is_one_signal_and_a_clear_one_ends_it(cast, person):
    for day in (10, 17):
        liver.draw(person, cast.laboratory, day, **HIGH)
    sweep()
    assert LiverSignal.objects.filter(kind="hys_law").count() == 1
    liver.draw(person, cast.laboratory, 60, ALT="30", BILI="10", ALP="100")
    liver.draw(person, cast.laboratory, 90, **HIGH)
    sweep()
    assert LiverSignal.objects.filter(kind="hys_law").count() == 2
    assert Query.objects.filter(cause__contains=":hys_law:").count() == 2


def test_a_corrected_value_closes_signal_items_and_query_and_another_brings_it_back(cast, person):
    panel = liver.draw(person, cast.laboratory, 10, **HIGH)
    sweep()
    liver.correct(panel, BILI="4.21")
    assert sweep() == 1
    signal = LiverSignal.objects.get()
    assert signal.gone_at is not None
    assert found() == []
    assert not Item.objects.filter(kind="liver_signal", done_at=None).exists()
    query = Query.objects.get()
    assert (query.status, query.outcome) == (QueryStatus.CLOSED, Outcome.HEALED)
    liver.correct(panel, BILI="42.1")
    sweep()
    signal = LiverSignal.objects.get()
    assert signal.gone_at is None
    assert signal.found == 2
    acts = list(signal.steps.values_list("act", flat=True))
    assert acts == [Act.FOUND, Act.GONE, Act.FOUND_AGAIN]
    assert Item.objects.filter(kind="liver_signal", done_at=None).count() == 2
    assert Query.objects.filter(status=QueryStatus.OPEN).count() == 1


def test_the_first_infusion_told_later_makes_the_labs_wait_again(cast):
    person = study.enrolled(cast.site)
    liver.draw(person, cast.laboratory, 10, **HIGH)
    sweep()
    assert (found(), pending().count()) == ([], 0)
    liver.infuse(person, liver.START, second=cast.coordinator)
    assert pending().count() == 1
    sweep()
    assert found("hys_law") == [("hys_law", "upper_limit")]


def test_an_event_with_the_flag_is_what_was_asked_for(cast, person):
    liver.draw(person, cast.laboratory, 10, **HIGH)
    sweep()
    with transaction(by=study.SETUP):
        AdverseEvent.objects.create(
            participant=person, term="Raised enzymes", starts_on="2025-01", aesi_hys_law=True,
            saved_at=timezone.now(), saved_by="test",
        )  # fmt: skip
    services.look(participant_id=person.pk, by=study.SETUP, again=True)
    assert Query.objects.get().status == QueryStatus.CLOSED
    assert found("hys_law")


def test_a_round_of_the_sweeper_does_it(cast, person):
    liver.draw(person, cast.laboratory, 10, **HIGH)
    assert "liver signals" in sweeping._JOINED
    call_command("sweep")
    assert found("hys_law")


def test_a_spent_budget_leaves_the_rest_to_the_next_round(cast, person):
    liver.draw(person, cast.laboratory, 10, **HIGH)
    assert services.look_pending(Budget.of(0)) == 0
    assert pending().count() == 1


def test_one_participant_that_fails_keeps_no_other_waiting(cast, person, monkeypatch, caplog):
    other = liver.treated(cast.other_site, second=cast.coordinator2)
    for one, laboratory in ((person, cast.laboratory), (other, cast.other_laboratory)):
        liver.draw(one, laboratory, 10, **HIGH)
    real = services.look

    def fails(*, participant_id, by):
        if participant_id == person.pk:
            raise ZeroDivisionError
        return real(participant_id=participant_id, by=by)

    monkeypatch.setattr(services, "look", fails)
    assert sweep() == 1
    assert LiverSignal.objects.get().participant_id == other.pk
    assert "could not be looked for" in caplog.text


@pytest.mark.req("F-023")
@pytest.mark.usefixtures("fresh_database")
def test_two_sweepers_at_the_same_instant_find_it_once(cast):
    person = liver.treated(cast.site, second=cast.coordinator)
    liver.draw(person, cast.laboratory, 10, **HIGH)
    gate = threading.Barrier(2)

    def work():
        gate.wait()
        try:
            services.look(participant_id=person.pk, by=services.FINDER)
        finally:
            connections.close_all()

    both = [threading.Thread(target=work) for _n in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert LiverSignal.objects.filter(kind="hys_law").count() == 1
    assert Item.objects.filter(kind="liver_signal", params__kind="hys_law").count() == 2
    assert Query.objects.filter(cause__contains=":hys_law:").count() == 1
    assert LiverLook.objects.count() == 1


# --- judgement ----------------------------------------------------------------------------------
def judged(signal, cast, state=State.AIH_ACTIVITY, note="biopsy shows activity", version=None):
    by = Actor.of(cast.investigator, role="investigator", site="01")
    number = signal.version if version is None else version
    return services.judge(signal=signal, state=state, note=note, version=number, by=by)


@pytest.fixture
def signal(cast, person):
    liver.draw(person, cast.laboratory, 10, **HIGH)
    sweep()
    return LiverSignal.objects.get()


def test_every_judgement_stays_with_who_when_and_why(cast, signal):
    review = judged(signal, cast, State.UNDER_REVIEW, "biopsy ordered")
    judged(review, cast)
    steps = LiverSignalStep.objects.filter(signal=signal, act=Act.JUDGED)
    assert [(one.state, one.note, one.done_by) for one in steps] == [
        ("under_review", "biopsy ordered", "investigator"),
        ("aih_activity", "biopsy shows activity", "investigator"),
    ]
    signal.refresh_from_db()
    assert (signal.state, signal.judged_by, signal.is_open) == (
        "aih_activity",
        "investigator",
        False,
    )


def test_a_final_judgement_closes_the_investigators_item_alone(cast, signal):
    judged(signal, cast, State.UNDER_REVIEW, "biopsy ordered")
    assert Item.objects.filter(kind="liver_signal", done_at=None).count() == 2
    signal.refresh_from_db()
    judged(signal, cast, State.DILI)
    open_items = Item.objects.filter(kind="liver_signal", done_at=None)
    assert list(open_items.values_list("role", flat=True)) == ["safety"]


@pytest.mark.parametrize(
    ("state", "note", "field"),
    [("nonsense", "x", "state"), ("new", "x", "state"), ("dili", " ", "note")],
)
def test_a_judgement_needs_a_known_state_and_a_note(cast, signal, state, note, field):
    with pytest.raises(Refused) as refused:
        judged(signal, cast, state, note)
    assert field in refused.value.errors


def test_a_judgement_of_what_changed_meanwhile_is_refused(cast, signal):
    judged(signal, cast, State.UNDER_REVIEW)
    with pytest.raises(Conflict):
        judged(signal, cast, version=signal.version)


def test_nobody_changes_a_step(signal):
    from django.db.utils import DatabaseError, InternalError, ProgrammingError  # noqa: PLC0415

    with (
        pytest.raises((DatabaseError, InternalError, ProgrammingError)),
        transaction(by=study.SETUP),
    ):
        LiverSignalStep.objects.update(note="other")


# --- cost ---------------------------------------------------------------------------------------
def test_a_look_takes_as_many_statements_whatever_the_number_of_samples(cast, person):
    def count():
        with CaptureQueriesContext(connection) as statements:
            services.look(participant_id=person.pk, by=study.SETUP, again=True)
        return len(statements)

    liver.draw(person, cast.laboratory, 10, ALT="30", BILI="10", ALP="100")
    sweep()
    few = count()
    for day in range(11, 31):
        liver.draw(person, cast.laboratory, day, ALT="30", BILI="10", ALP="100")
    assert count() == few
