"""A case from its forms, its news and its reports: decision, clocks, what is due next."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from safety.cases import Kind, Known, Sent, Stage, reached, standing
from safety.clocks import State
from trial.protocol.crf import Facts, Person, Row
from trial.protocol.safety import Party, Report, SafetyParameters

ZONE = ZoneInfo("Asia/Shanghai")
AWARE = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
PARAMETERS = SafetyParameters()
EVENT = {"serious": True, "aware_at": AWARE, "hospitalisation": True}


def row(form, **values):
    return Row(form, 1, values.pop("number", 1), values)


def facts(event=EVENT, assessments=(), pregnancy=None):
    rows = {"adverse_event": (row("adverse_event", **event),) if event else ()}
    rows["sponsor_assessment"] = tuple(
        row("sponsor_assessment", number=count, adverse_event=1, **one)
        for count, one in enumerate(assessments, 1)
    )
    if pregnancy is not None:
        rows["pregnancy_report"] = (row("pregnancy_report", **pregnancy),)
    return Facts(Person(), date(2026, 3, 2), rows)


def sent(report, hours, *, to=Party.SPONSOR, follow_up=0, acknowledged=None):
    at = AWARE + acknowledged * HOUR if acknowledged else None
    return Sent(report, to, follow_up, AWARE + hours * HOUR, at)


def at(hours, about=None, *, kind=Kind.EVENT, news=(), sent=(), since=AWARE):
    known = Known(kind, 1, since, tuple(AWARE + one * HOUR for one in news), tuple(sent))
    return standing(known, about or facts(), PARAMETERS, ZONE, AWARE + hours * HOUR)


def clock(found, report, follow_up=0):
    return next(
        one for one in found.clocks
        if one.due.report is report and one.due.follow_up == follow_up
    )  # fmt: skip


@pytest.mark.parametrize(
    ("hours", "state", "step"),
    [(11.99, State.RUNNING, 0), (12, State.ESCALATED, 1), (20, State.ESCALATED, 2),
     (24, State.ESCALATED, 3), (24.01, State.OVERDUE, 3)],
)  # fmt: skip
def test_the_sites_clock_by_the_hour(hours, state, step):
    found = at(hours)
    sae = clock(found, Report.SAE)
    assert sae.status.state is state
    assert reached(sae, AWARE + hours * HOUR) == step


def test_the_next_step_is_the_earliest_that_is_still_to_come():
    assert at(1).step_at == AWARE + 12 * HOUR
    assert at(12).step_at == AWARE + 20 * HOUR
    assert at(21).step_at == at(21).due_at == AWARE + 24 * HOUR
    assert at(25).step_at is None


def test_the_site_was_aware_at_the_latest_when_it_recorded_the_event():
    late = {**EVENT, "aware_at": None}
    assert at(1, facts(late), since=AWARE + HOUR).due_at == AWARE + 25 * HOUR
    later = {**EVENT, "aware_at": AWARE + 5 * HOUR}
    assert at(1, facts(later)).due_at == AWARE + 24 * HOUR


def test_the_sponsor_knows_from_the_report_or_from_its_own_assessment_whichever_is_earlier():
    phoned = {"received_at": AWARE + HOUR, "minimum_known": True}
    found = at(5, facts(assessments=[phoned]), sent=[sent(Report.SAE, 4)])
    assert clock(found, Report.SUSAR).due.since == AWARE + HOUR
    partly = {"received_at": AWARE + HOUR, "minimum_known": False}
    found = at(5, facts(assessments=[partly]), sent=[sent(Report.SAE, 4)])
    assert clock(found, Report.SUSAR).due.since == AWARE + 4 * HOUR
    waits = clock(at(5, facts(assessments=[partly])), Report.SUSAR)
    assert waits.status.state is State.WAITING


def test_the_newest_answer_of_the_sponsor_counts():
    first = {"sponsor_product": "unrelated", "expectedness": "expected"}
    later = {"sponsor_product": "possible"}
    last = {"expectedness": "unexpected"}
    found = at(1, facts({**EVENT, "cause_product": "unrelated"}, [first, later, last]))
    assert found.decision.susar is True


@pytest.mark.parametrize(
    ("investigator", "sponsor", "expectedness", "susar"),
    [("possible", "unrelated", "unexpected", True), ("unrelated", "possible", "unexpected", True),
     ("unlikely", "unlikely", "unexpected", False), ("possible", "possible", "expected", False),
     ("possible", "", "unexpected", True), ("unrelated", "", "unexpected", None),
     ("", "", "unexpected", None), ("possible", "possible", "", None)],
)  # fmt: skip
def test_a_susar_is_serious_related_to_either_and_unexpected(
    investigator, sponsor, expectedness, susar
):
    event = {**EVENT, "cause_product": investigator}
    view = {"sponsor_product": sponsor, "expectedness": expectedness}
    assert at(1, facts(event, [view])).decision.susar is susar


@pytest.mark.parametrize(
    ("event", "reports"),
    [({"life_threatening": True}, {Report.SUSAR_FATAL, Report.SUSAR_FATAL_COMPLETE}),
     ({"outcome": "fatal"}, {Report.SUSAR_FATAL, Report.SUSAR_FATAL_COMPLETE}),
     ({"grade": "5"}, {Report.SUSAR_FATAL, Report.SUSAR_FATAL_COMPLETE}),
     ({}, {Report.SUSAR}),
     ({"hospitalisation": None}, {Report.SUSAR, Report.SUSAR_FATAL,
                                  Report.SUSAR_FATAL_COMPLETE})],
)  # fmt: skip
def test_which_limit_a_susar_has(event, reports):
    found = at(1, facts({**EVENT, **event}), sent=[sent(Report.SAE, 0.5)])
    assert {one.due.report for one in found.clocks} - {Report.SAE} == reports


def test_stages_from_awareness_to_the_receipt():
    decided = [{"sponsor_product": "unrelated", "expectedness": "expected"}]
    about = facts({**EVENT, "cause_product": "unrelated"}, decided)
    assert at(1, about).stage is Stage.DUE
    assert at(2, about, sent=[sent(Report.SAE, 1)]).stage is Stage.SENT
    told = [sent(Report.SAE, 1, acknowledged=2)]
    assert at(3, about, sent=told).stage is Stage.DONE
    assert at(9, about, sent=told, news=[8]).stage is Stage.DUE
    assert at(9, facts({**EVENT, "serious": False}), sent=told).stage is Stage.WITHDRAWN
    assert at(9, facts(None), sent=told).stage is Stage.WITHDRAWN


def test_an_undecided_susar_keeps_a_case_due():
    found = at(3, sent=[sent(Report.SAE, 1, acknowledged=2)])
    assert found.stage is Stage.DUE
    assert found.due_at is not None


def test_a_follow_up_answers_all_news_it_was_sent_with():
    reports = [sent(Report.SAE, 1, follow_up=1), sent(Report.SAE_FOLLOW_UP, 9, follow_up=3)]
    found = at(12, news=[0.5, 5, 8, 11], sent=reports)
    by_count = {
        one.due.follow_up: one.sending and one.sending.sent_at - AWARE
        for one in found.clocks
        if one.due.report is Report.SAE_FOLLOW_UP
    }
    assert by_count == {1: HOUR, 2: 9 * HOUR, 3: 9 * HOUR, 4: None}


def test_the_sponsors_follow_up_follows_its_own_report_and_the_sites():
    event = {**EVENT, "cause_product": "possible"}
    about = facts(event, [{"expectedness": "unexpected"}])
    first, told = sent(Report.SAE, 1), sent(Report.SAE_FOLLOW_UP, 7, follow_up=1)
    out = sent(Report.SUSAR, 6, to=Party.AUTHORITY)
    for reports in ([first], [first, told], [first, out]):
        found = at(8, about, news=[5], sent=reports)
        assert Report.SUSAR_FOLLOW_UP not in {one.due.report for one in found.clocks}
    found = at(8, about, news=[5], sent=[first, told, out])
    (one,) = (c for c in found.clocks if c.due.report is Report.SUSAR_FOLLOW_UP)
    assert one.due.since == AWARE + 7 * HOUR
    assert one.due.recipient is Party.AUTHORITY  # the committee's first report is still to come


def test_a_pregnancy_has_its_own_clock_and_no_decision():
    found = at(1, facts(None, pregnancy={"aware_at": AWARE}), kind=Kind.PREGNANCY)
    assert found.decision is None
    assert [one.due.report for one in found.clocks] == [Report.PREGNANCY]
    assert found.due_at == AWARE + 24 * HOUR
