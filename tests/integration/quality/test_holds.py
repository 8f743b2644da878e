"""Nothing that is frozen or locked can be changed, whichever way the write comes (R-21, F-014)."""

import json
import re
from datetime import timedelta

import psycopg2
import pytest
from django.db import DatabaseError, IntegrityError, connection

from labs.models import Panel, Result
from patients.models import Consent, CriterionAnswer, Participant
from tests.factories import study
from tests.integration.quality.holding import MANAGER, SPONSOR, freeze, lock
from trial.access.exceptions import Conflict, Refused
from trial.audit import guard
from trial.audit.context import Actor, transaction
from trial.audit.models import Event
from trial.audit.records import Place
from trial.quality.casebook import FORM_OF_TABLE
from trial.quality.exceptions import Locked
from trial.quality.models import Hold, Kind, Scope
from trial.quality.selectors.holds import hold_over, require_open, standing_over
from trial.quality.services import holds
from visits.models import Visit
from visits.places import place_of
from visits.services import schedule as visits

BY = Actor.system("test")
SCOPES = (Scope.STUDY, Scope.SITE, Scope.PARTICIPANT, Scope.VISIT)


@pytest.fixture
def person(cast):
    """A participant with labs at D0 and W12."""
    found = study.enrolled(cast.site)
    for code in ("D0", "W12"):
        study.enter(found, code, study.RELAPSE_COURSE[code], cast.laboratory)
    return found


def locked_by_database(write) -> bool:
    """Whether the write is refused by the database's guard over held rows."""
    try:
        with transaction(by=BY, reason="x"):
            write()
    except DatabaseError as error:
        return Locked.of(error) is not None
    return False


def change_result(visit):
    return lambda: Result.objects.filter(panel__visit=visit, analyte="ALT").update(text="31")


@pytest.mark.req("R-21")
@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("hold", [lock, freeze])
def test_a_result_under_a_hold_cannot_be_changed_and_one_beside_it_can(cast, person, scope, hold):
    held, beside = study.visit_of(person, "W12"), study.visit_of(person, "D0")
    other = study.enrolled(cast.other_site)
    study.enter(other, "D0", study.RELAPSE_COURSE["D0"], cast.other_laboratory)
    hold(scope, person, held)

    assert locked_by_database(change_result(held))
    assert locked_by_database(change_result(beside)) is (scope != Scope.VISIT)
    elsewhere = study.visit_of(other, "D0")
    assert locked_by_database(change_result(elsewhere)) is (scope == Scope.STUDY)


@pytest.mark.req("R-21")
def test_a_form_can_be_held_alone(person):
    visit = study.visit_of(person, "W12")
    freeze(Scope.FORM, person, visit, "labs")
    assert locked_by_database(change_result(visit))
    assert not locked_by_database(lambda: Visit.objects.filter(pk=visit.pk).update(reason="late"))


WRITES = {
    "participant": lambda p, _v: Participant.objects.filter(pk=p.pk).update(birth_year=1979),
    "consent": lambda p, _v: Consent.objects.filter(participant=p).update(form_version="9"),
    "new consent": lambda p, _v: Consent.objects.create(
        participant=p, form_version="2.0", given_at="2025-01-02T00:00Z", recorded_by="x"
    ),
    "eligibility": lambda p, _v: CriterionAnswer.objects.filter(participant=p).update(value=3),
    "visit": lambda _p, v: Visit.objects.filter(pk=v.pk).update(reason="x"),
    "new visit": lambda p, _v: Visit.objects.create(
        participant=p, code="UNS", number=1, position=99, protocol_version="1.0"
    ),
    "panel": lambda _p, v: Panel.objects.filter(visit=v).update(dialysis=True),
    "new result": lambda _p, v: Result.objects.create(panel=v.panel, analyte="CREAT"),
    "result by bulk_update": lambda _p, v: Result.objects.bulk_update(
        [Result(pk=r.pk, comment="x") for r in v.panel.results.all()], ["comment"]
    ),
}


