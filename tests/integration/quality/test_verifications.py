"""Source-data verification: what it covers, what breaks and heals it, what a plan asks for."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from labs.models import Panel, Result
from reports.selectors.readiness import missing
from tests.factories import study
from tests.integration.labs.importing import bring, table
from tests.integration.quality.verifying import (
    MONITOR,
    at,
    name_of,
    plan,
    states,
    verify,
    visit,
)
from trial.access.exceptions import Conflict, Refused
from trial.audit.context import transaction
from trial.audit.models import Event
from trial.audit.records import Record
from trial.audit.watermark import watermark
from trial.quality.drawing import drawn
from trial.quality.models import Mode, Scope, Verification, VerificationPlan
from trial.quality.selectors.verification import Choice, items_of, progress_of, work
from trial.quality.services import verifications as services
from trial.quality.services.verifications import Target
from visits.models import Visit

pytestmark = pytest.mark.usefixtures("fresh_database")
VALUES = {"ALT": "40", "AST": "38", "IGG": "14"}


@pytest.fixture
def person(cast):
    person = study.enrolled(cast.site)
    study.enter(person, "D0", VALUES, cast.laboratory)
    return person


def result(person, analyte="ALT", code="D0") -> Result:
    return Result.objects.get(panel__visit=visit(person, code), analyte=analyte)


# --- what is covered ----------------------------------------------------------------------------
def test_nothing_is_verified_until_somebody_has_compared_it(person):
    assert set(states(visit(person, "D0")).values()) == {"open"}
    assert set(states(person).values()) == {"open"}


@pytest.mark.req("R-09")
def test_a_form_is_verified_with_all_its_values_and_the_act_is_in_the_trail(person):
    verify(visit(person, "D0"), "labs")
    found = {item.form: item.state for item in items_of(at(visit(person, "D0")))}
    assert found == {"labs": "verified", "visit": "open"}
    act = Event.objects.get(kind="act:verified")
    assert (act.actor, act.participant_id, act.details["form"]) == ("monitor", person.pk, "labs")


def test_one_result_or_one_value_is_verified_alone(person):
    d0 = visit(person, "D0")
    verify(d0, "labs", Record("labs_result", result(person).pk))
    verify(d0, "labs", Record("labs_panel", d0.panel.pk, "collected_on"))
    found = states(d0)
    assert {name for name, state in found.items() if state == "verified"} == {
        "ALT", "collected_on",
    }  # fmt: skip


def test_the_forms_of_the_participant_are_verified_too(person):
    for form in ("participant", "consent", "eligibility"):
        verify(person, form)
    assert set(states(person).values()) == {"verified"}


def test_a_record_of_another_form_and_an_empty_choice_are_refused(person):
    with pytest.raises(Refused):
        verify(visit(person, "D0"), "visit", Record("labs_result", result(person).pk))
    with pytest.raises(Refused):
        services.verify(targets=[], seen=watermark(), by=MONITOR)


# --- what breaks it -----------------------------------------------------------------------------
def by_form(cast, person):
    study.enter(person, "D0", {**VALUES, "ALT": "41"}, cast.laboratory, reason="typing error")


def by_raw_sql(cast, person):
    with transaction(by=study.SETUP, reason="typing error"), connection.cursor() as cursor:
        cursor.execute(
            "update labs_result set text = '41', value = 41, canonical = 41 where id = %s",
            [result(person).pk],
        )


@pytest.mark.req("R-05")
@pytest.mark.parametrize("change", [by_form, by_raw_sql])
def test_a_change_puts_that_value_back_and_no_other(cast, person, change):
    verify(visit(person, "D0"), "labs")
    change(cast, person)
    found = states(visit(person, "D0"))
    assert found.pop("ALT") == "changed"
    del found["status"], found["held_on"], found["reason"]
    assert set(found.values()) == {"verified"}
    (item,) = [i for i in items_of(at(visit(person, "D0"))) if i.state == "changed"]
    assert item.change.old["text"] == "40"
    assert item.change.reason == "typing error"


def test_a_value_that_comes_later_is_new_since_the_form_was_verified(cast, person):
    verify(visit(person, "D0"), "labs")
    study.enter(person, "D0", {**VALUES, "ALB": "40"}, cast.laboratory, reason="reported late")
    assert states(visit(person, "D0"))["ALB"] == "changed"


def test_a_file_that_brings_a_value_later_is_seen_as_well(cast, person):
    verify(visit(person, "D0"), "labs")
    day = visit(person, "D0").panel.collected_on.isoformat()
    batch = bring(cast, table(f"{person.code},D0,{day},ALB,40,g/L,"))
    assert batch.status == "applied"
    assert states(visit(person, "D0"))["ALB"] == "changed"


def test_only_the_value_that_was_verified_counts(person):
    d0 = visit(person, "D0")
    verify(d0, "labs", Record("labs_panel", d0.panel.pk, "collected_on"))
    with transaction(by=study.SETUP, reason="asked again"):
        Panel.objects.filter(pk=d0.panel.pk).update(dialysis=True)
    assert states(d0)["collected_on"] == "verified"
    with transaction(by=study.SETUP, reason="wrong day"):
        Panel.objects.filter(pk=d0.panel.pk).update(collected_on="2024-12-31")
    assert states(d0)["collected_on"] == "changed"


def test_what_is_computed_from_a_value_is_in_no_source(cast, person):
    verify(visit(person, "D0"), "labs")
    with transaction(by=study.SETUP, reason="range corrected"):
        Result.objects.filter(pk=result(person).pk).update(range_high=30, flag="H")
    assert states(visit(person, "D0"))["ALT"] == "verified"


def test_bookkeeping_breaks_nothing(person):
    verify(visit(person, "D0"), "visit")
    with transaction(by=study.SETUP, reason=""):
        Visit.objects.filter(pk=visit(person, "D0").pk).update(version=9)
    assert states(visit(person, "D0"))["held_on"] == "verified"


def test_verifying_again_heals(cast, person):
    verify(visit(person, "D0"), "labs")
    by_form(cast, person)
    verify(visit(person, "D0"), "labs", Record("labs_result", result(person).pk))
    assert states(visit(person, "D0"))["ALT"] == "verified"


def test_what_was_changed_while_it_was_read_is_to_be_read_again(cast, person):
    seen = watermark()
    by_form(cast, person)
    labs = at(visit(person, "D0"), "labs")
    with pytest.raises(Conflict):
        services.verify(targets=[Target(labs)], seen=seen, by=MONITOR)
    alt, ast = (Record("labs_result", result(person, code).pk) for code in ("ALT", "AST"))
    with pytest.raises(Conflict):
        services.verify(targets=[Target(labs, alt)], seen=seen, by=MONITOR)
    services.verify(targets=[Target(labs, ast)], seen=seen, by=MONITOR)
    assert states(visit(person, "D0"))["AST"] == "verified"


def test_a_change_committed_after_the_cut_breaks_it_although_it_was_written_before(
    person, app_connection
):
    labs = at(visit(person, "D0"), "labs")
    context = '{"actor":"coordinator","role":"coordinator","site":"01","request":"","reason":"r"}'
    app_connection.autocommit = False
    with app_connection.cursor() as cursor:
        cursor.execute("select set_config('app.context', %s, true)", [context])
        cursor.execute(
            "update labs_result set comment = 'later' where id = %s", [result(person).pk]
        )
        services.verify(targets=[Target(labs)], seen=watermark(), by=MONITOR)
    app_connection.commit()
    assert states(visit(person, "D0"))["ALT"] == "changed"


# --- taking it back -----------------------------------------------------------------------------
@pytest.mark.req("R-09")
def test_a_verification_is_withdrawn_with_a_reason_and_stays_on_record(person):
    verify(visit(person, "D0"), "labs")
    labs = at(visit(person, "D0"), "labs")
    with pytest.raises(Refused):
        services.withdraw(place=labs, reason=" ", by=MONITOR)
    assert services.withdraw(place=labs, reason="wrong chart", by=MONITOR) == 1
    assert states(visit(person, "D0"))["ALT"] == "open"
    kept = Verification.objects.get()
    assert (kept.withdrawn_by, kept.withdraw_reason) == ("monitor", "wrong chart")
    assert Event.objects.filter(kind="act:verification_withdrawn").count() == 1
    with pytest.raises(Refused):
        services.withdraw(place=labs, reason="again", by=MONITOR)


# --- plans --------------------------------------------------------------------------------------
def required(owner) -> set[str]:
    return {name_of(item) for item in items_of(at(owner)) if item.required}


def test_without_a_plan_nothing_is_required(person):
    assert required(visit(person, "D0")) == set()


def test_a_plan_asks_for_everything_of_its_forms(person):
    plan(Mode.ALL, forms=("labs",))
    assert {"ALT", "collected_on", "dialysis"} <= required(visit(person, "D0"))
    assert "held_on" not in required(visit(person, "D0"))
    assert required(person) == set()


def test_a_plan_asks_for_the_critical_fields_of_the_protocol(cast, person):
    study.enter(person, "D0", {**VALUES, "GLOBG": "20"}, cast.laboratory, reason="late")
    plan(Mode.CRITICAL)
    assert required(visit(person, "D0")) == {"ALT", "AST", "IGG", "collected_on"}
    assert {"form_version", "given_at"} <= required(person)
    assert "sex" not in required(person)


def test_a_sites_plan_goes_before_that_of_the_study(cast, person):
    plan(Mode.ALL)
    plan(Mode.CRITICAL, site=cast.site)
    assert "dialysis" not in required(visit(person, "D0"))


def test_a_new_plan_ends_the_one_before(cast):
    plan(Mode.ALL)
    plan(Mode.CRITICAL)
    assert VerificationPlan.objects.filter(ended_at=None).get().mode == Mode.CRITICAL
    assert VerificationPlan.objects.count() == 2


def test_the_draw_is_recorded_and_the_database_draws_the_same(cast, person):
    people = [person, *(study.enrolled(cast.site) for _n in range(11))]
    codes = [one.code for one in people]
    made = plan(Mode.SAMPLE, percent=40, seed=7, codes=codes)
    expected = {code for code in codes if drawn(7, 40, code)}
    assert 0 < len(expected) < len(codes)
    progress = progress_of([one.pk for one in people])
    asked = {one.code for one in people if progress.at(one.pk, None).required}
    assert asked == expected
    act = Event.objects.get(kind="act:verification_planned")
    assert act.details["drawn"] == sorted(expected)
    assert act.details["seed"] == made.seed == 7


def test_a_share_grows_by_adding_participants_only():
    codes = [f"01-{n:04}" for n in range(1, 400)]
    smaller = {code for code in codes if drawn(11, 20, code)}
    larger = {code for code in codes if drawn(11, 50, code)}
    assert smaller < larger
    assert 40 < len(smaller) < 120
    assert {code for code in codes if drawn(11, 100, code)} == set(codes)


def test_the_others_of_a_sample_may_be_asked_for_their_critical_fields(cast, person):
    seed = next(n for n in range(100) if not drawn(n, 10, person.code))
    plan(Mode.SAMPLE, percent=10, seed=seed)
    assert required(visit(person, "D0")) == set()
    plan(Mode.SAMPLE, percent=10, seed=seed, critical_of_others=True)
    assert required(visit(person, "D0")) == {"ALT", "AST", "IGG", "collected_on"}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"mode": Mode.SAMPLE}, "percent"),
        ({"mode": Mode.SAMPLE, "percent": 101}, "percent"),
        ({"forms": ()}, "forms"),
        ({"forms": ("unknown",)}, "forms"),
    ],
)
def test_a_plan_that_says_nothing_is_refused(cast, given, field):
    with pytest.raises(Refused) as refused:
        plan(**given)
    assert field in refused.value.errors
    assert not VerificationPlan.objects.exists()


# --- progress and locks -------------------------------------------------------------------------
def test_progress_counts_what_is_required_verified_and_changed(cast, person):
    plan(Mode.CRITICAL, forms=("labs",))
    d0 = visit(person, "D0")
    verify(d0, "labs")
    assert progress_of([person.pk]).form(person.pk, d0.pk, "labs").state == "verified"
    by_form(cast, person)
    counts = progress_of([person.pk]).form(person.pk, d0.pk, "labs")
    assert (counts.required, counts.left, counts.changed, counts.state) == (4, 1, 1, "changed")


@pytest.mark.req("R-30")
def test_a_lock_waits_for_what_the_plan_asks_for_and_for_nothing_else(person):
    codes = lambda: {gap.code for gap in missing(Scope.PARTICIPANT, at(person))}  # noqa: E731
    assert "unverified" not in codes()
    plan(Mode.CRITICAL, forms=("labs",))
    assert "unverified" in codes()
    verify(visit(person, "D0"), "labs")
    assert "unverified" not in codes()


def test_the_list_takes_one_statement_and_narrows_down(cast, person):
    plan(Mode.ALL, forms=("labs",))
    other = study.enrolled(cast.site)
    study.enter(other, "D0", VALUES, cast.laboratory)
    verify(visit(other, "D0"), "labs")
    with CaptureQueriesContext(connection) as found:
        lines, total = work(cast.monitor, Choice(), offset=0, limit=10)
    assert len(found) <= 2  # the user's roles are read once
    assert ([line.code for line in lines], total) == ([person.code], 1)
    done, _total = work(cast.monitor, Choice("done"), offset=0, limit=10)
    assert [line.code for line in done] == [other.code]
    assert work(cast.investigator2, Choice("all"), offset=0, limit=10) == ([], 0)
