"""Bags, infusions and unblindings as rows: what they say, and that each says when it changed."""

import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pandas as pd
import pytest
from django.utils import timezone

from reports import past
from reports.datasets import DATASETS
from tests.factories import custody, study
from tests.integration.api.test_as_of import as_it_was, plain
from tests.integration.api.test_exports import body
from tests.integration.quality import verifying
from trial.access.roles import Permission
from trial.audit.seal import seal_now
from visits.custody import Event, State
from visits.models import Infusion
from visits.models.course import Term
from visits.services.bags import Step, move

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def infused(cast, labs):
    """The bag of a whole infusion of somebody at site 01, on day 0."""
    bag = custody.bag_for(labs.here, "D0", second=cast.investigator)
    custody.whole(bag)
    bag.refresh_from_db()
    return bag


@pytest.mark.req("R-19")
def test_an_infusion_reads_as_it_was_recorded(api, cast, infused, labs):
    answer = api(cast.sponsor).get("infusions/", format="csv")
    [row] = pd.read_csv(io.BytesIO(body(answer)), dtype={"site": str, "bag": str}).to_dict(
        "records"
    )
    stored = Infusion.objects.get()

    assert (row["site"], row["participant"], row["visit"]) == ("01", labs.here.code, "D0")
    assert row["bag"] == infused.number
    for name in ("weight_kg", "ordered_cells", "ordered_ml", "prepared_cells", "prepared_ml",
                 "given_cells", "given_ml", "residual_ml", "flush_ml"):  # fmt: skip
        assert Decimal(str(row[name])) == getattr(stored, name), name
    assert (row["prepared_grade"], row["given_grade"]) == ("within", "within")
    assert (row["line"], row["gauge"], row["filter"]) == ("peripheral", "20G", "standard")
    assert datetime.fromisoformat(row["started_at"]) == stored.started
    assert datetime.fromisoformat(row["ended_at"]) == stored.ended
    assert row["duration_minutes"] == 60
    assert (row["stopped_early"], row["reactions"], row["worst_grade"]) == (False, 1, 1)
    assert pd.isna(row["stop_reason"])


@pytest.mark.req("R-19")
def test_each_measurement_and_reaction_is_a_row_of_its_infusion(api, cast, infused):
    client = api(cast.sponsor)
    [infusion] = client.rows("infusions/")
    vitals = client.rows("infusion-vitals/")
    [reaction] = client.rows("infusion-reactions/", term=Term.CHILLS.value)

    assert {row["infusion_id"] for row in [*vitals, reaction]} == {infusion["id"]}
    assert {row["bag"] for row in [*vitals, reaction]} == {infused.number}
    found = {row["point"]: row for row in vitals}
    assert set(found) == {"B", "D15"}
    assert (found["B"]["systolic"], found["B"]["temperature"]) == (120, "36.6")
    assert (reaction["occurred"], reaction["grade"], reaction["state"]) == (True, 1, "draft")


def test_vital_signs_that_were_not_taken_are_empty_and_say_no_reason(api, cast, labs):
    bag = custody.started(custody.bag_for(labs.here, "D0", second=cast.investigator))
    empty: dict[str, Any] = dict.fromkeys(custody.vitals(0))
    empty["not_done"] = "Mrs Wang was asleep"
    custody.put(bag, "vitals-D15", **empty)
    [row] = api(cast.sponsor).rows("infusion-vitals/")
    assert (row["point"], row["measured_at"], row["systolic"]) == ("D15", None, None)
    assert "Wang" not in str(row)


@pytest.mark.req("R-19")
def test_a_bag_says_where_it_is_and_for_whom(api, cast, infused, labs):
    (spare,) = custody.received(cast.site)
    rows = {row["id"]: row for row in api(cast.coordinator).rows("bags/")}

    mine, other = rows[infused.number], rows[spare.number]
    assert (mine["state"], mine["participant"], mine["visit"]) == ("infused", labs.here.code, "D0")
    assert mine["moved_at"] == api(cast.sponsor).rows("infusions/")[0]["started_at"]
    assert (other["state"], other["participant"], other["visit"]) == ("received", None, None)
    assert other["shipment"] == spare.shipment.number
    assert other["excursion_open"] is False


@pytest.mark.req("F-039")
def test_no_column_of_a_bag_follows_the_order_in_which_it_was_packed(api, cast, labs):
    """Bags are given out in that order: whoever knows it sees which were passed over for whom."""
    bags = custody.received(cast.site, 12)
    rows = {row["id"]: row for row in api(cast.sponsor).rows("bags/")}
    packed = [rows[bag.number] for bag in sorted(bags, key=lambda bag: bag.position)]

    for column in DATASETS["bags"].names:
        values = [row[column] for row in packed]
        pairs = pairwise(values)
        assert len(set(values)) == 1 or not all(one < two for one, two in pairs), column
    assert list(rows) == sorted(rows)


