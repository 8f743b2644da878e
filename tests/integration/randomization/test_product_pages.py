"""Pages of the cell laboratory: what the pharmacist does there, who does not, what is noted."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from randomization.sealed.lots import NewResult, record_tests
from randomization.sealed.models import BagContent, Donor, Lot
from randomization.sealed.product import known
from tests.factories import study
from tests.factories.product import (
    CHOICES,
    NUMBERS,
    donor,
    packed,
    quarantined,
    released,
    with_results,
)
from tests.integration.randomization.counting import statements
from trial.inbox.models import Item
from visits.models import Bag, Excursion, Shipment

LOG = b"time,temperature\n2026-03-05T00:00:00Z,5\n2026-03-05T01:00:00Z,12.5\n"


@pytest.fixture
def pharmacy(cast, sign_in):
    return sign_in(cast.pharmacist)


def proof(**more):
    return {"username": "pharmacist", "password": study.PASSWORD, **more}


def shown_at(client, address):
    """The mark of what the form at `address` shows."""
    return re.search(r'name="shown" value="([^"]+)"', client.get(address).content.decode())[1]


def test_a_lot_from_its_donor_to_its_release(pharmacy):
    pharmacy.post("/sealed/product/donors/new/", {"code": "D-7", "screening": "negative"})
    source = Donor.objects.get(code="D-7")
    answer = pharmacy.post(
        "/sealed/product/lots/new/",
        {
            "number": "L-7", "arm": "A", "donor": source.pk, "passage": "4",
            "expires_at": "2030-01-02 08:30", "manufactured_at": "2026-01-02 08:30",
            "anticoagulant": "heparin", "bag_volume_ml": "50", "total_cells": "33",
            "viable_cells": "31", "coa": SimpleUploadedFile("coa.pdf", b"x"),
        },
    )  # fmt: skip
    lot = Lot.objects.get(number="L-7")
    assert answer.url == f"/sealed/product/lots/{lot.pk}/"
    # Half past eight on the clock of the pharmacist's site.
    assert lot.expires_at == datetime(2030, 1, 2, 0, 30, tzinfo=UTC)
    typed = {f"r-{code}": value for code, value in (NUMBERS | CHOICES).items()}
    days = {f"d-{code}": "2026-03-01" for code in NUMBERS}
    typed["shown"] = shown_at(pharmacy, f"{answer.url}results/")
    assert pharmacy.post(f"{answer.url}results/", typed | days).status_code == 302
    page = pharmacy.get(f"{answer.url}disposition/")
    assert "fails" not in page.content.decode()
    shown = re.search(r'name="shown" value="(\w+)"', page.content.decode())[1]
    signed = pharmacy.post(
        f"{answer.url}disposition/", proof(disposition="released", shown=shown, reason="")
    )
    assert signed.status_code == 302
    assert Lot.objects.get(number="L-7").disposition == "released"
    text = pharmacy.get(answer.url).content.decode()
    assert "it fulfils its specification" in text
    assert "2030-01-02 08:30 (UTC+08:00)" in text
    assert "recall it" not in text
    found = NewResult(choice="positive", tested_on=date(2026, 3, 9))
    record_tests(lot=lot, results={"STERILITY": found}, reason="the final result", by=study.SETUP)
    assert "may still be given: recall it" in pharmacy.get(answer.url).content.decode()


def test_what_was_typed_stays_when_it_is_refused(pharmacy):
    lot = with_results(quarantined("L-1", "B"))
    address = f"/sealed/product/lots/{lot.pk}/results/"
    typed = {f"r-{code}": value for code, value in (NUMBERS | CHOICES).items()}
    typed["shown"] = shown_at(pharmacy, address)
    answer = pharmacy.post(address, typed | {"r-VIAB": "8O"})
    assert answer.status_code == 422
    assert 'value="8O"' in answer.content.decode()
    answer = pharmacy.post(address, typed | {"r-VIAB": "80"})
    assert answer.status_code == 422
    assert "Say why a recorded result is changed." in answer.content.decode()


@pytest.mark.req("F-023")
def test_results_that_somebody_corrected_meanwhile_are_not_put_back(pharmacy):
    """Who opened the page before sends the old viability along with their own change."""
    lot = with_results(quarantined("L-1", "B"))
    address = f"/sealed/product/lots/{lot.pk}/results/"
    typed = {f"r-{code}": value for code, value in (NUMBERS | CHOICES).items()}
    typed |= {f"d-{code}": "2026-03-01" for code in NUMBERS | CHOICES}
    typed["shown"] = shown_at(pharmacy, address)
    low = NewResult(value=Decimal(80), tested_on=date(2026, 3, 1))
    record_tests(lot=lot, results={"VIAB": low}, reason="typing error", by=study.SETUP)
    answer = pharmacy.post(address, typed | {"r-ENDOTOXIN": "0.2", "reason": "second reading"})
    assert answer.status_code == 409
    assert "Somebody else has changed this meanwhile." in answer.content.decode()
    assert 'value="0.2"' in answer.content.decode()
    assert known(lot).tests["VIAB"].value == 80
    assert known(lot).tests["ENDOTOXIN"].number == 1


@pytest.mark.req("R-30")
def test_a_decision_that_can_t_be_taken_is_refused_with_the_reason(pharmacy):
    lot = quarantined("L-1", "B")
    address = f"/sealed/product/lots/{lot.pk}/disposition/"
    shown = re.search(r'name="shown" value="(\w+)"', pharmacy.get(address).content.decode())[1]
    answer = pharmacy.post(address, proof(disposition="released", shown=shown))
    assert answer.status_code == 422
    assert "A test that is needed has no result." in answer.content.decode()
    answer = pharmacy.post(address, proof(disposition="released", shown="0" * 64))
    assert answer.status_code == 409
    answer = pharmacy.post(
        address, {"username": "pharmacist", "password": "x", "disposition": "released",
                  "shown": shown},
    )  # fmt: skip
    assert "The user name or the password is wrong." in answer.content.decode()


def test_a_shipment_from_packing_to_its_way(cast, pharmacy):
    cells = released(cast.pharmacist, "L-A", "A", donor())
    placebo = released(cast.pharmacist, "L-B", "B")
    address = "/sealed/product/shipments/new/"
    given = {
        "site": cast.site.pk, "volume_ml": "50", "cells": "31", "storage_low": "2",
        "storage_high": "8", f"lot-{cells.pk}": "3", f"lot-{placebo.pk}": "3",
    }  # fmt: skip
    alone = pharmacy.post(address, given | {f"lot-{placebo.pk}": ""})
    assert alone.status_code == 422
    assert "A shipment holds bags of every kind." in alone.content.decode()
    elsewhere = pharmacy.post(address, given | {"site": cast.other_site.pk})
    assert elsewhere.status_code == 422
    assert pharmacy.post(address, given).url == "/sealed/product/shipments/1/"
    sheet = pharmacy.get("/sealed/product/shipments/1/labels/")
    assert sheet["Content-Type"] == "application/pdf"
    assert sheet.content.startswith(b"%PDF")
    pharmacy.post("/sealed/product/shipments/1/ship/")
    assert {bag.state for bag in Bag.objects.all()} == {"shipped"}
    again = pharmacy.post("/sealed/product/shipments/1/ship/", follow=True)
    assert "No bag of this shipment is waiting" in again.content.decode()
    text = pharmacy.get("/sealed/product/shipments/1/").content.decode()
    by_bag = {row.bag_id: row.lot.number for row in BagContent.objects.select_related("lot")}
    rows = re.findall(r"(\d{4}-\d{4})</th>.*?(L-[AB])</a>", text, re.DOTALL)
    known = {bag.shown: by_bag[bag.pk] for bag in Bag.objects.all()}
    assert dict(rows) == known


def test_a_temperature_log_on_the_page(cast, pharmacy):
    packed(cast.pharmacist, cast.site)
    address = "/sealed/product/shipments/1/"
    bad = pharmacy.post(f"{address}temperature/", {"file": SimpleUploadedFile("l.csv", b"a,b\n")})
    assert bad.status_code == 422
    assert "Line 1: The first line has to be: time,temperature" in bad.content.decode()
    good = pharmacy.post(f"{address}temperature/", {"file": SimpleUploadedFile("L-A.csv", LOG)})
    assert good.status_code == 302
    row = Excursion.objects.first()
    given = {"began_at": row.began_at.isoformat(), "source": row.source}
    wrong = pharmacy.post(f"{address}judge/", given | {"verdict": "usable", "ground": "unstable"})
    assert wrong.status_code == 422
    assert "contradict each other" in wrong.content.decode()
    right = pharmacy.post(f"{address}judge/", given | {"verdict": "usable", "ground": "stable"})
    assert right.status_code == 302
    assert not Bag.objects.filter(excursion_open=True).exists()
    assert "covered by the stability data" in pharmacy.get(address).content.decode()


def test_a_recall_on_the_page_and_its_notice_in_the_inbox(cast, pharmacy, sign_in):
    packed(cast.pharmacist, cast.site)
    lot = Lot.objects.get(number="L-A")
    address = f"/sealed/product/lots/{lot.pk}/recall/"
    assert pharmacy.post(address, proof(reason="")).status_code == 422
    answer = pharmacy.post(address, proof(reason="mycoplasma found"), follow=True)
    assert "Bags withdrawn: 2. Sites told: 1." in answer.content.decode()
    assert Item.objects.filter(kind="recall").count() == 1
    text = sign_in(cast.investigator).get("/inbox/").content.decode()
    mine = BagContent.objects.filter(lot=lot).values_list("bag_id", flat=True)
    for bag in Bag.objects.filter(pk__in=list(mine)):
        assert bag.shown in text
    assert "L-A" not in text
    assert "mycoplasma" not in text
    assert sign_in(cast.investigator).get("/").status_code == 200


def test_a_shipment_of_another_site_is_not_there(cast, pharmacy):
    packed(cast.pharmacist, cast.other_site)
    number = Shipment.objects.get().number
    base = f"/sealed/product/shipments/{number}/"
    assert pharmacy.get(base).status_code == 404
    assert pharmacy.get(f"{base}labels/").status_code == 404
    assert pharmacy.post(f"{base}ship/").status_code == 404
    assert pharmacy.get("/sealed/product/shipments/999/").status_code == 404


@pytest.mark.req("R-17")
def test_who_looks_is_noted_before_anything_is_shown(cast, pharmacy, admin_connection):
    lot = quarantined("L-1", "B")
    pharmacy.get(f"/sealed/product/lots/{lot.pk}/")
    pharmacy.get("/sealed/product/lots/999/")
    with admin_connection.cursor() as cursor:
        cursor.execute("select kind, object, asked_by, reason from sealed.access order by id")
        assert cursor.fetchall() == [
            ("product", f"lot:{lot.pk}", "pharmacist", "work of the cell laboratory"),
            ("product", "lot:999", "pharmacist", "work of the cell laboratory"),
        ]


@pytest.mark.req("R-46")
@pytest.mark.parametrize(
    "name", ["investigator", "sponsor", "datamanager", "statistician", "admin"]
)
def test_nobody_else_sees_these_pages(cast, sign_in, name):
    lot = quarantined("L-1", "B")
    client = sign_in(cast.users[name])
    for address in ("lots/", f"lots/{lot.pk}/", f"lots/{lot.pk}/recall/", "donors/", "shipments/"):
        assert client.get(f"/sealed/product/{address}").status_code == 403
    assert "/sealed/product/" not in client.get("/").content.decode()


def grow(cast, number):
    for place in range(number):
        released(cast.pharmacist, f"L-more-{place}", "B")


def test_no_page_needs_more_statements_with_more_rows(cast, pharmacy):
    packed(cast.pharmacist, cast.site, cells=1, placebo=1)
    lot = Lot.objects.get(number="L-A")
    pages = [
        "lots/", "donors/", "shipments/", "shipments/1/", "shipments/new/", f"lots/{lot.pk}/",
        f"lots/{lot.pk}/recall/", f"lots/{lot.pk}/disposition/",
    ]  # fmt: skip
    few = {page: statements(pharmacy, f"/sealed/product/{page}") for page in pages}
    grow(cast, 6)
    packed(cast.pharmacist, cast.site, cells=9, placebo=9, mark="9")
    pages = [page.replace("shipments/1/", "shipments/2/") for page in pages]
    many = [statements(pharmacy, f"/sealed/product/{page}") for page in pages]
    assert many == list(few.values())
    assert max(many) <= 15
