"""Checks over everything: after an amendment, a release, another day, a visit that moved."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from patients import rechecking as work
from patients.rechecking import recheck_waiting
from tests.factories import study
from tests.integration.crf.filling import GOOD, SITE, VITALS, add, at_day_0, put
from tests.integration.queries.test_together import at_once
from trial.access import services as access
from trial.crf import rechecking, services
from trial.crf.owner import Owner
from trial.protocol import registry
from trial.protocol.casebook.forms import BY_CODE, CHECKS
from trial.protocol.crf import Form
from trial.protocol.edit_checks import limits_of
from trial.quality.models import Query, QueryMessage
from trial.sweeping import Budget
from visits.services import schedule

EXPLAINED = {check.id: "so it is" for check in CHECKS}
pytestmark = [pytest.mark.django_db, pytest.mark.req("R-12")]


@pytest.fixture
def vitals(cast):
    return at_day_0(study.enrolled(cast.site))


def sweep() -> int:
    return recheck_waiting(Budget.of(60))


def amended(monkeypatch, low, high):
    """Protocol 2.0: another pressure is usual."""
    first = registry.get("1.0")
    parts = []
    for section in VITALS.sections:
        asked = tuple(
            replace(one, soft_low=Decimal(low), soft_high=Decimal(high))
            if one.name == "systolic" else one
            for one in section.questions
        )  # fmt: skip
        parts.append(replace(section, questions=asked))
    form: Form = replace(VITALS, sections=tuple(parts))
    checks = tuple(one for one in first.checks if one.id != "vital_signs.systolic")
    forms = tuple(form if one.code == form.code else one for one in first.forms)
    mine = tuple(one for one in limits_of(form) if one.id == "vital_signs.systolic")
    second = first.amended(
        number="2.0", issued_on=first.issued_on + timedelta(1), forms=forms, checks=(*checks, *mine)
    )
    monkeypatch.setattr(registry, "_versions", lambda: {"1.0": first, "2.0": second})


def adopt(site):
    access.adopt_protocol(site=site, version="2.0", effective_from=site.today(), by=study.SETUP,
                          reason="approved")  # fmt: skip


def test_an_amendment_opens_what_it_asks_and_closes_what_it_asks_no_more(cast, monkeypatch):
    low, high = (at_day_0(study.enrolled(cast.site)) for _n in range(2))
    put(low, VITALS, GOOD | {"systolic": 100})
    put(high, VITALS, GOOD | {"systolic": 185}, answers=EXPLAINED)
    assert sweep() == 2
    assert [one.participant_id for one in Query.objects.all()] == [high.participant.pk]
    amended(monkeypatch, 110, 190)
    adopt(cast.site)
    assert sweep() == 2
    found = {one.participant_id: (one.status, one.outcome) for one in Query.objects.all()}
    assert found == {high.participant.pk: ("closed", "healed"), low.participant.pk: ("open", "")}
    assert sweep() == 0


def test_another_site_waits_for_its_own_amendment(cast, monkeypatch):
    other = at_day_0(study.enrolled(cast.other_site))
    put(other, VITALS, GOOD | {"systolic": 100})
    amended(monkeypatch, 110, 190)
    adopt(cast.site)
    sweep()
    assert not Query.objects.exists()


def test_nobody_is_looked_at_twice_while_nothing_changed(vitals):
    put(vitals, VITALS, GOOD)
    assert [sweep(), sweep()] == [1, 0]


def test_another_release_looks_at_everybody(vitals, monkeypatch):
    sweep()
    monkeypatch.setattr(rechecking, "code_mark", lambda: "another release")
    assert sweep() == 1


def test_the_mark_of_the_code_is_of_all_that_the_protocol_says():
    rechecking.code_mark.cache_clear()
    assert rechecking.code_mark() == rechecking.code_mark()
    assert len(rechecking.code_mark()) == 16


def test_a_visit_that_is_held_on_another_day_is_noticed(cast):
    day0 = cast.site.today() - timedelta(days=30)
    person = study.enrolled(cast.site, day0=day0)
    visit = study.visit_of(person, "D0")
    put(Owner(person, visit), BY_CODE["symptoms"], {"assessed_on": day0}, answers=EXPLAINED)
    sweep()
    assert not Query.objects.filter(cause__startswith="crf:SYM-06").exists()
    visit.refresh_from_db()
    schedule.hold(visit=visit, held_on=day0 + timedelta(days=1), by=SITE, reason="moved")
    assert sweep() == 1
    assert Query.objects.filter(cause__startswith="crf:SYM-06", status="open").count() == 1


def test_what_becomes_late_with_time_is_asked_a_day_later(cast):
    """A serious event without its report: within 24 hours, and after."""
    person = study.enrolled(cast.site)
    values = {"term": "Sepsis", "serious": True, "aware_at": timezone.now()}
    form = BY_CODE["adverse_event"]
    add(Owner(person), form, {"term": "Sepsis"}, answers=EXPLAINED)
    for section in form.sections:
        mine = {name: value for name, value in values.items()
                if form.question(name) in section.questions and name != "term"}  # fmt: skip
        if mine:
            put(Owner(person), form, mine, section=section.code, answers=EXPLAINED)
    sweep()
    late = Query.objects.filter(cause__startswith="crf:AE-50")
    assert not late.exists()
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        assert sweep() == 1
    assert late.get().status == "open"


def test_what_fails_for_one_is_done_for_the_others(cast, monkeypatch, caplog):
    people = [study.enrolled(cast.site) for _n in range(3)]
    real = services.recheck

    def sometimes(*, owner, **more):
        if owner.participant.pk == people[0].pk:
            raise ValueError("broken")
        return real(owner=owner, **more)

    monkeypatch.setattr(work, "recheck", sometimes)
    assert sweep() == 2
    assert people[0].code in caplog.text


def test_a_spent_budget_leaves_the_rest(cast):
    for _n in range(2):
        study.enrolled(cast.site)
    assert recheck_waiting(Budget.of(-1)) == 0
    assert len(rechecking.waiting(10)) == 2
    assert len(rechecking.waiting(1)) == 1


def test_by_hand_it_goes_on_to_the_end(vitals, capsys, monkeypatch):
    study.enrolled(vitals.participant.site)
    monkeypatch.setattr("patients.rechecking.AT_ONCE", 1)
    call_command("recheck")
    assert "2 participants were checked anew." in capsys.readouterr().out


def test_finding_who_waits_is_one_statement(cast, django_assert_num_queries):
    for _n in range(3):
        study.enrolled(cast.site)
    with django_assert_num_queries(1):
        assert len(rechecking.waiting(10)) == 3


@pytest.mark.usefixtures("fresh_database")
@pytest.mark.django_db(transaction=True)
def test_two_sweepers_at_once_ask_once(cast, monkeypatch):
    owners = [at_day_0(study.enrolled(cast.site)) for _n in range(4)]
    for owner in owners:
        put(owner, VITALS, GOOD | {"systolic": 100})
    amended(monkeypatch, 110, 190)
    adopt(cast.site)
    done = at_once(sweep, sweep)
    assert sum(done) == 4
    assert (Query.objects.count(), QueryMessage.objects.count()) == (4, 4)