def test_a_bag_that_moves_is_found_by_when_it_did(api, cast, infused):
    client = api(cast.sponsor)
    (spare,) = custody.received(cast.site)
    assert after(client, "bags/") == []
    since = now()
    move(bags=[spare.pk], step=Step(Event.WASTE), by=study.SETUP)
    assert [row["id"] for row in client.rows("bags/", changed_since=since)] == [spare.number]


def test_an_infused_bag_is_found_though_it_was_moved_at_the_start_of_the_infusion(api, cast, labs):
    bag = custody.bag_for(labs.here, "D0", second=cast.investigator)
    custody.ordered(bag)
    since = now()
    custody.put(bag, "start", started=custody.moment(100))
    [row] = api(cast.sponsor).rows("bags/", changed_since=since)
    assert (row["id"], row["state"]) == (bag.number, State.INFUSED)
    assert row["moved_at"] < since


def test_a_reaction_that_is_recorded_later_changes_its_infusion(api, cast, infused):
    client, since = api(cast.sponsor), now()
    assert client.rows("infusions/", changed_since=since) == []
    onset = custody.moment(130)
    custody.put(infused, "reaction-fever", occurred=True, onset=onset, grade=2, note="39.1")
    [row] = client.rows("infusions/", changed_since=since)
    assert (row["reactions"], row["worst_grade"]) == (2, 2)


@pytest.mark.req("F-080")
def test_a_past_state_of_product_is_what_was_exported_then(cast, everything):
    seal_now()
    then, moment = plain(), past.at_time(timezone.now())
    infusion = Infusion.objects.select_related("bag__shipment", "bag__site").first()
    custody.put(infusion.bag, "end", reason="read again", ended=custody.moment(110),
                given_ml=Decimal(30), residual_ml=Decimal(1), flush_ml=Decimal(20),
                stopped_early=False, stop_reason="", end_note="")  # fmt: skip
    custody.put(infusion.bag, "reaction-fever", occurred=True, onset=custody.moment(130), grade=2,
                note="")  # fmt: skip
    custody.received(everything.here.site, 2)
    now_ = plain()

    changed = {name for name in DATASETS if now_[name] != then[name]}
    assert {"bags", "infusions", "infusion-reactions", "signatures"} <= changed
    assert as_it_was(moment) == then


# --- who may ------------------------------------------------------------------------------------
@pytest.mark.req("R-46")
def test_unblindings_are_for_those_who_may_know_of_them(api, cast, everything):
    for who in ("coordinator", "monitor"):
        assert api(cast.users[who]).get("unblindings/").status_code == 403
    rows = api(cast.users["safety"]).rows("unblindings/")
    assert [(row["participant"], row["kind"], row["category"], row["read_at"]) for row in rows] == [
        (everything.here.code, "inadvertent", "told", None),
        (everything.there.code, "inadvertent", "told", None),
    ]


@pytest.mark.parametrize("name", ["infusions", "infusion-vitals", "infusion-reactions"])
def test_a_pharmacist_sees_no_infusions(api, cast, everything, name):
    assert api(cast.pharmacist).get(f"{name}/").status_code == 403


@pytest.mark.req("R-45")
def test_no_column_is_named_after_what_is_sealed():
    words = {"arm", "lot", "content", "slot", "list", "position", "donor", "placebo"}
    harmless = {"vital-signs": {"position"}}  # of whoever is measured, not of a bag
    for dataset in DATASETS.values():
        named = {part for name in dataset.names for part in name.split("_")}
        assert not words & named - harmless.get(dataset.name, set()), dataset.name
    assert DATASETS["unblindings"].permission == Permission.UNBLIND_VIEW


# --- whether it still holds ---------------------------------------------------------------------
@pytest.mark.req("R-26")
def test_a_change_of_an_infusion_shows_at_signature_and_verification(api, cast, infused, labs):
    """Both were given on day 0 before anything of the infusion was recorded."""
    client = api(cast.sponsor)
    held = verifying.verify(study.visit_of(labs.here, "D0"), "infusion")
    [row] = client.rows("verifications/", form="infusion")
    assert (row["id"], row["state"]) == (held.pk, "verified")

    custody.put(infused, "reaction-fever", occurred=False, onset=None, grade=None, note="")

    [row] = client.rows("verifications/", form="infusion")
    assert row["state"] == "changed"
    [signature] = client.rows("signatures/", site="01", visit="D0")
    assert signature["state"] == "changed"


def test_nothing_breaks_the_signature_of_a_randomisation(api, cast, everything):
    study.enter(everything.here, "D0", {"ALT": "99"}, cast.laboratory, reason="typing error")
    rows = api(cast.sponsor).rows("signatures/", scope="allocation")
    assert [row["state"] for row in rows] == ["intact", "intact"]


def now() -> str:
    return datetime.now(UTC).isoformat()


def after(client, path):
    return client.rows(path, changed_since=(datetime.now(UTC) + timedelta(seconds=1)).isoformat())