@pytest.mark.req("R-21")
@pytest.mark.parametrize("name", WRITES)
def test_every_table_of_the_casebook_is_guarded(person, name):
    visit = study.visit_of(person, "W12")
    write = lambda: WRITES[name](person, visit)  # noqa: E731
    lock(Scope.PARTICIPANT, person)
    before = Event.objects.count()
    assert locked_by_database(write)
    assert Event.objects.count() == before


@pytest.mark.req("R-21")
def test_a_new_participant_of_a_locked_site_is_refused_by_the_service_and_by_the_database(
    cast, person
):
    lock(Scope.SITE, person)
    with pytest.raises(Locked):
        study.screened(cast.site)
    assert locked_by_database(
        lambda: Participant.objects.create(
            site=cast.site, code="01-9997", sex="F", sex_for_meld="F", birth_year=1980,
            screened_on="2025-01-01",
        )
    )  # fmt: skip
    assert study.screened(cast.other_site)


@pytest.mark.req("R-36")
def test_not_even_the_owner_changes_or_removes_a_locked_row(fresh_database, owner_connection):
    site = study.make_site()
    person = study.enrolled(site)
    study.enter(person, "D0", study.RELAPSE_COURSE["D0"], study.make_laboratory(site, "L"))
    lock(Scope.PARTICIPANT, person)
    who = {"actor": "dba", "role": "", "site": "", "request": "", "reason": "ticket"}
    with owner_connection.cursor() as cursor:
        cursor.execute("select set_config('app.context', %s, false)", [json.dumps(who)])
        for statement in ("update labs_result set text = '1'", "delete from labs_result"):
            with pytest.raises(psycopg2.Error) as caught:
                cursor.execute(statement)
            assert caught.value.pgcode == "LK001"


def test_bookkeeping_of_a_held_row_may_change(person):
    visit = study.visit_of(person, "W24")
    lock(Scope.PARTICIPANT, person)
    assert not locked_by_database(
        lambda: Visit.objects.filter(pk=visit.pk).update(opens_on=visit.opens_on, version=9)
    )
    assert not locked_by_database(
        lambda: Participant.objects.filter(pk=person.pk).update(version=99)
    )


def test_a_window_of_a_frozen_visit_still_moves_with_day_0(cast):
    person = study.enrolled(cast.site)
    freeze(Scope.VISIT, person, study.visit_of(person, "W12"))
    before = study.visit_of(person, "W12").target_on
    assert before is not None
    day = study.DAY0.replace(day=8)
    visits.hold(visit=study.visit_of(person, "D0"), held_on=day, by=BY, reason="holiday")
    assert study.visit_of(person, "W12").target_on == before + timedelta(days=2)


def test_what_is_computed_follows_from_what_is_locked(cast, person):
    """Evaluations are not observed: a lock does not stop them."""
    from labs.services.evaluation import evaluate_pending  # noqa: PLC0415

    lock(Scope.STUDY, person)
    assert evaluate_pending(process="test") == 1


# --- the guard is complete ------------------------------------------------------------------------
# Beside the forms of the casebook: nobody is randomised, and no bag moves, where all is locked.
LOCKABLE = {
    **FORM_OF_TABLE, "visits_bagmovement": "product", "randomization_allocation": "allocation",
    "visits_slideimage": "histology", "visits_histologyreading": "histology",
}  # fmt: skip


def bodies(prefix: str) -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("select proname, prosrc from pg_proc where proname like %s", [prefix + "%"])
        return {name.removeprefix(prefix): body for name, body in cursor.fetchall()}


@pytest.mark.django_db
def test_every_table_of_a_form_is_lockable_and_knows_its_form():
    found = bodies("holds_on_")
    assert set(found) == set(LOCKABLE)
    for table, form in LOCKABLE.items():
        assert f"q.form = '{form}'" in found[table]


