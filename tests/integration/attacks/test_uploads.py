"""F-121 to F-124: files and bodies too big, not what they say, or aimed at a spreadsheet."""

import csv
import gzip
import io
import json
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from labs.models import ImportBatch
from labs.services import imports
from reports.datasets import DATASETS
from tests.factories import study
from tests.integration.attacks.conftest import Caller, body_of
from trial.access import services as access


def bomb() -> bytes:
    """Ten megabytes of nothing in ten kilobytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../values.csv", b"\0" * 10_000_000)
    return buffer.getvalue()


ODD_FILES = {
    "zip bomb": bomb(),
    "workbook": bomb().replace(b"../../values.csv", b"xl/sharedStr.xml"),
    "zip with nothing": b"PK\x05\x06" + b"\0" * 18,
    "gzip bomb": gzip.compress(b"0" * 10_000_000),
    "old workbook": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
    "picture": b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
    "program": b"MZ\x90\x00" + b"\0" * 100,
    "page in disguise": b"\x00<html><script>alert(1)</script>",
    "one line without end": b"a" * 3_000_000,
    "quote without end": b'participant,"' + b"x" * 3_000_000,
    "columns without end": b"," * 90_000 + b"\n",
}


@pytest.mark.req("F-121")
@pytest.mark.req("F-122")
@pytest.mark.parametrize("door", ["page", "REST"])
@pytest.mark.parametrize("what", ODD_FILES)
def test_a_file_that_is_no_table_brings_nothing_in(cast, caller: Caller, what, door):
    """Refused at once, or kept and found unreadable by the check; never an error page."""
    user, content = cast.coordinator, ODD_FILES[what]
    before = ImportBatch.objects.count()
    if door == "page":
        data = {"site": cast.site.pk, "laboratory": cast.laboratory.pk, "layout": "long",
                "file": SimpleUploadedFile("v.csv", content)}  # fmt: skip
        answer = caller.client(user).post(reverse("labs:imports"), data)
        assert answer.status_code in (302, 422)
    else:
        answer = caller.client(user).post(
            f"{reverse('api:lab-imports-list')}?site=01", content, content_type="text/csv",
            headers={"Idempotency-Key": "k", **caller.bearer(user)},
        )  # fmt: skip
        assert answer.status_code in (202, 400)
    if ImportBatch.objects.count() > before:
        batch = ImportBatch.objects.latest("id")
        imports.work(batch_id=batch.pk, process="test")
        batch.refresh_from_db()
        assert batch.status == "failed"
        assert caller.get(user, reverse("labs:import", args=[batch.pk])).status_code == 200


@pytest.mark.req("F-122")
def test_a_million_form_fields_are_refused_before_they_are_read(world, caller):
    text = "&".join(f"f{n}=" for n in range(1_000_000))[:2_400_000]
    for name, address, user in world.doors():
        if name.startswith(("api:", "account_", "web:")):
            continue
        client = caller.client(user, enforce_csrf_checks=True)  # the token is looked for in them
        answer = client.post(address, text, content_type="application/x-www-form-urlencoded")
        assert answer.status_code in (400, 403), name  # 403: not even read


@pytest.mark.req("F-122")
def test_a_body_beyond_the_limit_is_refused_everywhere(world, caller, settings):
    """Of a form, of JSON, and of a file that announces itself."""
    text = b"reason=" + b"x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
    form = reverse("patients:withdraw", args=[world.here["participant"]])
    user = world.cast.coordinator
    kind = "application/x-www-form-urlencoded"
    assert caller.ask(user, "POST", form, data=text, content_type=kind).status_code == 400
    headers = {"Idempotency-Key": "k", **caller.bearer(user)}
    panels, files = reverse("api:lab-panels-list"), reverse("api:lab-imports-list") + "?site=01"
    long = caller.ask(user, "POST", panels, data=b"[" + b" " * 1_000_001 + b"]",
                      content_type="application/json", headers=headers)  # fmt: skip
    assert long.status_code == 400
    announced = caller.ask(user, "POST", files, data=b"x", content_type="text/csv",
                           headers={**headers, "Content-Length": str(5_000_000_000)})  # fmt: skip
    assert announced.status_code == 413


@pytest.mark.req("F-122")
@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, '{"a":' * 100_000, "[" * 100_000 + "]" * 100_000, "9" * 100_000, "1e999999999",
     '{"a": NaN}', '{"a": 1, "a": 2}', "", "null", "[]", '"x"', "{", "\ufeff{}", "{}" * 2],
    ids=range(14),
)  # fmt: skip
def test_json_that_is_deep_or_no_object_is_refused_in_words(cast, caller, text):
    user = cast.coordinator
    answer = caller.ask(
        user, "POST", reverse("api:lab-panels-list"), data=text.encode(),
        content_type="application/json", headers={"Idempotency-Key": "k", **caller.bearer(user)},
    )  # fmt: skip
    assert answer.status_code == 400
    assert json.loads(body_of(answer))["errors"]


@pytest.mark.req("F-122")
@pytest.mark.parametrize(
    "text",
    ["{" * 50_000, '{"name": ' + "[" * 50_000, "a = " + "[" * 50_000, "[" * 9, "\x00",
     '{"analytes": {"a": ' + "9" * 9_000 + "}}"],
    ids=range(6),
)  # fmt: skip
def test_a_mapping_that_is_deep_or_none_is_refused_in_words(cast, caller, text):
    data = {"site": cast.site.pk, "laboratory": cast.laboratory.pk, "layout": "long",
            "file": SimpleUploadedFile("v.csv", b"participant\n"),
            "mapping": SimpleUploadedFile("m.json", text.encode())}  # fmt: skip
    answer = caller.client(cast.coordinator).post(reverse("labs:imports"), data)
    assert answer.status_code == 422


@pytest.mark.req("F-123")
@pytest.mark.parametrize(
    "address",
    ["/static/../trial/settings.py", "/static/%2e%2e/trial/settings.py",
     "/static/..%2f..%2fetc/passwd",
     "/static//etc/passwd", "/static/%00", "/../../etc/passwd", "/participants/..%2f..%2fadmin/",
     "/participants/%2e%2e/", "/api/v1/../../etc/passwd", "/.env", "/.git/config",
     "/docs/schema.yml"],
)  # fmt: skip
def test_no_address_leads_out_of_the_site(cast, caller, address):
    answer = caller.get(cast.coordinator, address)
    assert answer.status_code in (301, 302, 400, 404)
    body = body_of(answer)
    assert b"SECRET_KEY" not in body
    assert b"root:" not in body


FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "＋1", "－1", "＠x")


@pytest.mark.req("F-124")
@pytest.mark.django_db(transaction=True)
def test_no_cell_of_a_file_for_spreadsheets_is_a_formula(cast, caller):
    """Every dataset; names of sites begin with what a spreadsheet would calculate."""
    study.enter(study.enrolled(cast.site), "D0", {"ALT": "<12"}, cast.laboratory)
    for number, text in enumerate(FORMULAS, start=11):
        access.create_site(
            code=str(number), name=f"{text},x", name_zh=text, timezone="Asia/Shanghai",
            opened_on=study.DAY0, protocol="1.0", by=study.SETUP,
        )  # fmt: skip
    client = caller.client(cast.sponsor)
    for name in DATASETS:
        answer = client.get(reverse(f"api:{name}-list"), {"format": "csv", "excel": "1"})
        assert answer.status_code == 200
        text = body_of(answer).decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
        numbers = {"x_uln", "value", "canonical_value", "range_low", "range_high"}
        cells = [c for row in rows for n, c in row.items() if n not in numbers]
        assert not [c for c in cells if c.startswith(tuple("=+-@\t\r＝＋－＠"))], name
        if name == "sites":
            assert sum(row["name"].startswith("'") for row in rows) == len(FORMULAS)
    exact = body_of(client.get(reverse("api:sites-list"), {"format": "csv"})).decode()
    assert "=1+1,x" in exact  # the file for machines keeps what is stored
