"""Packing: what everybody sees of a shipment does not depend on what is in which bag (F-039)."""

import io
import random
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pypdf
import pytest

from randomization import labels as printing
from randomization.sealed import packing
from randomization.sealed.lots import NewResult, record_tests
from randomization.sealed.models import BagContent, Lot
from randomization.sealed.packing import pack
from randomization.sealed.parcels import labels
from tests.factories import study
from tests.factories.allocation import lot
from tests.factories.product import packed, parcel
from trial.access.exceptions import Refused
from trial.audit.context import SEALED_DB_ALIAS, transaction
from trial.audit.models import Event
from visits import bag_numbers
from visits.custody import Event as Happens
from visits.models import Bag, BagMovement, Shipment
from visits.services.bags import NotMovable, Step, move

BY = study.SETUP


def bags_of(site, numbers):
    """A parcel of (lot, bags) pairs."""
    return parcel(site, {one.pk: count for one, count in numbers})


@pytest.mark.req("F-015")
@pytest.mark.parametrize("state", ["quarantine", "rejected"])
def test_what_is_not_released_is_not_packed(cast, state):
    pairs = [(lot("A", "A", disposition=state), 1), (lot("B", "B"), 1)]
    with pytest.raises(Refused, match="not released"):
        pack(parcel=bags_of(cast.site, pairs), by=BY)
    assert not Bag.objects.exists()


@pytest.mark.req("F-015")
def test_what_has_expired_is_not_packed(cast):
    pairs = [(lot("A", "A", days=0), 1), (lot("B", "B"), 1)]
    with pytest.raises(Refused, match="expired"):
        pack(parcel=bags_of(cast.site, pairs), by=BY)


def test_what_fails_a_test_after_its_release_is_not_packed(cast):
    placebo = lot("B", "B", disposition="conditional")
    found = NewResult(choice="positive", tested_on=datetime.now(UTC).date())
    record_tests(lot=placebo, results={"STERILITY": found}, by=BY)
    with pytest.raises(Refused, match="Lot B: a result is outside"):
        pack(parcel=bags_of(cast.site, [(lot("A", "A"), 1), (placebo, 1)]), by=BY)
    assert not Bag.objects.exists()


def test_what_is_released_on_condition_is_packed(cast):
    pairs = [(lot("A", "A", disposition="conditional"), 1), (lot("B", "B"), 1)]
    assert pack(parcel=bags_of(cast.site, pairs), by=BY).bags.count() == 2


@pytest.mark.req("F-039")
def test_no_shipment_holds_one_kind_alone(cast):
    with pytest.raises(Refused, match="every kind"):
        pack(parcel=bags_of(cast.site, [(lot("A", "A"), 4)]), by=BY)
    with pytest.raises(Refused, match="every kind"):
        pack(parcel=bags_of(cast.site, [(lot("A", "A2"), 4), (lot("B", "B2"), 0)]), by=BY)


@pytest.mark.req("F-039")
def test_no_lot_shows_by_its_volume(cast):
    shipment = packed(cast.pharmacist, cast.site)
    pairs = [(one, 1) for one in Lot.objects.all()]
    with pytest.raises(Refused, match="another volume"):
        pack(parcel=parcel(cast.site, {one.pk: n for one, n in pairs}, volume_ml=60), by=BY)
    assert Shipment.objects.get() == shipment


@pytest.mark.parametrize(("claim", "refused"), [
    ("27.8", True), ("27.9", False), ("31", False), ("34.1", False), ("34.2", True), ("3.1", True),
])  # fmt: skip
def test_a_claim_far_from_what_the_bags_hold_is_refused(cast, claim, refused):
    """Volumes are ordered by the claim: a slip of the keyboard would shift every dose."""
    packed(cast.pharmacist, cast.site)
    given = parcel(cast.site, {one.pk: 1 for one in Lot.objects.all()}, cells=Decimal(claim))
    if refused:
        with pytest.raises(Refused, match="31 × 10⁶ viable cells") as found:
            pack(parcel=given, by=BY)
        assert set(found.value.errors) == {"cells"}
    else:
        assert pack(parcel=given, by=BY).cells == Decimal(claim)


@pytest.mark.req("F-039")
def test_all_bags_show_one_expiry_that_of_the_first_lot(cast):
    pairs = [(lot("A", "A", days=5), 2), (lot("B", "B", days=90), 2)]
    shipment = pack(parcel=bags_of(cast.site, pairs), by=BY)
    soon = datetime.now(UTC) + timedelta(days=5)
    assert {bag.expires_at for bag in shipment.bags.all()} == {shipment.expires_at}
    assert abs(shipment.expires_at - soon) < timedelta(minutes=5)


# --- twins --------------------------------------------------------------------------------------
def low(shipment):
    """Every public row of a shipment, without keys and times."""
    bags = list(shipment.bags.order_by("position"))
    moves = BagMovement.objects.filter(bag__in=bags).order_by("bag__position", "number")
    acts = Event.objects.filter(table_name__startswith="visits_").order_by("id")
    return {
        "shipment": [str(shipment.volume_ml), str(shipment.cells), shipment.site.code],
        "bags": [(bag.number, bag.position, bag.state, bag.version) for bag in bags],
        "moves": [(m.event, m.state, m.by, m.note, m.condition) for m in moves],
        "trail": [(act.kind, act.table_name, act.reason, act.actor) for act in acts],
        "labels": printing.sheet(labels(shipment), study="Study"),
    }