@pytest.mark.django_db
def test_what_history_calls_bookkeeping_so_does_the_lock():
    line = re.compile(r"bookkeeping constant text\[\] := '\{(.*?)\}'")
    history, guard = bodies("history_of_"), bodies("holds_on_")
    for table in LOCKABLE:
        assert line.search(history[table])[1] == line.search(guard[table])[1], table


@pytest.mark.django_db
def test_the_guards_triggers_are_all_there():
    with connection.cursor() as cursor:
        cursor.execute(
            "select c.relname, count(*) from pg_trigger t join pg_class c on c.oid = t.tgrelid"
            " where t.tgname like 'hold_%' and t.tgenabled = 'O' group by 1"
        )
        assert dict(cursor.fetchall()) == dict.fromkeys(LOCKABLE, 3)


@pytest.mark.req("R-36")
@pytest.mark.django_db
def test_a_guard_that_is_switched_off_is_noticed_before_the_next_request():
    """The same watch that is kept over the trail's own triggers (R-06)."""
    watched = guard.expected()
    for table in LOCKABLE:
        for event in ("insert", "update", "delete"):
            assert watched.triggers[table, f"hold_{event}"] == f"holds_on_{table}"
        assert f"holds_on_{table}" in watched.functions
    assert watched.triggers["signing_signature", "signature_append_only"] == "audit_refuse"
    assert guard.differences() == []


# --- what services and selectors say --------------------------------------------------------------
def test_the_answer_says_what_is_held_since_when_by_whom_and_why(person):
    visit = study.visit_of(person, "W12")
    lock(Scope.VISIT, person, visit)
    with pytest.raises(Locked) as caught:
        require_open(place_of(visit, "labs"))
    sentence = caught.value.sentence
    assert f"W12 of {person.code} is locked since 20" in sentence
    assert "by datamanager: database closed" in sentence


def test_what_the_database_says_is_the_same_answer(person):
    visit = study.visit_of(person, "W12")
    stored = lock(Scope.VISIT, person, visit)
    stored.refresh_from_db()
    with pytest.raises(DatabaseError) as caught, transaction(by=BY):
        change_result(visit)()
    found = Locked.of(caught.value)
    assert (found.hold.pk, found.facts) == (stored.pk, Locked(stored).facts)


def test_another_error_of_the_database_is_no_lock():
    assert Locked.of(ValueError()) is None
    assert Locked.of(DatabaseError()) is None


def test_a_lock_is_named_before_a_freeze_and_the_wider_before_the_narrower(person):
    visit = study.visit_of(person, "W12")
    freeze(Scope.SITE, person)
    lock(Scope.VISIT, person, visit)
    assert hold_over(place_of(visit)).kind == Kind.LOCK
    freeze(Scope.VISIT, person, visit)
    assert hold_over(place_of(study.visit_of(person, "D0"))).scope == Scope.SITE


def test_a_page_of_participants_is_asked_in_one_statement(cast, person, django_assert_num_queries):
    visit = study.visit_of(person, "W12")
    lock(Scope.VISIT, person, visit)
    freeze(Scope.SITE, study.enrolled(cast.other_site))
    with django_assert_num_queries(1):
        found = standing_over([person.pk])
    assert found.over(person.site_id, person.pk) is None
    assert found.over(person.site_id, person.pk, visit.pk).kind == Kind.LOCK
    assert found.over(cast.other_site.pk, 0).kind == Kind.FREEZE


# --- releasing ------------------------------------------------------------------------------------
def test_a_freeze_is_released_by_one_person_with_a_reason(person):
    hold = freeze(Scope.PARTICIPANT, person)
    with pytest.raises(Refused):
        holds.release(hold=hold, reason=" ", by=MANAGER)
    holds.release(hold=hold, reason="look is over", by=MANAGER)
    require_open(Place(person.site_id, person.pk))
    with pytest.raises(Conflict):
        holds.release(hold=hold, reason="again", by=MANAGER)


