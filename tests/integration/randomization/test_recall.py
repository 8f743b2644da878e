"""Recall: from a lot or a donor to every bag and everybody who got one; word without a lot."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from randomization.sealed import recalling
from randomization.sealed.models import BagContent, Lot
from randomization.sealed.recalling import Scope, recall, trace, withdraw
from tests.factories import study
from tests.factories.allocation import list_in_force, randomised, ready
from tests.factories.product import (
    decided,
    donor,
    packed,
    quarantined,
    signer,
    with_results,
)
from tests.integration.quality.holding import freeze
from trial.access import services as access
from trial.access.exceptions import Refused
from trial.access.roles import Role
from trial.audit.context import Actor
from trial.audit.models import Event as Written
from trial.inbox.models import Item
from trial.quality.models import Scope as Held
from visits.custody import Event
from visits.models import Bag
from visits.services.bags import Step, move

BY = study.SETUP


def by(cast):
    return Actor.of(cast.pharmacist, role="pharmacist")


def received(shipment):
    ids = list(shipment.bags.values_list("pk", flat=True))
    move(bags=ids, step=Step(Event.SHIP), by=BY)
    return move(bags=ids, step=Step(Event.RECEIVE, site=shipment.site), by=BY)


def bags_of(number):
    rows = BagContent.objects.filter(lot__number=number).values_list("bag_id", flat=True)
    return Bag.objects.filter(pk__in=list(rows)).order_by("pk")


def infused(cast, bag, person):
    """The bag goes all the way, in the hands of two people."""
    first, second = Actor.of(cast.coordinator), cast.investigator
    visit = person.visits.get(code="D0", number=0)
    given = {"site": bag.site, "participant": person, "visit": visit}
    for event in (Event.RESERVE, Event.ISSUE, Event.VERIFY, Event.INFUSE):
        move(bags=[bag.pk], step=Step(event, second=second, **given), by=first)


@pytest.fixture
def going(cast):
    """Bags at both sites; one of lot L-A1 was infused at site 01, one is reserved."""
    here = packed(cast.pharmacist, cast.site, cells=4, placebo=4, mark="1")
    there = packed(cast.pharmacist, cast.other_site, cells=2, placebo=2, mark="2")
    received(here)
    received(there)
    one, two, *_more = bags_of("L-A1")
    infused(cast, one, study.enrolled(cast.site))
    move(bags=[two.pk], step=Step(Event.RESERVE, site=cast.site,
                                  participant=study.enrolled(cast.site)), by=BY)  # fmt: skip
    return cast


def lot(number):
    return Lot.objects.get(number=number)


def recalled(cast, **scope):
    return recall(
        scope=Scope(**scope), reason="mycoplasma found", signer=signer(cast.pharmacist), by=by(cast)
    )


def test_from_a_lot_to_every_bag_and_participant(going):
    traced = trace(Scope(lot_id=lot("L-A1").pk))
    assert len(traced.bags) == 4
    [(bag, of)] = traced.infused
    assert (bag.reserved_for.site, bag.visit.code, of.number) == (going.site, "D0", "L-A1")
    assert timezone.now() - vars(bag)["last_at"] < timedelta(minutes=5)
    assert traced.people == 1


def test_a_recalled_lot_s_bags_are_withdrawn_and_no_others(going):
    outcome = recalled(going, lot_id=lot("L-A1").pk)
    assert (outcome.withdrawn, list(outcome.held), outcome.unsent) == (3, [], 0)
    assert lot("L-A1").disposition == "recalled"
    assert sorted(bag.state for bag in bags_of("L-A1")) == ["infused"] + ["recalled"] * 3
    assert {bag.state for bag in bags_of("L-B1")} == {"received"}
    decision = lot("L-A1").dispositions.last()
    assert (decision.signed_by, decision.reason) == ("pharmacist", "mycoplasma found")


def test_from_a_donor_to_all_lots_also_one_in_quarantine(going):
    mine = lot("L-A1").donor
    waiting = quarantined("L-A9", "A", of=mine)
    traced = trace(Scope(donor_id=mine.pk))
    assert {one.number for one in traced.lots} == {"L-A1", "L-A9"}
    recalled(going, donor_id=mine.pk)
    waiting.refresh_from_db()
    assert (lot("L-A1").disposition, waiting.disposition) == ("recalled", "rejected")
    assert lot("L-A2").disposition == "released"
    with pytest.raises(Refused, match="no lot left"):
        recalled(going, donor_id=mine.pk)


@pytest.mark.req("R-46")
def test_each_site_concerned_hears_bag_numbers_and_nothing_else(going):
    recalled(going, lot_id=lot("L-A1").pk)
    item = Item.objects.get(kind="recall")
    assert (item.site, item.role, item.participant_code) == (going.site, "investigator", "")
    assert item.params == {"bags": sorted(bag.shown for bag in bags_of("L-A1"))}
    told = Written.objects.filter(table_name__in=["inbox_item", "visits_bagmovement", "visits_bag"])
    words = " ".join(f"{row.reason} {row.old} {row.new} {row.details}" for row in told)
    for secret in ("L-A1", "L-B1", "mycoplasma found", "D1"):
        assert secret not in words


def test_the_notice_goes_by_mail_to_those_who_handle_bags(going, settings):
    user = access.create_user(
        username="nurse", full_name="Nurse", password=study.PASSWORD, by=BY, email="n@example.org"
    )
    access.grant_role(user=user, role=Role.COORDINATOR, site=going.site, by=BY)
    recalled(going, lot_id=lot("L-A1").pk)
    (message,) = mail.outbox
    assert message.to == ["n@example.org"]
    assert all(bag.shown in message.body for bag in bags_of("L-A1"))
    assert "L-A1" not in f"{message.subject} {message.body}"


def test_a_mail_that_cannot_be_sent_stops_nothing(going, monkeypatch):
    def fail(self, **more):
        raise OSError("no mail server")

    monkeypatch.setattr(recalling, "addresses", lambda site: ["n@example.org"])
    monkeypatch.setattr("django.core.mail.EmailMessage.send", fail)
    outcome = recalled(going, lot_id=lot("L-A1").pk)
    assert (outcome.withdrawn, outcome.unsent) == (3, 1)
    assert Item.objects.filter(kind="recall").count() == 1


def test_a_held_participant_keeps_only_the_own_bag_back(going):
    reserved = bags_of("L-A1").get(state="reserved")
    hold = freeze(Held.PARTICIPANT, reserved.reserved_for)
    outcome = recalled(going, lot_id=lot("L-A1").pk)
    assert (outcome.withdrawn, [bag.pk for bag in outcome.held]) == (2, [reserved.pk])
    assert [bag.pk for bag in trace(Scope(lot_id=lot("L-A1").pk)).left] == [reserved.pk]
    from trial.quality.services import holds  # noqa: PLC0415

    holds.release(hold=hold, reason="recall", by=BY)
    again = withdraw(scope=Scope(lot_id=lot("L-A1").pk), by=by(going))
    assert (again.withdrawn, again.told) == (1, [])
    assert Item.objects.filter(kind="recall").count() == 1


@pytest.mark.req("R-27")
def test_without_proof_nothing_is_recalled(going):
    with pytest.raises(Refused):
        recall(
            scope=Scope(lot_id=lot("L-A1").pk), reason="x", by=by(going),
            signer=signer(going.pharmacist, "wrong"),
        )  # fmt: skip
    with pytest.raises(Refused):
        recall(
            scope=Scope(lot_id=lot("L-A1").pk), reason=" ", by=by(going),
            signer=signer(going.pharmacist),
        )  # fmt: skip
    assert lot("L-A1").disposition == "released"
    assert not Item.objects.exists()


@pytest.mark.req("F-015")
def test_a_recalled_lot_is_given_to_nobody(cast, arms):
    """Also where a bag of it could not be withdrawn: the lot decides. Nor is the other lot of its
    shipment: whoever got some of that would be known to be of one arm."""
    list_in_force(cast.site)
    received(packed(cast.pharmacist, cast.site, cells=2, placebo=8, mark="1"))
    received(packed(cast.pharmacist, cast.site, cells=8, placebo=8, mark="2"))
    decided(lot("L-A1"), cast.pharmacist, "recalled", reason="mycoplasma found")
    for _n in range(4):
        randomised(ready(cast.site), cast.investigator)
    given = Bag.objects.filter(reserved_for__isnull=False).values_list("pk", flat=True)
    assert not set(given) & {bag.pk for name in ("L-A1", "L-B1") for bag in bags_of(name)}
    assert len(given) == 4


def test_a_donor_without_lots_has_nothing_to_recall(cast):
    found = donor("D-9")
    with_results(quarantined("L-B", "B"))
    traced = trace(Scope(donor_id=found.pk))
    assert (traced.lots, traced.bags, traced.recallable) == ([], [], [])
