"""A case follows the forms: opened, told of, withdrawn, opened again; its reports and receipts."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import DatabaseError, transaction
from django.utils import timezone

from safety.cases import Stage
from safety.clocks import State
from safety.models import Receipt, ReportVersion, SafetyCase, Seriousness, Submission
from safety.selectors.cases import held
from safety.services import reports
from safety.services.reports import Outside
from safety.versions import differences
from tests.factories import cases, study
from trial.access.exceptions import Refused
from trial.crf.owner import Owner
from trial.crf.services import strike
from trial.inbox.models import Item
from trial.protocol.casebook.adverse_event import FORM
from trial.protocol.safety import Party, Report

pytestmark = pytest.mark.django_db
BY = study.SETUP
HOUR = timedelta(hours=1)


@pytest.fixture
def person(cast):
    return study.enrolled(cast.site)


def found(case):
    rows = SafetyCase.objects.select_related("participant__site")
    (one,) = held([rows.get(pk=case.pk)])
    return one


def states(case):
    """(report, recipient) of a case by state."""
    return {
        (one.due.report.value, one.due.recipient.value, one.due.follow_up): one.status.state
        for one in found(case).standing.clocks
    }


def waiting(case, kind="safety_case"):
    items = Item.objects.filter(cause__startswith=f"{kind}:{case.pk}:", done_at=None)
    return sorted(items.values_list("role", flat=True))


# --- opening and withdrawing --------------------------------------------------------------------
def test_an_event_that_is_not_serious_is_no_case(person):
    number = cases.event(person)
    cases.fill(person, "adverse_event", "seriousness", number=number, serious=False)
    assert not SafetyCase.objects.exists()


def test_serious_opens_a_case_and_tells_safety_officer_and_investigator_by_mail(person):
    case = cases.serious(person)
    assert (case.kind, case.number, case.stage) == ("event", 1, Stage.DUE)
    assert waiting(case) == ["investigator", "safety"]
    assert set(Item.objects.values_list("mail", flat=True)) == {"waiting"}
    assert case.due_at is not None


def test_saving_a_serious_event_again_tells_nobody_twice(person):
    case = cases.serious(person)
    cases.judged(person, case.number)
    cases.fill(person, "adverse_event", "seriousness", number=1, disability=True)
    assert Item.objects.filter(kind="safety_case").count() == 2
    assert case.seriousness.count() == 1


def test_a_downgrade_takes_the_items_back_and_stays_in_the_history(person):
    case = cases.serious(person)
    cases.fill(person, "adverse_event", "seriousness", number=1, serious=False,
               reason="a mistake")  # fmt: skip
    case.refresh_from_db()
    assert (case.stage, case.due_at, case.step_at) == (Stage.WITHDRAWN, None, None)
    assert waiting(case) == []
    assert list(case.seriousness.values_list("serious", "reason")) == [
        (True, "corrected"), (False, "a mistake"),
    ]  # fmt: skip
    assert not Item.objects.filter(kind="safety_withdrawn").exists()  # nothing was reported


def test_an_upgrade_after_a_downgrade_tells_anew(person):
    case = cases.serious(person)
    cases.fill(person, "adverse_event", "seriousness", number=1, serious=False)
    cases.make_serious(person, 1)
    case.refresh_from_db()
    assert case.stage == Stage.DUE
    assert waiting(case) == ["investigator", "safety"]
    assert list(case.seriousness.values_list("serious", flat=True)) == [True, False, True]


def test_a_downgrade_after_a_report_is_told_to_the_safety_officer(person):
    case = cases.serious(person)
    reports.submit(case=case, by=BY)
    cases.fill(person, "adverse_event", "seriousness", number=1, serious=False)
    assert waiting(case, "safety_withdrawn") == ["safety"]
    case.refresh_from_db()
    assert case.stage == Stage.WITHDRAWN


def test_a_struck_line_withdraws_its_case(person):
    case = cases.serious(person)
    strike(owner=Owner(person), form=FORM, number=1, by=BY, reason="another person's")
    case.refresh_from_db()
    assert case.stage == Stage.WITHDRAWN
    with pytest.raises(Refused):
        reports.submit(case=case, by=BY)


def test_an_answer_that_is_taken_back_stops_no_clock(person):
    case = cases.serious(person)
    cases.fill(person, "adverse_event", "seriousness", number=1, serious=None)
    case.refresh_from_db()
    assert case.stage == Stage.DUE
    assert case.due_at is not None
    (sae,) = (c for c in found(case).standing.clocks if c.due.report is Report.SAE)
    assert sae.due.required is None


def test_nothing_is_a_case_if_the_save_is_refused(person):
    number = cases.event(person)
    ahead = timezone.now() + timedelta(days=1)
    with pytest.raises(Refused):
        cases.make_serious(person, number, aware_at=ahead)
    assert not SafetyCase.objects.exists()
    assert not Item.objects.exists()


# --- the clock of the site ----------------------------------------------------------------------
@pytest.mark.parametrize("hours", [1, 23])
def test_the_24_hours_run_from_awareness_to_the_minute(person, hours):
    aware = timezone.now().replace(second=0, microsecond=0) - hours * HOUR
    case = cases.serious(person, aware_at=aware)
    assert case.due_at == aware + 24 * HOUR
    assert states(case)["sae", "sponsor", 0] is (State.RUNNING if hours < 12 else State.ESCALATED)


def test_without_a_time_of_awareness_the_clock_runs_from_the_record(person):
    number = cases.event(person)
    before = timezone.now()
    cases.fill(person, "adverse_event", "seriousness", number=number, serious=True,
               medically_important=True)  # fmt: skip
    case = cases.case(person, number)
    assert case.due_at is not None
    assert before + 24 * HOUR <= case.due_at <= timezone.now() + 24 * HOUR


def test_calendar_days_are_those_of_the_sponsor(db, settings):
    # 23:30 on 2 March in Shanghai is 15:30 UTC: day 0 is 2 March there, and in Kiritimati 3 March.
    received = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)
    limits = {}
    with time_machine.travel(received + 2 * HOUR, tick=False):
        cast = study.make_cast()
        other = study.enrolled(cast.site)
        case = cases.serious(other, aware_at=received - HOUR)
        cases.assessed(other, 1, received_at=received, related="possible",
                       expectedness="unexpected")  # fmt: skip
        for zone in ("Asia/Shanghai", "Pacific/Kiritimati"):
            settings.SPONSOR_TIME_ZONE = zone
            limits[zone] = next(
                one.due.due_on for one in found(case).standing.clocks
                if one.due.report is Report.SUSAR
            )  # fmt: skip
    assert limits["Asia/Shanghai"].isoformat() == "2026-03-17"
    assert limits["Pacific/Kiritimati"].isoformat() == "2026-03-18"


# --- sending ------------------------------------------------------------------------------------
def test_the_first_report_freezes_a_version_and_closes_the_investigators_item(person):
    case = cases.serious(person)
    sent = reports.submit(case=case, by=BY)
    assert (sent.report, sent.recipient, sent.version.number) == ("sae", "sponsor", 1)
    assert sent.version.intact
    assert waiting(case) == ["safety"]
    assert states(case)["sae", "sponsor", 0] is State.SUBMITTED


def test_a_receipt_closes_the_safety_officers_item(person):
    case = cases.serious(person)
    sent = reports.submit(case=case, by=BY)
    reports.acknowledge(submission=sent, by=BY, reference="R-1")
    assert waiting(case) == []
    assert states(case)["sae", "sponsor", 0] is State.ACKNOWLEDGED


def test_a_receipt_is_confirmed_once(person):
    sent = reports.submit(case=cases.serious(person), by=BY)
    reports.acknowledge(submission=sent, by=BY)
    with pytest.raises(Refused):
        reports.acknowledge(submission=sent, by=BY)
    assert Receipt.objects.count() == 1


@pytest.mark.parametrize("shift", [timedelta(minutes=-1), timedelta(minutes=1)])
def test_a_receipt_lies_between_the_sending_and_now(person, shift):
    sent = reports.submit(case=cases.serious(person), by=BY)
    at = (sent.sent_at if shift < timedelta() else timezone.now()) + shift
    with pytest.raises(Refused):
        reports.acknowledge(submission=sent, by=BY, at=at)


def test_a_second_report_needs_news(person):
    case = cases.serious(person)
    reports.submit(case=case, by=BY)
    with pytest.raises(Refused) as refused:
        reports.submit(case=case, by=BY)
    assert set(refused.value.errors) == {"news"}
    with pytest.raises(Refused) as refused:
        reports.submit(case=case, by=BY, news="the same")
    assert set(refused.value.errors) == {""}
    assert ReportVersion.objects.count() == 1


def test_what_was_changed_goes_out_as_a_follow_up_with_its_differences(person):
    case = cases.serious(person)
    reports.submit(case=case, by=BY)
    cases.fill(person, "adverse_event", "event", number=1, outcome="recovering")
    sent = reports.submit(case=case, by=BY, news="Better.")
    assert (sent.report, sent.follow_up, sent.version.number) == ("sae_follow_up", 1, 2)
    older, newer = ReportVersion.objects.order_by("number")
    changed = {one.id: (one.before, one.after) for one in differences(older.content, newer.content)}
    assert changed == {"E.i.7": ("3", "2")}


def test_each_news_has_a_clock_and_a_report_covers_what_was_known(person):
    case = cases.serious(person)
    reports.submit(case=case, by=BY)
    first, second = (timezone.now() - n * HOUR for n in (2, 1))
    line = cases.follow_up(person, 1, 1, first)
    cases.follow_up(person, 1, 2, second, line=line)
    case.refresh_from_db()
    assert case.due_at == first + 24 * HOUR
    assert states(case)["sae_follow_up", "sponsor", 1] is State.RUNNING
    sent = reports.submit(case=case, by=BY, news="Both.")
    assert sent.follow_up == 2
    late = timezone.now() - timedelta(minutes=1)
    cases.follow_up(person, 1, 3, late, line=line)
    at = states(case)
    assert at["sae_follow_up", "sponsor", 1] is at["sae_follow_up", "sponsor", 2] is State.SUBMITTED
    assert at["sae_follow_up", "sponsor", 3] is State.RUNNING


def test_news_before_the_first_report_come_with_it(person):
    case = cases.serious(person, aware_at=timezone.now() - 3 * HOUR)
    cases.follow_up(person, 1, 1, timezone.now() - HOUR)
    reports.submit(case=case, by=BY)
    assert states(case)["sae_follow_up", "sponsor", 1] is State.SUBMITTED


# --- SUSAR --------------------------------------------------------------------------------------
def decided(person, *, expectedness="unexpected", **criteria):
    case = cases.serious(person, **criteria)
    cases.judged(person, 1, "possible")
    reports.submit(case=case, by=BY)
    cases.assessed(person, 1, expectedness=expectedness)
    return case


def test_the_sites_report_starts_the_sponsors_clocks_before_anything_is_assessed(person):
    case = cases.serious(person)
    sent = reports.submit(case=case, by=BY)
    one = next(c for c in found(case).standing.clocks if c.due.report is Report.SUSAR)
    assert one.due.since == sent.sent_at
    assert one.due.required is None
    case.refresh_from_db()
    assert case.stage == Stage.DUE


def test_an_expected_event_is_no_susar_and_nothing_more_is_due(person):
    case = decided(person, expectedness="expected")
    assert found(case).standing.decision.susar is False
    assert set(states(case)) == {("sae", "sponsor", 0)}
    case.refresh_from_db()
    assert (case.stage, case.due_at) == (Stage.SENT, None)


def test_a_susar_goes_to_authority_and_ethics_committee(person):
    case = decided(person)
    assert found(case).standing.decision.susar is True
    wanted = [(Report.SUSAR, party, 0) for party in (Party.AUTHORITY, Party.ETHICS_COMMITTEE)]
    outside = Outside(wanted, timezone.now(), "CDE-1")
    made = reports.record_outside(case=case, outside=outside, by=BY)
    assert [one.recipient for one in made] == ["authority", "ethics_committee"]
    assert len({one.version_id for one in made}) == 1
    case.refresh_from_db()
    assert case.stage == Stage.SENT
    with pytest.raises(Refused):  # sent already
        reports.record_outside(case=case, outside=outside, by=BY)


def test_a_fatal_susar_has_seven_days_and_eight_more(person):
    case = decided(person, life_threatening=True)
    wanted = {report for report, _party, _count in states(case)}
    assert wanted == {"sae", "susar_fatal", "susar_fatal_complete"}


REFUSED = {
    "nothing named": ([], timedelta()),
    "not asked for": ([(Report.SUSAR_FATAL, Party.AUTHORITY, 0)], timedelta()),
    "the site's": ([(Report.SAE, Party.SPONSOR, 0)], timedelta()),
    "still to come": ([(Report.SUSAR, Party.AUTHORITY, 0)], timedelta(hours=1)),
    "before the sponsor knew": ([(Report.SUSAR, Party.AUTHORITY, 0)], timedelta(days=-1)),
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_is_not_due_is_not_recorded_as_sent(person, why):
    wanted, shift = REFUSED[why]
    case = decided(person)
    with pytest.raises(Refused):
        reports.record_outside(case=case, outside=Outside(wanted, timezone.now() + shift), by=BY)
    assert Submission.objects.count() == 1


# --- pregnancy ----------------------------------------------------------------------------------
def test_a_pregnancy_is_a_case_and_its_outcome_is_news(person):
    case = cases.pregnancy(person)
    assert states(case) == {("pregnancy", "sponsor", 0): State.RUNNING}
    sent = reports.submit(case=case, by=BY)
    reports.acknowledge(submission=sent, by=BY)
    case.refresh_from_db()
    assert case.stage == Stage.DONE
    day = timezone.now().astimezone(person.site.zone).date().isoformat()
    cases.fill(person, "pregnancy_report", "outcome", number=1, outcome="miscarriage",
               outcome_on=day)  # fmt: skip
    assert states(case)["pregnancy_follow_up", "sponsor", 1] is State.RUNNING
    sent = reports.submit(case=case, by=BY, news="Lost.")
    assert sent.report == "pregnancy_follow_up"


# --- every state of a report by every act -------------------------------------------------------
def at_state(person, state):
    """The case and its report to the sponsor in a state."""
    ago = {"running": 1, "escalated": 13, "overdue": 25}.get(state, 1)
    case = cases.serious(person, aware_at=timezone.now() - ago * HOUR)
    sent = None
    if state in ("submitted", "acknowledged", "late"):
        sent = reports.submit(case=case, by=BY)
    if state == "acknowledged":
        assert sent is not None
        reports.acknowledge(submission=sent, by=BY)
    if state == "withdrawn":
        cases.fill(person, "adverse_event", "seriousness", number=1, serious=False)
    return case, sent


ALLOWED = {
    "running": {"submit"}, "escalated": {"submit"}, "overdue": {"submit"},
    "submitted": {"follow up", "acknowledge"}, "acknowledged": {"follow up"}, "withdrawn": set(),
}  # fmt: skip
ACTS = ("submit", "follow up", "acknowledge", "acknowledge unsent")


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("state", ALLOWED)
def test_every_act_in_every_state_of_a_report(person, state, act):
    case, sent = at_state(person, state)
    before = Submission.objects.count(), Receipt.objects.count()

    def do():
        if act == "submit":
            reports.submit(case=case, by=BY)
        elif act == "follow up":
            if sent is None:
                raise Refused({})
            cases.fill(person, "adverse_event", "event", number=1, outcome="recovering")
            reports.submit(case=case, by=BY, news="Better.")
        elif sent is None or act == "acknowledge unsent":
            raise Refused({})
        else:
            reports.acknowledge(submission=sent, by=BY)

    if act in ALLOWED[state]:
        do()
        assert (Submission.objects.count(), Receipt.objects.count()) != before
    else:
        with pytest.raises(Refused):
            do()
        assert (Submission.objects.count(), Receipt.objects.count()) == before


def test_a_late_report_stays_late(person):
    case = cases.serious(person, aware_at=timezone.now() - 25 * HOUR)
    reports.submit(case=case, by=BY)
    (sae,) = (c for c in found(case).standing.clocks if c.due.report is Report.SAE)
    assert sae.status.late
    assert sae.status.state is State.SUBMITTED


# --- append-only --------------------------------------------------------------------------------
@pytest.mark.parametrize("model", [ReportVersion, Submission, Receipt, Seriousness])
def test_what_was_reported_is_never_changed(person, model):
    sent = reports.submit(case=cases.serious(person), by=BY)
    reports.acknowledge(submission=sent, by=BY)
    row = model.objects.get()
    with pytest.raises(DatabaseError), transaction.atomic():
        row.save()
    with pytest.raises(DatabaseError), transaction.atomic():
        row.delete()
