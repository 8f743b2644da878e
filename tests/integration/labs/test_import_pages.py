"""The import's pages: upload, dry run, decision, result; whose files one sees."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from labs.models import ImportBatch, ImportStatus, Panel
from labs.services import imports
from tests.factories import study
from tests.integration.labs.importing import bring, table

HTML = "<script>alert(1)</script>.csv"


@pytest.fixture
def participant(cast):
    return study.enrolled(cast.site)


@pytest.fixture
def row(participant):
    visit = study.visit_of(participant, "W12")
    return f"{participant.code},W12,{visit.target_on},ALT,35,U/L,"


def send(client, cast, content, name="results.csv", **fields):
    values = {"site": cast.site.pk, "laboratory": cast.laboratory.pk, "layout": "long"} | fields
    file = SimpleUploadedFile(name, content, content_type="text/csv")
    return client.post(reverse("labs:imports"), {**values, "file": file})


def test_upload_check_confirm_and_result(cast, sign_in, row):
    client = sign_in(cast.coordinator)

    answer = send(client, cast, table(row))

    batch = ImportBatch.objects.get()
    address = reverse("labs:import", args=[batch.pk])
    assert answer.url == address
    assert b"import-progress" in client.get(address).content
    imports.work(batch_id=batch.pk, process="test")
    assert b"1 value" in client.get(address).content or b"One value" in client.get(address).content
    assert not Panel.objects.exists(), "a check writes nothing"

    client.post(reverse("labs:import-confirm", args=[batch.pk]))
    imports.work(batch_id=batch.pk, process="test")

    assert Panel.objects.get().results.get().text == "35"
    batch.refresh_from_db()
    assert (batch.status, batch.confirmed_by) == (ImportStatus.APPLIED, "coordinator")
    assert client.get(address).status_code == 200
    assert b"results.csv" in client.get(reverse("labs:imports")).content
