"""/api/v1/lab-imports/: a file sent by another system, followed until it is in."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from labs.models import ImportBatch, Panel
from labs.services import imports
from tests.factories import study
from tests.integration.labs.importing import bring, table

PATH = "/api/v1/lab-imports/"


@pytest.fixture
def participant(cast):
    return study.enrolled(cast.site)


@pytest.fixture
def content(participant):
    visit = study.visit_of(participant, "W12")
    return table(f"{participant.code},W12,{visit.target_on},ALT,35,U/L,")


def send(one, content, key="k1", **query):
    """A text/csv body with everything else in the address."""
    address = PATH + "?" + "&".join(f"{k}={v}" for k, v in ({"site": "01"} | query).items())
    headers = one.headers({"Idempotency-Key": key} if key else None)
    return one.client.post(address, content, content_type="text/csv", headers=headers)


def form(one, content, key="k1", **fields):
    """The same as multipart/form-data."""
    file = SimpleUploadedFile("lab.csv", content, content_type="text/csv")
    headers = one.headers({"Idempotency-Key": key})
    return one.client.post(PATH, {"site": "01", "file": file, **fields}, headers=headers)


def work():
    imports.work(batch_id=ImportBatch.objects.latest("id").pk, process="test")


@pytest.mark.parametrize("door", [send, form])
def test_a_file_is_kept_checked_and_imported(cast, api, content, door):
    one = api(cast.coordinator)
    answer = door(one, content)
    assert answer.status_code == 202, answer.content
    assert (answer.json()["status"], answer.json()["dry_run"]) == ("uploaded", False)
    work()
    body = one.get(f"lab-imports/{answer.json()['id']}/").json()
    assert (body["status"], body["counts"]["new"], body["failure"]) == ("applied", 1, None)
    assert Panel.objects.get().results.get().text == "35"


def test_a_dry_run_only_checks(cast, api, content):
    one = api(cast.coordinator)
    answer = send(one, content, dry_run="1")
    work()
    assert one.get(f"lab-imports/{answer.json()['id']}/").json()["status"] == "checked"
    assert not Panel.objects.exists()


def test_a_file_with_errors_waits_and_its_findings_can_be_read(cast, api, participant):
    one = api(cast.coordinator)
    bad = table(f"{participant.code},W12,2025-03-31,ALT,abc,U/L,")
    number = send(one, bad).json()["id"]
    work()
    assert one.get(f"lab-imports/{number}/").json()["status"] == "checked"
    (found,) = one.get(f"lab-imports/{number}/findings/", kind="error").json()
    assert (found["line"], found["column"], found["code"]) == (2, "value", "not_a_number")
    assert found["text"] == "This is not a number."
    assert one.get(f"lab-imports/{number}/findings/", after=found["id"]).json() == []


def test_errors_can_be_left_out(cast, api, content, participant):
    more = content + f"{participant.code},W12,2025-03-31,AST,abc,U/L,\r\n".encode()
    send(api(cast.coordinator), more, skip_errors="1")
    work()
    assert [row.analyte for row in Panel.objects.get().results.all()] == ["ALT"]


@pytest.mark.req("F-004")
@pytest.mark.req("F-005")
def test_the_same_key_again_is_the_same_import_and_another_body_is_refused(cast, api, content):
    one = api(cast.coordinator)
    first = send(one, content)
    again = send(one, content)
    assert (again.status_code, again.json()["id"]) == (202, first.json()["id"])
    assert again.headers["Idempotency-Replayed"] == "true"
    assert send(one, content + b"\r\n").status_code == 422
    assert send(one, content, dry_run="1").status_code == 422
    assert ImportBatch.objects.count() == 1


def test_without_a_key_nothing_is_kept(cast, api, content):
    answer = send(api(cast.coordinator), content, key="")
    assert (answer.status_code, ImportBatch.objects.count()) == (400, 0)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"site": ""}, "site"),
        ({"laboratory": "X"}, "laboratory"),
        ({"mapping": "tall"}, "mapping"),
        ({"dry_run": "yes"}, "dry_run"),
        ({"dryrun": "1"}, "dryrun"),
    ],
)
def test_a_wrong_parameter_is_named(cast, api, content, query, field):
    answer = send(api(cast.coordinator), content, **query)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


@pytest.mark.req("F-122")
def test_what_is_no_csv_or_too_big_is_refused(cast, api, content, settings):
    one = api(cast.coordinator)
    assert send(one, b"PK\x03\x04").status_code == 400
    assert send(one, b"").status_code == 400
    assert form(one, b"\x1f\x8b").status_code == 400
    settings.IMPORT_MAX_BYTES = 10
    assert send(one, content).status_code == 413
    assert not ImportBatch.objects.exists()


def test_a_json_body_is_not_understood(cast, api):
    answer = api(cast.coordinator).post("lab-imports/", {"site": "01"}, Idempotency_Key="k")
    assert answer.status_code == 415


def test_another_site_and_its_imports_are_not_there(cast, api, content):
    batch = bring(cast, content, apply=False)
    other = api(cast.coordinator2)
    assert send(other, content).status_code == 404
    assert other.get(f"lab-imports/{batch.pk}/").status_code == 404
    assert other.get(f"lab-imports/{batch.pk}/findings/").status_code == 404


@pytest.mark.req("R-14")
@pytest.mark.parametrize("role", ["sponsor", "monitor", "datamanager", "statistician", "outsider"])
def test_who_may_not_import_may_not_ask_either(cast, api, content, role):
    batch = bring(cast, content, apply=False)
    one = api(cast.users[role])
    assert send(one, content).status_code == 403
    assert one.get(f"lab-imports/{batch.pk}/").status_code == 403
