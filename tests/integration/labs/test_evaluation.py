"""A lab entry becomes scores, a response, a relapse flag and an inbox item."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from labs.models import EvaluationRun, MeldScore, ReferenceRange, ResponseAssessment, Series
from labs.selectors import is_pending, pending
from labs.services import ranges
from labs.services.evaluation import evaluate, evaluate_pending, oldest_pending_seconds
from tests.factories import study
from trial.access.roles import Role
from trial.audit.context import transaction
from trial.inbox.models import Item
from visits.services import schedule as visits

MELD_INPUTS = {"BILI": "51", "CREAT": "133", "INR": "1.4", "SODIUM": "130", "ALB": "28"}


@pytest.fixture
def participant(cast):
    return study.enrolled(cast.site)


def relapse_course(participant, cast, until="W36"):
    for code, values in study.RELAPSE_COURSE.items():
        study.enter(participant, code, values, cast.laboratory)
        if code == until:
            return


def endpoint(participant) -> ResponseAssessment:
    return participant.assessments.get(rule="TRIAL-REL", replaced_by=None)


def test_an_entry_waits_until_it_is_evaluated(cast, participant):
    assert not is_pending(participant)
    study.enter(participant, "D0", study.RELAPSE_COURSE["D0"], cast.laboratory)
    assert is_pending(participant)
    assert oldest_pending_seconds() >= 0

    assert evaluate(participant_id=participant.pk, process="test") is not None
    assert not is_pending(participant)
    assert oldest_pending_seconds() == 0


def test_an_evaluation_that_waits_too_long_is_shown_to_whoever_watches(cast, participant, client):
    study.enter(participant, "D0", MELD_INPUTS, cast.laboratory)
    assert client.get("/readyz").json()["checks"]["evaluations"] == "ok"
    with transaction(by=study.SETUP):
        Series.objects.update(changed_at=timezone.now() - timedelta(minutes=6))

    answer = client.get("/readyz")
    assert answer.json()["checks"]["evaluations"].startswith("the oldest waits 36")
    assert answer.status_code == 200


def test_si_values_give_the_three_scores_of_case_c41(cast, participant):
    """C41: bilirubin 51 µmol/L, creatinine 133 µmol/L, INR 1.4, Na 130, albumin 28 g/L, woman."""
    panel = study.enter(participant, "D0", MELD_INPUTS, cast.laboratory)
    evaluate(participant_id=participant.pk, process="test")

    scores = {s.formula: s.value for s in MeldScore.objects.current().filter(panel=panel)}
    assert set(scores.values()) == {18, 23, 25}


def test_a_missing_creatinine_gives_no_score_and_says_so(cast, participant):
    values = {code: text for code, text in MELD_INPUTS.items() if code != "CREAT"}
    study.enter(participant, "D0", values, cast.laboratory)
    evaluate(participant_id=participant.pk, process="test")

    for score in MeldScore.objects.current():
        assert score.value is None
        assert any("creatinine" in code for code in score.missing)


def test_a_relapse_is_flagged_with_its_reason_and_put_before_the_investigators(cast, participant):
    """Worked case 6: CBR at week 12, ALT 3.1×ULN at week 36."""
    relapse_course(participant, cast)
    evaluate_pending(process="test")

    flag = endpoint(participant)
    assert (flag.outcome, flag.visit_code) == ("RELAPSE", "W36")
    item = Item.objects.get()
    assert (item.role, item.site, item.participant_code) == (
        Role.INVESTIGATOR, cast.site, participant.code
    )  # fmt: skip
    assert Item.objects.visible_to(cast.investigator).count() == 1
    assert not Item.objects.visible_to(cast.investigator2).exists()
    assert not Item.objects.visible_to(cast.coordinator).exists()


@pytest.mark.req("F-071")
def test_ten_deliveries_of_one_task_leave_one_run_and_one_item(cast, participant):
    relapse_course(participant, cast)
    for _ in range(10):
        evaluate(participant_id=participant.pk, process="test")
    assert EvaluationRun.objects.count() == 1
    assert Item.objects.count() == 1


@pytest.mark.req("R-22")
def test_correcting_an_earlier_value_changes_what_rests_on_it_and_keeps_the_old_result(
    cast, participant
):
    """D3: week 12 was no complete response after all, so week 36 is no relapse."""
    relapse_course(participant, cast)
    evaluate_pending(process="test")
    study.enter(participant, "W12", {"ALT": "90"}, cast.laboratory, reason="misread")
    study.enter(participant, "W24", {"ALT": "90"}, cast.laboratory, reason="misread")
    evaluate_pending(process="test")

    assert endpoint(participant).outcome != "RELAPSE"
    old = participant.assessments.exclude(replaced_by=None).get(rule="TRIAL-REL")
    assert old.outcome == "RELAPSE"
    assert old.replaced_by == endpoint(participant).run


def test_correcting_an_upper_limit_re_evaluates_who_rests_on_it(cast, participant):
    """ALT 125 is 3.1×ULN with ULN 40 and 2.5×ULN with ULN 50."""
    relapse_course(participant, cast)
    evaluate_pending(process="test")
    row = ReferenceRange.objects.get(laboratory=cast.laboratory, analyte="ALT", sex="F")
    ranges.correct_range(
        row=row, low=row.low, high=Decimal(50), unit=row.unit, valid_to=None, reason="new kit",
        by=study.SETUP,
    )  # fmt: skip

    assert is_pending(participant)
    evaluate_pending(process="test")
    inputs = endpoint(participant)
    assert (inputs.outcome, inputs.reason_params) != ("RELAPSE", {})
    assert "3.1" not in str(inputs.reason_params)


def test_a_visit_recorded_as_missed_after_the_response_waits_for_a_new_evaluation(
    cast, participant
):
    relapse_course(participant, cast, until="W24")
    evaluate_pending(process="test")
    visits.miss(visit=study.visit_of(participant, "W36"), reason="ill", by=study.SETUP)
    assert is_pending(participant)

    study.enter(participant, "W48", study.RELAPSE_COURSE["W36"], cast.laboratory)
    evaluate_pending(process="test")
    assert endpoint(participant).reason_params["interval_censored"] == "yes"


def test_another_participants_correction_leaves_this_one_alone(cast, participant):
    other = study.enrolled(cast.site)
    relapse_course(participant, cast)
    evaluate_pending(process="test")
    study.enter(other, "D0", study.RELAPSE_COURSE["D0"], cast.laboratory)
    assert list(pending().values_list("participant", flat=True)) == [other.pk]


def test_a_haemolysed_sample_counts_as_missing(cast, participant):
    panel = study.enter(participant, "D0", MELD_INPUTS, cast.laboratory)
    evaluate_pending(process="test")
    visit = panel.visit
    data = study.panel_entry(cast.laboratory, panel.collected_on, MELD_INPUTS)
    study.panels.record_panel(
        visit=visit, base_version=1, reason="lab called", by=study.SETUP,
        data=replace(data, sample_state="haemolysed"),
    )  # fmt: skip
    evaluate_pending(process="test")
    assert all(score.value is None for score in MeldScore.objects.current())


@pytest.mark.req("F-072")
def test_a_participant_whose_evaluation_fails_does_not_stop_the_others(
    cast, participant, monkeypatch
):
    other = study.enrolled(cast.site)
    for one in (participant, other):
        study.enter(one, "D0", MELD_INPUTS, cast.laboratory)
    real = evaluate_pending.__globals__["series_of"]

    def poisoned(one):
        if one.pk == participant.pk:
            raise ValueError("poison")
        return real(one)

    monkeypatch.setitem(evaluate_pending.__globals__, "series_of", poisoned)
    assert evaluate_pending(process="test") == 1
    assert is_pending(participant)
    assert not is_pending(other)


def test_the_number_of_statements_does_not_grow_with_the_course(cast, participant):
    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            evaluate(participant_id=participant.pk, process="test")
        return len(queries)

    study.enter(participant, "D0", MELD_INPUTS, cast.laboratory)
    short = statements()
    for code in ("W12", "W24", "W36", "W48"):
        study.enter(participant, code, MELD_INPUTS, cast.laboratory)
    assert statements() <= short + 3
