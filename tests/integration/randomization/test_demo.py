"""The demo study, small: everything in it came through the services, at times that fit together."""

from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db.models import F
from django.utils import timezone

from patients.models import Disposition, MedicalHistory, Participant
from randomization.models import Allocation, Unblinding
from reports.demo import infusions
from reports.demo.bedside import Hitch
from reports.demo.load import load
from safety.models import AdverseEvent, Receipt, SeriousEvent, SponsorAssessment
from tests.factories import study
from trial.access.models import User
from trial.audit.models import Event as ChangeEvent
from trial.inbox.models import Item
from trial.protocol.crf import missing
from trial.quality.models import Query
from visits.custody import Event, State
from visits.models import (
    Bag,
    BagMovement,
    Deviation,
    Excursion,
    FinalHistology,
    Infusion,
    InfusionReaction,
    InfusionSonography,
    InfusionVitals,
    Status,
    Visit,
    VitalSigns,
)
from visits.selectors.histology import Step, biopsies, counts_of

CODES = ("D0", "W4", "W8")


@pytest.fixture
def loaded(monkeypatch):
    """Two dozen participants; at the first site what goes wrong goes wrong early."""
    hitches = dict(enumerate(Hitch, start=2))
    monkeypatch.setattr(infusions, "HITCHES", hitches)
    load(password=study.PASSWORD, today=timezone.localdate(), participants=24, say=lambda _t: None)


def test_the_demo_study_is_dosed(loaded):
    given_at_each_visit()
    ledgers_in_order()
    what_went_otherwise()
    what_is_there_now()
    how_taking_part_ended()
    what_single_casebooks_show()
    what_central_readers_found()


def given_at_each_visit():
    """One infusion at every infusion visit that was held, whole, on the visit's day."""
    held = Visit.objects.filter(
        code__in=CODES, status=Status.HELD, participant__allocation__isnull=False
    )
    given = Bag.objects.filter(state=State.INFUSED).values_list("visit", flat=True)
    assert Counter(given) == Counter(held.values_list("pk", flat=True))
    ended = Infusion.objects.filter(ended__isnull=False).select_related("visit__participant__site")
    assert ended.count() >= len(held) - 1
    for one in ended:
        assert one.started.astimezone(one.visit.participant.site.zone).date() == one.visit.held_on
        assert None not in (one.weight_kg, one.prepared_cells, one.given_cells)
        points = set(InfusionVitals.objects.filter(infusion=one).values_list("point", flat=True))
        assert {"B", "D15", "E", "P30", "P240"} <= points
        phases = InfusionSonography.objects.filter(infusion=one)
        assert {row.phase for row in phases} >= {"before"}
    late = Allocation.objects.filter(allocated_at__date__gt=F("participant__day0_on"))
    assert not late.exists()


def ledgers_in_order():
    """No bag was reserved, handed out or given before what its ledger says came before."""
    lines = BagMovement.objects.order_by("bag", "number").values_list("bag", "at")
    for (bag, before), (other, after) in pairwise(lines):
        assert bag != other or before <= after
    two = BagMovement.objects.filter(event__in=[Event.ISSUE, Event.VERIFY])
    assert not two.filter(second="").exists()
    assert not two.filter(second=F("by")).exists()
    used = BagMovement.objects.filter(event=Event.INFUSE)
    assert not used.filter(at__gt=F("bag__expires_at")).exists()


def what_went_otherwise():
    """Each kind of hitch is there once, with its reason."""
    assert Infusion.objects.filter(prepared_grade="warning").count() == 1
    (deviation,) = Infusion.objects.filter(prepared_grade="deviation")
    assert deviation.preparation_note
    (stopped,) = Infusion.objects.filter(stopped_early=True)
    assert (stopped.stop_reason, bool(stopped.end_note)) == ("reaction", True)
    assert InfusionReaction.objects.filter(infusion=stopped, grade=2).exists()
    for state in (State.RETURNED, State.WASTED):
        (bag,) = Bag.objects.filter(state=state, reserved_for__isnull=False)
        assert bag.movements.last().note


def what_is_there_now():
    """Stock at every site, a delivery on its way, one to be judged, one arm that was asked for."""
    stock = Bag.objects.filter(state=State.RECEIVED, excursion_open=False)
    assert set(stock.values_list("site__code", flat=True)) == {"01", "02", "03", "04"}
    assert not stock.filter(expires_at__lt=timezone.now()).exists()
    assert Bag.objects.filter(state=State.SHIPPED).exists()
    assert Excursion.objects.filter(judged_at=None).exists()
    month = timezone.now() - timedelta(days=30)
    assert Bag.objects.filter(shipment__packed_at__lt=month).exists()
    (asked,) = Unblinding.objects.all()
    assert asked.read_at is not None
    assert Item.objects.filter(kind="unblinding", done_at=None).count() == 2


def how_taking_part_ended():
    """Each end is a line, and the status is what the line says."""
    ends = {"study_completed": "completed", "withdrawal_full": "withdrawn",
            "lost_to_follow_up": "withdrawn"}  # fmt: skip
    lines = Disposition.objects.select_related("participant")
    for line in lines.filter(event__in=ends):
        person = line.participant
        assert (person.status, person.ended_on) == (ends[line.event], line.happened_on)
    ended = Participant.objects.filter(status__in=["completed", "withdrawn"])
    assert lines.filter(event__in=ends).count() == ended.count()
    treated = Infusion.objects.filter(visit__code="W8", ended__isnull=False)
    assert lines.filter(event="treatment_completed").count() == treated.count() > 0
    (partly,) = lines.filter(event="withdrawal_partial")
    assert (partly.participant.status, partly.allows_visits) == ("enrolled", True)
    (lost,) = lines.filter(event="lost_to_follow_up")
    assert (lost.attempts, missing(Disposition.form, lost.values)) == (4, ())


def what_single_casebooks_show():
    """A clock that runs, a sheet with a gap, answers explained, corrected and struck."""
    running = AdverseEvent.objects.get(serious=True, ongoing=True)
    assert timedelta() < timezone.now() - running.aware_at < timedelta(hours=24)
    assert not SeriousEvent.objects.filter(participant=running.participant).exists()
    over = AdverseEvent.objects.filter(serious=True, ongoing=False)
    told = SeriousEvent.objects.exclude(narrative="").values_list("participant", "adverse_event")
    assert sorted(told) == sorted(over.values_list("participant", "number"))
    assert 0 < SponsorAssessment.objects.count() == over.count()
    assert Receipt.objects.filter(submission__case__participant__in=over.values("participant"))
    gaps = [row for row in VitalSigns.objects.all() if missing(VitalSigns.form, row.values)]
    assert 0 < len(gaps) < 10
    (asked,) = Query.objects.filter(cause__startswith="crf:CM-03")
    assert asked.status == "answered"
    (struck,) = MedicalHistory.objects.filter(struck=True)
    assert struck.version == 2
    (changed,) = ChangeEvent.objects.filter(
        table_name="visits_vitalsigns", reason__startswith="Read from the line above"
    )
    assert changed.kind == "update"
    assert Deviation.objects.filter(kind="window").exists()


def what_central_readers_found():
    """Biopsies wait for pictures, for readers, for being read, and some count."""
    steps = counts_of(biopsies(User.objects.get(username="datamanager")))
    assert all(steps[step.value] for step in Step if step != Step.THIRD)
    counted = FinalHistology.objects.filter(state__in=["agreed", "adjudicated"])
    assert counted
    assert not counted.filter(mhai=None)
