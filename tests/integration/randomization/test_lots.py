"""Lots: recorded, tested, decided about with a signature; nothing of it is overwritten."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import psycopg2
import pytest
from django.db import DatabaseError, connections

from randomization.release import Disposition
from randomization.sealed import lots
from randomization.sealed.disposing import Decision, dispose
from randomization.sealed.lots import NewResult
from randomization.sealed.models import Lot, LotTest
from randomization.sealed.product import intact, known, unchanged
from tests.factories import study
from tests.factories.product import (
    CHOICES,
    GOOD,
    decided,
    donor,
    quarantined,
    released,
    signer,
    with_results,
)
from trial.access.exceptions import Conflict, Refused, TooManyFailures
from trial.audit.context import SEALED_DB_ALIAS, Actor, transaction
from trial.audit.models import Event

pytestmark = pytest.mark.usefixtures("cast")
BY = study.SETUP


def test_a_lot_starts_in_quarantine_under_the_latest_specification():
    lot = quarantined(of=donor())
    assert (lot.disposition, lot.protocol_version, lot.version) == ("quarantine", "1.0", 1)
    assert len(lot.coa_sha256) == 64
    assert known(lot).verdict == "open"
    assert known(with_results(lot)).verdict == "pass"


def test_cells_have_a_donor_and_placebo_needs_none():
    with pytest.raises(Refused) as refused:
        quarantined()
    assert set(refused.value.errors) == {"donor"}
    assert known(with_results(quarantined("L-002", "B", passage=None))).verdict == "pass"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"number": "L-000"}, "number"),
        ({"viable_cells": Decimal(34)}, "viable_cells"),
        ({"expires_at": datetime(2020, 1, 1, tzinfo=UTC)}, "expires_at"),
    ],
)
def test_what_the_database_refuses_is_said_at_the_field(changes, field):
    quarantined("L-000", "B")
    with pytest.raises(Refused) as refused:
        quarantined(arm="B", **changes)
    assert set(refused.value.errors) == {field}


@pytest.mark.parametrize("code", ["", "d-1", "Zhang San", "D", "D" * 21])
def test_a_donor_is_a_code_and_no_name(code):
    with pytest.raises(Refused) as refused:
        donor(code)
    assert set(refused.value.errors) == {"code"}


def test_two_who_correct_one_lot_do_not_overwrite_each_other():
    lot = quarantined("L-1", "B")
    lots.correct_lot(lot=lot, values={"passage": 3}, version=1, reason="typing error", by=BY)
    with pytest.raises(Conflict):
        lots.correct_lot(lot=lot, values={"passage": 2}, version=1, reason="again", by=BY)
    assert Lot.objects.get(pk=lot.pk).passage == 3


def test_what_is_signed_stays(cast):
    lot = released(cast.pharmacist, "L-1", "B")
    with pytest.raises(Refused):
        lots.correct_lot(lot=lot, values={"passage": 1}, version=1, reason="no", by=BY)


# --- results ------------------------------------------------------------------------------------
def test_a_corrected_result_stands_beside_the_old_one_with_its_reason():
    lot = with_results(quarantined(of=donor()))
    low = NewResult(value=Decimal(80), tested_on=date(2026, 3, 1))
    with pytest.raises(Refused) as refused:
        lots.record_tests(lot=lot, results={"VIAB": low}, by=BY)
    assert set(refused.value.errors) == {"reason"}
    lots.record_tests(lot=lot, results={"VIAB": low}, reason="typing error", by=BY)
    rows = LotTest.objects.filter(lot=lot, code="VIAB")
    assert [(row.number, row.value, row.reason) for row in rows] == [
        (1, Decimal(96), ""), (2, Decimal(80), "typing error"),
    ]  # fmt: skip
    assert known(lot).verdict == "fail"


def test_the_same_result_again_adds_nothing():
    lot = with_results(quarantined(of=donor()))
    assert lots.record_tests(lot=lot, results=GOOD, by=BY) == []


@pytest.mark.parametrize(
    ("code", "result"),
    [
        ("STERILITY", NewResult(choice="perhaps")),
        ("STERILITY", NewResult(value=Decimal(1))),
        ("VIAB", NewResult(choice="negative")),
    ],
)
def test_a_result_is_one_of_its_test(code, result):
    with pytest.raises(Refused) as refused:
        lots.record_tests(lot=quarantined("L", "B"), results={code: result}, by=BY)
    assert set(refused.value.errors) == {code}


@pytest.mark.req("R-05")
@pytest.mark.parametrize(
    "statement",
    [
        "update sealed.lot_test set value = 99",
        "delete from sealed.lot_test",
        "update sealed.lot_disposition set reason = 'x'",
        "delete from sealed.lot_disposition",
        "delete from sealed.lot",
        "delete from sealed.donor",
    ],
)
def test_results_and_decisions_are_only_added(cast, statement):
    released(cast.pharmacist, "L", "B")
    with (
        pytest.raises(DatabaseError),
        transaction(by=BY, using=SEALED_DB_ALIAS),
        connections[SEALED_DB_ALIAS].cursor() as cursor,
    ):
        cursor.execute(statement)


# --- dispositions -------------------------------------------------------------------------------
@pytest.mark.req("R-24")
def test_a_release_is_signed_over_the_record_as_it_is(cast):
    lot = with_results(quarantined("L-1", "B"))
    row = decided(lot, cast.pharmacist)
    assert (row.printed_name, row.signed_by, row.role) == (
        "Pharmacist", "pharmacist", "pharmacist",
    )  # fmt: skip
    lot.refresh_from_db()
    assert lot.disposition == "released"
    row.refresh_from_db()
    assert intact(row)
    assert unchanged(row, known(lot))
    positive = {"STERILITY": NewResult(choice="positive")}
    lots.record_tests(lot=lot, results=positive, reason="day 14", by=BY)
    assert not unchanged(row, known(lot))


@pytest.mark.req("R-30")
@pytest.mark.parametrize(
    ("changes", "wanted", "field"),
    [
        ({"CD34": NewResult(value=Decimal(3))}, "released", "disposition"),
        ({"CD34": NewResult()}, "released", "disposition"),
        ({"STERILITY": NewResult()}, "released", "disposition"),
        ({"STERILITY": NewResult()}, "conditional", "follow_up_on"),
        ({}, "conditional", "disposition"),
        ({}, "destroyed", "disposition"),
        ({}, "recalled", "disposition"),
    ],
)
def test_what_stands_against_a_decision(cast, changes, wanted, field):
    lot = with_results(quarantined(of=donor()), **changes)
    with pytest.raises(Refused) as refused:
        decided(lot, cast.pharmacist, wanted)
    assert field in refused.value.errors
    assert Lot.objects.get(pk=lot.pk).disposition == "quarantine"
    assert not lot.dispositions.exists()


def test_a_condition_ends_with_the_final_result(cast):
    lot = with_results(quarantined("L-1", "B"), STERILITY=NewResult())
    decided(lot, cast.pharmacist, "conditional", follow_up_on=date(2026, 3, 19))
    lots.record_tests(lot=lot, results={"STERILITY": NewResult(choice=CHOICES["STERILITY"])}, by=BY)
    decided(lot, cast.pharmacist, "released")
    lot.refresh_from_db()
    assert lot.disposition == "released"
    assert [row.disposition for row in lot.dispositions.all()] == ["conditional", "released"]


@pytest.mark.req("R-27")
def test_a_wrong_password_decides_nothing_and_is_counted(cast):
    lot = with_results(quarantined("L-1", "B"))
    by = Actor.of(cast.pharmacist)
    wrong = signer(cast.pharmacist, "wrong")
    for expected in [Refused] * 4 + [TooManyFailures] * 2:
        with pytest.raises(expected):
            dispose(lot=lot, decision=Decision(Disposition.RELEASED), signer=wrong, by=by)
    with pytest.raises(Refused):
        dispose(
            lot=lot, decision=Decision(Disposition.RELEASED),
            signer=replace(wrong, username=" "), by=by,
        )  # fmt: skip
    assert Lot.objects.get(pk=lot.pk).disposition == "quarantine"


def test_a_lot_that_changed_after_it_was_shown_is_read_again(cast):
    lot = with_results(quarantined("L-1", "B"))
    shown = known(lot).mark
    lots.correct_lot(lot=lot, values={"passage": 3}, version=1, reason="typing error", by=BY)
    with pytest.raises(Conflict):
        decided(lot, cast.pharmacist, shown=shown)


@pytest.mark.req("F-015")
@pytest.mark.parametrize(
    "statement",
    [
        "update sealed.lot set disposition = 'released'",
        (
            "insert into sealed.lot (number, arm, expires_at, disposition, made_by)"
            " values ('X', 'A', now() + interval '1 day', 'released', 'x')"
        ),
    ],
)
def test_the_database_wants_a_signature_for_every_disposition(statement):
    quarantined("L-1", "B")
    with (
        pytest.raises(DatabaseError, match="without a signature"),
        transaction(by=BY, using=SEALED_DB_ALIAS),
        connections[SEALED_DB_ALIAS].cursor() as cursor,
    ):
        cursor.execute(statement)


@pytest.mark.req("R-46")
@pytest.mark.parametrize("table", ["donor", "lot", "lot_test", "lot_disposition", "bag_content"])
def test_web_reads_nothing_of_it(as_web, table):
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        as_web.execute(f"select * from sealed.{table}")


@pytest.mark.req("R-46")
def test_nothing_of_it_is_in_the_open_trail(cast):
    before = Event.objects.latest("id").pk
    released(cast.pharmacist, "L-1", "A", donor())
    found = Event.objects.filter(pk__gt=before).exclude(table_name="access_proofcount")
    assert list(found) == []
