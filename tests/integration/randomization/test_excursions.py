"""Temperature: a log becomes excursions of every bag alike, and is judged for all of them."""

from datetime import UTC, datetime

import pytest

from randomization.sealed.parcels import episodes
from tests.factories import study
from tests.factories.product import packed
from trial.access.exceptions import Refused
from trial.audit.models import Event as Written
from visits.custody import Event
from visits.models import Bag, Excursion, Shipment
from visits.services.bags import NotMovable, Step, move
from visits.services.excursions import Stretch, judge, take_log

BY = study.SETUP
V, G = Excursion.Verdict, Excursion.Ground
# At 02:00 and 03:00 too warm, at 05:00 too cold; the limits are 2 to 8.
LOG = b"time,temperature\n" + b"".join(
    f"2026-03-05T0{hour}:00:00Z,{value}\n".encode()
    for hour, value in enumerate(["5", "8", "9.14", "12", "2", "1.96", "4"])
)
FIRST = datetime(2026, 3, 5, 2, tzinfo=UTC)


@pytest.fixture
def shipment(cast):
    return Shipment.objects.get(pk=packed(cast.pharmacist, cast.site).pk)


def ids(shipment):
    return list(shipment.bags.order_by("pk").values_list("pk", flat=True))


def stretch_of(shipment, place=0):
    one = episodes(shipment)[place]
    return Stretch(one.began_at, one.source)


def test_every_bag_has_the_same_excursions(shipment):
    take_log(shipment=shipment, data=LOG, by=BY)
    warm, cold = episodes(shipment)
    assert (warm.began_at, warm.ended_at.hour, warm.bags) == (FIRST, 3, 4)
    assert (str(warm.lowest), str(warm.highest)) == ("9.1", "12.0")
    # Told away from the limits: 1.96 is no 2.0.
    assert (str(cold.lowest), str(cold.highest)) == ("1.9", "2.0")
    assert all(bag.excursion_open for bag in shipment.bags.all())
    by_bag = {
        bag.pk: [(e.began_at, e.ended_at, e.lowest, e.highest) for e in bag.excursions.all()]
        for bag in shipment.bags.all()
    }
    assert len({tuple(rows) for rows in by_bag.values()}) == 1


@pytest.mark.req("F-015")
def test_a_bag_with_an_open_excursion_goes_nowhere(shipment):
    take_log(shipment=shipment, data=LOG, by=BY)
    with pytest.raises(NotMovable, match="temperature limits"):
        move(bags=ids(shipment), step=Step(Event.SHIP), by=BY)


def test_a_log_within_the_limits_opens_nothing(shipment):
    log = take_log(shipment=shipment, data=b"time,temperature\n2026-03-05T00:00:00Z,5\n", by=BY)
    assert (log.readings, str(log.lowest)) == (1, "5.0")
    assert not Excursion.objects.exists()


def test_a_file_is_taken_once_and_only_as_a_whole(shipment):
    take_log(shipment=shipment, data=LOG, by=BY)
    with pytest.raises(Refused, match="before"):
        take_log(shipment=shipment, data=LOG, by=BY)
    with pytest.raises(Refused) as refused:
        take_log(shipment=shipment, data=LOG + b"x,5\n2026-03-06T00:00:00,5\n", by=BY)
    assert [str(text).split(":")[0] for text in refused.value.errors["file"]] == [
        "Line 9", "Line 10",
    ]  # fmt: skip
    assert shipment.logs.count() == 1


def test_what_may_be_used_is_free_again_once_all_is_judged(shipment):
    take_log(shipment=shipment, data=LOG, by=BY)
    for place, free in ((0, False), (1, True)):
        judge(
            shipment=shipment, stretch=stretch_of(shipment, place), verdict=V.USABLE,
            ground=G.STABLE, by=BY,
        )  # fmt: skip
        assert {bag.excursion_open for bag in shipment.bags.all()} == {not free}
    move(bags=ids(shipment), step=Step(Event.SHIP), by=BY)


def test_what_must_not_be_used_is_wasted_whatever_is_in_it(shipment):
    take_log(shipment=shipment, data=LOG, by=BY)
    judge(
        shipment=shipment, stretch=stretch_of(shipment), verdict=V.UNUSABLE, ground=G.UNSTABLE,
        by=BY,
    )  # fmt: skip
    assert {bag.state for bag in shipment.bags.all()} == {"wasted"}
    assert {row.judged_by for row in Excursion.objects.filter(began_at=FIRST)} == {BY.name}


def test_it_is_judged_once_and_without_contradiction(shipment):
    take_log(shipment=shipment, data=LOG, by=BY)
    given = {"shipment": shipment, "stretch": stretch_of(shipment), "by": BY}
    with pytest.raises(Refused) as refused:
        judge(verdict=V.USABLE, ground=G.UNSTABLE, **given)
    assert set(refused.value.errors) == {"ground"}
    judge(verdict=V.USABLE, ground=G.LOGGER, **given)
    with pytest.raises(Refused, match="has been judged"):
        judge(verdict=V.UNUSABLE, ground=G.UNSTABLE, **given)


def test_a_bag_that_had_left_before_has_no_part_in_it(shipment):
    gone, *others = ids(shipment)
    early = datetime(2026, 3, 5, 1, tzinfo=UTC)
    move(bags=[gone], step=Step(Event.WASTE), by=BY, at=early)
    take_log(shipment=shipment, data=LOG, by=BY)
    assert set(Excursion.objects.values_list("bag", flat=True)) == set(others)


def test_a_bag_that_was_used_meanwhile_is_known_to_have_been_warm(shipment):
    gone, *_others = ids(shipment)
    move(bags=[gone], step=Step(Event.WASTE), by=BY, at=datetime(2026, 3, 5, 4, tzinfo=UTC))
    take_log(shipment=shipment, data=LOG, by=BY)
    assert Excursion.objects.filter(bag=gone).count() == 1
    judge(
        shipment=shipment, stretch=stretch_of(shipment), verdict=V.UNUSABLE, ground=G.UNSTABLE,
        by=BY,
    )  # fmt: skip
    assert Bag.objects.get(pk=gone).movements.count() == 2


def test_the_trail_has_the_file_s_hash_and_not_its_lines(shipment):
    log = take_log(shipment=shipment, data=LOG, by=BY)
    event = Written.objects.get(table_name="visits_temperaturelog")
    assert event.new["sha256"] == log.sha256
    assert "content" not in (event.new or {})
    assert event.site_id == shipment.site_id
