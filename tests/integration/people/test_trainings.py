"""Trainings and the agreement on electronic signatures, confirmed before the first signature."""

import pytest
from django.db import IntegrityError

from trial.access import selectors, services
from trial.access.exceptions import Refused
from trial.access.models import Kind, Training
from trial.access.selectors import agreed
from trial.audit.context import Actor, transaction
from trial.audit.models import Event

pytestmark = pytest.mark.django_db
AGREEMENT = "/trainings/signature_agreement/"


@pytest.mark.req("R-31")
def test_a_user_reads_the_agreement_and_confirms_it(sign_in, cast, newcomer, acts):
    client = sign_in(newcomer)
    assert not agreed(newcomer)
    text = client.get(AGREEMENT).content.decode()
    assert "legally binding equivalent" in text
    assert client.post(AGREEMENT, {"read": "on"}).status_code == 302
    assert agreed(newcomer)
    assert not agreed(cast.monitor)
    assert acts() == ["training_confirmed"]
    event = Event.objects.filter(kind="act:training_confirmed").latest("id")
    assert event.details["kind"] == "signature_agreement"
    assert (event.details["version"], event.details["language"]) == ("1.0", "en")


@pytest.mark.req("R-31")
def test_without_the_tick_nothing_is_confirmed(sign_in, newcomer):
    assert sign_in(newcomer).post(AGREEMENT, {}).status_code == 422
    assert not agreed(newcomer)


@pytest.mark.req("R-31")
def test_a_new_text_must_be_agreed_to_anew(newcomer, monkeypatch):
    by = Actor.of(newcomer)
    services.confirm_training(user=newcomer, kind=Kind.AGREEMENT, language="en", by=by)
    monkeypatch.setattr(selectors, "AGREEMENT_VERSION", "2.0")
    assert not agreed(newcomer)


def test_confirming_again_changes_nothing(sign_in, cast, acts):
    client = sign_in(cast.monitor)
    for _time in range(2):
        assert client.post("/trainings/system/", {"read": "on"}).status_code == 302
    assert Training.objects.filter(user=cast.monitor).count() == 1
    assert acts() == ["training_confirmed"]


@pytest.mark.req("R-31")
def test_nobody_agrees_for_another(cast, admin, newcomer):
    with pytest.raises(Refused):
        services.record_training(user=newcomer, kind=Kind.AGREEMENT, reference="file 7", by=admin)
    with pytest.raises(Refused):
        services.confirm_training(user=newcomer, kind=Kind.AGREEMENT, language="en", by=admin)
    with (
        pytest.raises(IntegrityError, match="training_agreement_by_oneself"),
        transaction(by=admin),
    ):
        Training.objects.create(
            user=newcomer, kind="signature_agreement", version="1.0", reference="file 7",
            confirmed_by="admin", confirmed_by_id=cast.admin.pk,
        )  # fmt: skip


def test_an_administrator_records_a_training_from_paper_with_its_place(sign_in, cast):
    client, address = sign_in(cast.admin), f"/admin/users/{cast.coordinator.pk}/training/"
    for wrong in (
        {"kind": "protocol", "reference": " "},
        {"kind": "signature_agreement", "reference": "file 7"},
    ):
        assert client.post(address, wrong).status_code == 422
    assert client.post(address, {"kind": "protocol", "reference": "file 7"}).status_code == 302
    row = Training.objects.get(user=cast.coordinator)
    assert (row.confirmed_by, row.reference, row.version) == ("admin", "file 7", "1.0")
    page = sign_in(cast.coordinator).get("/trainings/").content.decode()
    assert "file 7" in page


def test_the_database_asks_where_the_paper_is(cast, admin):
    with (
        pytest.raises(IntegrityError, match="training_recorded_with_reference"),
        transaction(by=admin),
    ):
        Training.objects.create(
            user=cast.monitor, kind="system", version="1.0", confirmed_by="admin",
            confirmed_by_id=cast.admin.pk,
        )  # fmt: skip


def test_one_does_not_record_ones_own_training(cast, admin):
    with pytest.raises(Refused):
        services.record_training(user=cast.admin, kind=Kind.SYSTEM, reference="x", by=admin)


def test_an_unknown_text_is_not_there(sign_in, cast):
    assert sign_in(cast.monitor).get("/trainings/cooking/").status_code == 404


@pytest.mark.parametrize("name", ["outsider", "pharmacist", "admin"])
def test_everybody_signed_in_has_the_page(sign_in, cast, name):
    assert sign_in(cast.users[name]).get("/trainings/").status_code == 200
