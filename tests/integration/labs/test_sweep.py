"""The sweeper's rounds: what one of them raises ends neither the loop nor the rest of its work."""

import logging
import os
import signal

import pytest
from django.core.management import CommandError, call_command

from labs.management.commands import sweep
from labs.services import evaluation, open_questions, panels
from tests.factories import study
from trial import sweeping
from trial.access.exceptions import Refused
from trial.quality.models import Outcome, Query

pytestmark = pytest.mark.django_db


def refuse(*_args, **_known):
    raise Refused({"": ["Somebody closed this query just now."]})


def enter_d0(person, cast, *, dialysis, base_version=0):
    """Values from which MELD follows once the question about dialysis is answered."""
    visit = study.visit_of(person, "D0")
    values = {"BILI": "20", "INR": "1.1", "CREAT": "70"}
    panels.record_panel(
        visit=visit,
        data=study.panel_entry(cast.laboratory, visit.target_on, values, dialysis=dialysis),
        base_version=base_version,
        reason="asked" if base_version else "",
        by=study.SETUP,
    )


@pytest.fixture
def _at_work(monkeypatch):
    """It is time to look at what is missing; the process keeps its own signal handler."""
    monkeypatch.setattr(sweep, "_asked", [-float(sweep.ASK_EVERY)])
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.req("F-072")
@pytest.mark.usefixtures("_at_work")
def test_a_round_that_fails_is_logged_and_the_next_one_follows(monkeypatch, caplog):
    rounds = []

    def fail_then_stop(*, process):
        rounds.append(process)
        if len(rounds) > 1:
            os.kill(os.getpid(), signal.SIGTERM)
        refuse()

    monkeypatch.setattr(sweep, "ask_open_questions", fail_then_stop)
    with caplog.at_level(logging.ERROR, logger="labs.sweep"):
        call_command("sweep", loop=0.01)
    assert rounds == ["sweeper", "sweeper"]
    assert caplog.text.count("a round of the sweep failed") == 2
    assert "Refused" in caplog.text


@pytest.mark.usefixtures("_at_work")
def test_a_single_sweep_that_fails_says_so_to_whoever_called_it(monkeypatch):
    monkeypatch.setattr(sweep, "ask_open_questions", refuse)
    with pytest.raises(CommandError, match="not done: sweep"):
        call_command("sweep")


@pytest.mark.usefixtures("_at_work")
def test_a_mail_that_can_not_be_made_keeps_no_evaluation_waiting(cast, monkeypatch):
    study.enter(study.enrolled(cast.site), "D0", {"ALT": "40"}, cast.laboratory)
    monkeypatch.setattr(sweep, "send_if_due", refuse)
    with pytest.raises(CommandError, match="not done"):
        call_command("sweep")
    assert evaluation.oldest_pending_seconds() == 0


@pytest.mark.req("F-072")
def test_one_participant_who_can_not_be_asked_about_does_not_stop_the_others(
    cast, monkeypatch, caplog
):
    people = [study.enrolled(cast.site) for _number in range(3)]
    for person in people:
        enter_d0(person, cast, dialysis=None)
    dialysis = open_questions._dialysis

    def poisoned(concerned):
        if people[0].pk in concerned:
            refuse()
        return dialysis(concerned)

    monkeypatch.setattr(open_questions, "_dialysis", poisoned)
    open_questions.ask_open_questions(process="sweeper")
    asked = Query.objects.filter(field="dialysis").values_list("participant_id", flat=True)
    assert sorted(asked) == [person.pk for person in people[1:]]
    assert f"what participant {people[0].pk} lacks" in caplog.text


def test_what_was_settled_before_is_not_read_again(cast, monkeypatch):
    person = study.enrolled(cast.site)
    today = study.visit_of(person, "D0").target_on
    enter_d0(person, cast, dialysis=None)
    open_questions.ask_open_questions(process="sweeper", today=today)
    enter_d0(person, cast, dialysis=False, base_version=1)
    open_questions.ask_open_questions(process="sweeper", today=today)
    assert Query.objects.get().outcome == Outcome.HEALED
    read = []
    from_db = Query.from_db

    def counting(*args):
        read.append(args)
        return from_db(*args)

    monkeypatch.setattr(Query, "from_db", counting)
    open_questions.ask_open_questions(process="sweeper", today=today)
    assert read == []


@pytest.mark.usefixtures("_at_work")
def test_apps_above_join_a_round_after_the_evaluations(cast, monkeypatch):
    study.enter(study.enrolled(cast.site), "D0", {"ALT": "40"}, cast.laboratory)
    waited = []

    def work(_budget):
        waited.append(evaluation.oldest_pending_seconds())
        return 0

    monkeypatch.setattr(sweeping, "_JOINED", {"above": work})
    call_command("sweep")
    assert waited == [0]


@pytest.mark.usefixtures("_at_work")
def test_a_joined_work_that_fails_says_so_to_whoever_called_it(monkeypatch):
    monkeypatch.setattr(sweeping, "_JOINED", {"above": refuse})
    with pytest.raises(CommandError, match="not done: sweep"):
        call_command("sweep")