@pytest.mark.req("R-21")
def test_unlocking_needs_a_reason_and_a_second_person(person):
    hold = lock(Scope.PARTICIPANT, person)
    with pytest.raises(Refused, match="two people"):
        holds.release(hold=hold, reason="wrong", by=MANAGER)
    with pytest.raises(Refused, match="Nobody has asked"):
        holds.approve_unlock(hold=hold, reason="ok", by=SPONSOR)
    holds.request_unlock(hold=hold, reason="typing error at W12", by=MANAGER)
    with pytest.raises(Refused, match="can't be the one"):
        holds.approve_unlock(hold=hold, reason="ok", by=MANAGER)
    assert hold_over(Place(person.site_id, person.pk)) is not None

    holds.approve_unlock(hold=hold, reason="agreed", by=SPONSOR)
    assert hold_over(Place(person.site_id, person.pk)) is None
    kinds = Event.objects.filter(table_name="quality_hold", kind__startswith="act:")
    assert list(kinds.values_list("kind", "actor", "participant_id")) == [
        ("act:locked", "datamanager", person.pk),
        ("act:unlock_requested", "datamanager", person.pk),
        ("act:unlocked", "sponsor", person.pk),
    ]


def test_a_declined_request_leaves_the_lock(person):
    hold = lock(Scope.PARTICIPANT, person)
    holds.request_unlock(hold=hold, reason="typing error", by=MANAGER)
    holds.decline_unlock(hold=hold, reason="within tolerance", by=SPONSOR)
    with pytest.raises(Refused, match="Nobody has asked"):
        holds.approve_unlock(hold=hold, reason="ok", by=SPONSOR)
    assert hold_over(Place(person.site_id, person.pk)) is not None


def test_the_same_thing_is_not_locked_twice(person):
    lock(Scope.PARTICIPANT, person)
    with pytest.raises(Refused, match="already"):
        lock(Scope.PARTICIPANT, person)
    assert freeze(Scope.PARTICIPANT, person)


def test_a_lock_is_refused_with_what_is_missing(person):
    gap = holds.Gap(person.code, "W12", "unsigned", "W12 is not signed")
    with pytest.raises(holds.NotReady) as caught:
        holds.lock(
            scope=Scope.PARTICIPANT, place=Place(person.site_id, person.pk, person.code),
            reason="x", by=MANAGER, missing=lambda _scope, _place: [gap],
        )  # fmt: skip
    assert caught.value.gaps == [gap]
    assert not Hold.objects.exists()


# --- constraints ----------------------------------------------------------------------------------
GOOD = {"kind": "lock", "scope": "study", "reason": "x", "placed_by": "a"}


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("hold_kind_known", {"kind": "glue"}),
        ("hold_scope_has_its_record", {"scope": "visit"}),
        ("hold_scope_has_its_record", {"participant_id": 1}),
        ("hold_has_reason", {"reason": ""}),
        ("hold_request_has_by", {"requested_by": "b"}),
        ("hold_release_has_by_and_reason", {"released_by": "b", "kind": "freeze"}),
        (
            "hold_release_has_by_and_reason",
            {"released_by": "b", "released_at": "2026-01-01T00:00Z", "kind": "freeze"},
        ),
        (
            "hold_unlock_takes_two",
            {
                "requested_by": "b", "requested_at": "2026-01-01T00:00Z", "released_by": "b",
                "released_at": "2026-01-01T00:00Z", "release_reason": "x",
            },
        ),
    ],
)  # fmt: skip
@pytest.mark.django_db
def test_the_database_refuses(name, wrong):
    with pytest.raises(IntegrityError, match=name), transaction(by=BY):
        Hold.objects.create(**{**GOOD, **wrong})


@pytest.mark.django_db
def test_the_database_keeps_one_standing_hold_of_a_kind():
    with transaction(by=BY):
        Hold.objects.create(**GOOD)
    with pytest.raises(IntegrityError, match="hold_once"), transaction(by=BY):
        Hold.objects.create(**GOOD)
