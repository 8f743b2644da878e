"""The import's pages: upload, dry run, decision, result; whose files one sees."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from labs.models import ImportBatch, ImportStatus, Panel
from labs.services import imports
from tests.factories import study
from tests.integration.labs.importing import again, bring, table


@pytest.fixture
def participant(cast):
    return study.enrolled(cast.site)


@pytest.fixture
def row(participant):
    visit = study.visit_of(participant, "W12")
    return f"{participant.code},W12,{visit.target_on},ALT,35,U/L,"


@pytest.fixture
def bad(participant):
    """A row whose every cell is something a page must not take for markup or a formula."""
    return f"{participant.code},W12,2025-03-31,<script>alert(1)</script>,=1+1,@x,+2"


def send(client, cast, content, name="results.csv", **fields):
    values = {"site": cast.site.pk, "laboratory": cast.laboratory.pk, "layout": "long"} | fields
    file = SimpleUploadedFile(name, content, content_type="text/csv")
    return client.post(reverse("labs:imports"), {**values, "file": file})


def page(client, batch, name="import"):
    return client.get(reverse(f"labs:{name}", args=[batch.pk]))


def test_upload_check_confirm_and_result(cast, sign_in, row):
    client = sign_in(cast.coordinator)

    answer = send(client, cast, table(row))

    batch = ImportBatch.objects.get()
    assert answer.url == reverse("labs:import", args=[batch.pk])
    assert b'id="import-progress"' in page(client, batch).content
    imports.work(batch_id=batch.pk, process="test")
    assert b"One value will be imported" in page(client, batch).content
    assert not Panel.objects.exists(), "a check writes nothing"

    client.post(reverse("labs:import-confirm", args=[batch.pk]))
    imports.work(batch_id=batch.pk, process="test")

    assert Panel.objects.get().results.get().text == "35"
    assert (again(batch).status, again(batch).confirmed_by) == ("applied", "coordinator")
    assert b"Imported" in page(client, batch).content
    assert b"results.csv" in client.get(reverse("labs:imports")).content


def test_errors_conflicts_and_warnings_are_listed_and_must_be_agreed_to(cast, sign_in, row, bad):
    client = sign_in(cast.coordinator)
    send(client, cast, table(row, bad))
    batch = ImportBatch.objects.get()
    imports.work(batch_id=batch.pk, process="test")

    shown = page(client, batch).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "<script>alert(1)" not in shown
    refused = client.post(reverse("labs:import-confirm", args=[batch.pk]))
    assert (refused.status_code, again(batch).status) == (422, ImportStatus.CHECKED)
    client.post(reverse("labs:import-confirm", args=[batch.pk]), {"skip_errors": "on"})
    assert again(batch).status == ImportStatus.CONFIRMED


@pytest.mark.req("F-124")
def test_the_csv_of_findings_is_safe_in_a_spreadsheet(cast, sign_in, participant):
    content = table(f"{participant.code},W12,2025-03-31,=1+1,35,U/L,",
                    f"{participant.code},W12,2025-03-31,ALT,@SUM(A1),U/L,")  # fmt: skip
    batch = bring(cast, content, apply=False)
    answer = page(sign_in(cast.coordinator), batch, "import-findings")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert ",'=1+1," in text
    assert ",'@SUM(A1) U/L," in text
    assert answer["Content-Type"].startswith("text/csv")


def test_progress_is_asked_for_until_the_work_is_done(cast, sign_in, row):
    client = sign_in(cast.coordinator)
    send(client, cast, table(row))
    batch = ImportBatch.objects.get()
    assert b"every 1s" in page(client, batch, "import-progress").content
    imports.work(batch_id=batch.pk, process="test")
    assert page(client, batch, "import-progress").headers["HX-Refresh"] == "true"


def test_a_file_can_be_discarded(cast, sign_in, row):
    client = sign_in(cast.coordinator)
    batch = bring(cast, table(row), apply=False)
    client.post(reverse("labs:import-discard", args=[batch.pk]))
    assert again(batch).status == ImportStatus.DISCARDED


def test_the_same_file_again_is_pointed_out(cast, sign_in, row):
    bring(cast, table(row))
    batch = bring(cast, table(row), apply=False)
    assert b"The same file was imported on" in page(sign_in(cast.coordinator), batch).content


def test_an_own_mapping_replaces_the_layout(cast, sign_in, participant):
    mapping = {
        "columns": {"participant": "Pat", "date": "Tag", "analyte": "Test", "value": "Wert"},
        "analytes": {"GPT": {"code": "ALT", "unit": "U/L"}},
        "delimiter": ";",
    }
    file = SimpleUploadedFile("m.json", json.dumps(mapping).encode())
    day = f"{study.visit_of(participant, 'W12').target_on:%d.%m.%Y}"
    content = f"Pat;Tag;Test;Wert\n{participant.code};{day};GPT;35,5\n".encode()
    send(sign_in(cast.coordinator), cast, content, mapping=file, date_format="DD.MM.YYYY")
    batch = ImportBatch.objects.get()
    imports.work(batch_id=batch.pk, process="test")
    assert again(batch).counts["new"] == 1, list(batch.findings.values())


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"mapping": SimpleUploadedFile("m.json", b"{broken")}, "neither JSON nor TOML"),
        ({"mapping": SimpleUploadedFile("m.json", b'{"colums": {}}')}, "unknown setting"),
        ({"mapping": SimpleUploadedFile("m.json", b"\xff\xfe")}, "is not utf-8"),
        ({"layout": "tall"}, "Select a valid choice"),
        ({"encoding": "latin-1"}, "Select a valid choice"),
    ],
)
def test_what_is_wrong_with_the_form_is_said_at_the_field(cast, sign_in, row, fields, said):
    answer = send(sign_in(cast.coordinator), cast, table(row), **fields)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not ImportBatch.objects.exists()


@pytest.mark.req("F-122")
@pytest.mark.parametrize(("content", "said"), [(b"", "is empty"), (b"PK\x03\x04x", "Excel")])
def test_a_file_of_the_wrong_kind_is_refused_at_once(cast, sign_in, content, said):
    answer = send(sign_in(cast.coordinator), cast, content)
    assert (answer.status_code, said in answer.content.decode()) == (422, True)


@pytest.mark.req("F-122")
def test_an_upload_over_the_limit_is_not_read_to_its_end(cast, sign_in, row, settings, monkeypatch):
    settings.IMPORT_MAX_BYTES = 1_000
    monkeypatch.setattr("labs.uploads.ENVELOPE", 500)
    answer = send(sign_in(cast.coordinator), cast, table(row) * 100)
    assert answer.status_code == 422
    assert "too big" in answer.content.decode()


# --- whose files ---------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["import", "import-progress", "import-findings"])
def test_another_site_s_file_is_not_there(cast, sign_in, row, name):
    batch = bring(cast, table(row), apply=False)
    assert page(sign_in(cast.coordinator2), batch, name).status_code == 404


@pytest.mark.parametrize("name", ["import-confirm", "import-discard"])
def test_another_site_s_file_can_t_be_decided_on(cast, sign_in, row, name):
    batch = bring(cast, table(row), apply=False)
    answer = sign_in(cast.coordinator2).post(reverse(f"labs:{name}", args=[batch.pk]))
    assert (answer.status_code, again(batch).status) == (404, ImportStatus.CHECKED)


def test_a_file_can_t_be_sent_to_another_site(cast, sign_in, row):
    answer = send(sign_in(cast.coordinator2), cast, table(row))
    assert (answer.status_code, ImportBatch.objects.count()) == (422, 0)


@pytest.mark.req("R-14")
@pytest.mark.parametrize(
    "role", ["sponsor", "monitor", "datamanager", "pharmacist", "safety", "statistician", "admin",
             "outsider"],
)  # fmt: skip
def test_only_the_site_s_own_people_import(cast, sign_in, row, role):
    batch = bring(cast, table(row), apply=False)
    client = sign_in(cast.users[role])
    answers = [
        client.get(reverse("labs:imports")),
        send(client, cast, table(row)),
        page(client, batch),
        client.post(reverse("labs:import-confirm", args=[batch.pk])),
    ]
    assert [answer.status_code for answer in answers] == [403] * 4
    assert again(batch).status == ImportStatus.CHECKED


def test_the_pages_take_few_statements_however_much_was_found(cast, sign_in, participant):
    bad = [f"{participant.code},W12,2025-03-31,ALT,x{n},U/L," for n in range(150)]
    batch = bring(cast, table(*bad), apply=False)
    client = sign_in(cast.coordinator)
    for address in (reverse("labs:imports"), reverse("labs:import", args=[batch.pk])):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        assert len(queries) <= 15, "\n".join(q["sql"][:100] for q in queries)