def world(site, monkeypatch, contents):
    """A packed and shipped shipment whose random numbers are those of every other world."""
    monkeypatch.setattr(packing, "RANDOM", random.Random(7))
    lots = {arm: lot(arm, f"L{place}", days=30) for place, arm in enumerate(contents)}
    end = datetime(2030, 1, 1, tzinfo=UTC)
    for one in lots.values():
        one.expires_at = end
        with transaction(by=BY, using=SEALED_DB_ALIAS):
            one.save(update_fields=["expires_at"])
    pairs = [(lots[arm], count) for arm, count in contents.items()]
    shipment = pack(parcel=bags_of(site, pairs), by=BY)
    move(bags=list(shipment.bags.values_list("pk", flat=True)), step=Step(Happens.SHIP), by=BY)
    return low(shipment)


CONTENTS = [{"A": 3, "B": 9}, {"B": 9, "A": 3}, {"A": 9, "B": 3}, {"A": 11, "B": 1}]


@pytest.fixture(scope="module")
def seen():
    """What the first of the worlds has shown, kept over the tests that make the others."""
    return {}


@pytest.mark.req("F-039")
@pytest.mark.req("R-45")
@pytest.mark.parametrize("contents", [{"A": 6, "B": 6}, *CONTENTS])
def test_worlds_that_differ_in_contents_alone_look_the_same(cast, monkeypatch, seen, contents):
    found = world(cast.site, monkeypatch, contents)
    assert len(found["bags"]) == 12
    assert found["labels"]
    assert seen.setdefault("low", found) == found


@pytest.mark.req("F-039")
def test_the_worlds_did_differ(cast, monkeypatch):
    """Not vacuous: with the same random numbers the same places hold something else."""
    world(cast.site, monkeypatch, {"A": 6, "B": 6})
    rows = BagContent.objects.select_related("lot").order_by("bag_id")
    arms = [row.lot.arm for row in rows]
    assert arms.count("A") == 6
    assert arms not in (["A"] * 6 + ["B"] * 6, ["B"] * 6 + ["A"] * 6)


# --- labels -------------------------------------------------------------------------------------
@pytest.mark.req("F-039")
def test_a_label_tells_number_expiry_volume_and_storage_and_nothing_else(cast):
    shipment = packed(cast.pharmacist, cast.site, cells=5, placebo=6)
    data = printing.sheet(labels(shipment), study="UC-MSC in AIH")
    reader = pypdf.PdfReader(io.BytesIO(data))
    text = "\n".join(one.extract_text() for one in reader.pages)
    assert len(reader.pages) == 2
    assert text.count("For clinical trial use only") == 11
    for bag in shipment.bags.all():
        assert text.count(bag_numbers.shown(bag.number)) == 1
    known = {"Participant", "Site 01   Shipment S0001", "UC-MSC in AIH", "Volume", "Use before",
             "Labelled for", "Store at", "50.0 mL", "31.0 × 10^6 cells", "2.0 to 8.0 °C",
             "For clinical trial use only. Intravenous infusion."}  # fmt: skip
    left = {line for line in text.splitlines() if line and line not in known}
    pattern = r"\d{4}-\d{4}|\d{4}-\d{2}-\d{2} \d{2}:\d{2}|_+"
    assert [line for line in left if not re.fullmatch(pattern, line)] == []
    assert not {"L-A", "L-B", "D-001"} & set(text.split())


@pytest.mark.req("F-039")
def test_the_same_labels_are_the_same_bytes_whenever_they_are_printed(cast):
    shipment = packed(cast.pharmacist, cast.site)
    one, other = (printing.sheet(labels(shipment), study="S") for _n in range(2))
    assert one == other
    assert b"/CreationDate (D:20000101000000+00'00')" in one


# --- on its way ---------------------------------------------------------------------------------
@pytest.mark.req("F-015")
@pytest.mark.req("R-30")
def test_a_bag_is_shipped_once_and_received_only_after(cast):
    shipment = packed(cast.pharmacist, cast.site)
    ids = list(shipment.bags.values_list("pk", flat=True))
    with pytest.raises(NotMovable):
        move(bags=ids, step=Step(Happens.RECEIVE, site=cast.site), by=BY)
    move(bags=ids, step=Step(Happens.SHIP), by=BY)
    with pytest.raises(NotMovable):
        move(bags=ids, step=Step(Happens.SHIP), by=BY)
    with pytest.raises(NotMovable):
        move(bags=ids, step=Step(Happens.RECEIVE, site=cast.other_site), by=BY)
    move(bags=ids, step=Step(Happens.RECEIVE, site=cast.site), by=BY)
    assert {bag.state for bag in Bag.objects.all()} == {"received"}
