"""The page of the edit checks: how each does, at the sites one may see, and as a file."""

import csv
import re
from io import StringIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import study
from tests.integration.crf.filling import GOOD, SITE, VITALS, at_day_0, put, row_of
from trial.audit.context import Actor
from trial.crf import services
from trial.protocol.casebook.forms import BY_CODE, CHECKS
from trial.quality.models import Query
from trial.quality.services import settling

pytestmark = pytest.mark.django_db
PAGE = "/queries/checks/"
CHECK = "vital_signs.systolic"
HIGH = GOOD | {"systolic": 190}
WHY = {CHECK: "measured twice"}


def fire(site, times=1):
    """Sheets on which the check of the systolic pressure fires, explained."""
    owners = [at_day_0(study.enrolled(site)) for _n in range(times)]
    for owner in owners:
        put(owner, VITALS, HIGH, answers=WHY)
    return owners


def read(client, **given):
    text = client.get(PAGE, {"format": "csv", **given}).content.decode()
    return list(csv.DictReader(StringIO(text)))


def of(rows, check=CHECK):
    (row,) = (one for one in rows if one["check"] == check)
    return {name: int(row[name]) for name in ("open", "answered", "accepted", "healed",
                                              "objections")}  # fmt: skip


def object_to(owner, text="an athlete"):
    services.object_to(owner=owner, form=VITALS, row_id=row_of(owner, VITALS).pk, check_id=CHECK,
                       text=text, by=SITE)  # fmt: skip


@pytest.mark.parametrize("user", ["datamanager", "monitor", "sponsor"])
def test_every_check_is_listed_in_both_languages(cast, sign_in, user):
    client = sign_in(cast.users[user])
    rows = read(client)
    assert [row["check"] for row in rows] == [check.id for check in CHECKS]
    assert all(row["says_en"] and row["says_zh"] for row in rows)
    assert {row["severity"] for row in rows} == {"hard", "soft"}
    text = client.get(PAGE, {"form": "vital_signs"}).content.decode()
    assert "outside the usual 90–180 mmHg" in text
    assert "超出常见范围" in text


def test_what_became_of_its_queries_is_counted(cast, sign_in):
    first, second, third, _fourth = fire(cast.site, 4)
    put(first, VITALS, {"systolic": 118}, reason="misread")
    query = Query.objects.get(participant_id=second.participant.pk)
    settling.close(query=query, text="", by=Actor(name="datamanager", role="datamanager"))
    object_to(third)
    found = of(read(sign_in(cast.datamanager)))
    assert found == {"open": 0, "answered": 2, "accepted": 1, "healed": 1, "objections": 1}


def test_an_objection_is_read_with_its_text_and_its_query(cast, sign_in):
    (owner,) = fire(cast.site)
    object_to(owner, "an <b>athlete</b>")
    text = sign_in(cast.datamanager).get(PAGE, {"form": "vital_signs"}).content.decode()
    assert "an &lt;b&gt;athlete" in text
    assert f'href="/queries/{Query.objects.get().pk}/"' in text
    assert f"/participants/{owner.participant.code}/casebook/" in text


def test_a_site_sees_its_own_numbers_and_objections(cast, sign_in):
    (mine,), (other,) = fire(cast.site), fire(cast.other_site)
    object_to(mine)
    object_to(other, "theirs")
    client = sign_in(cast.coordinator)
    found = of(read(client))
    assert (found["answered"], found["objections"]) == (1, 1)
    assert "theirs" not in client.get(PAGE, {"form": "vital_signs"}).content.decode()


def test_it_is_filtered_and_sorted(cast, sign_in):
    fire(cast.site)
    client = sign_in(cast.datamanager)
    assert {row["severity"] for row in read(client, severity="hard")} == {"hard"}
    assert {row["form"] for row in read(client, form="death")} == {"death"}
    assert read(client, sort="-answered")[0]["check"] == CHECK
    assert read(client, sort="answered")[-1]["check"] == CHECK
    shown = re.findall(r'<span class="code">([^<]+)', client.get(
        PAGE, {"sort": "-answered"}).content.decode())  # fmt: skip
    assert shown[0] == CHECK


@pytest.mark.parametrize("given", [{"form": "none"}, {"sort": "none"}, {"protocol": "9.9"},
                                   {"page": "x"}, {"severity": "<"}])  # fmt: skip
def test_what_is_no_choice_filters_nothing(cast, sign_in, given):
    assert sign_in(cast.datamanager).get(PAGE, given).status_code == 200


def test_it_reads_as_much_for_many_queries_and_objections_as_for_few(cast, sign_in):
    def statements():
        client.get(PAGE)
        with CaptureQueriesContext(connection) as found:
            client.get(PAGE)
        return len(found)

    client = sign_in(cast.datamanager)
    object_to(fire(cast.site)[0])
    few = statements()
    for owner in fire(cast.site, 5) + fire(cast.other_site, 5):
        object_to(owner)
    assert statements() == few <= 15


def test_every_form_is_a_choice(cast, sign_in):
    text = sign_in(cast.datamanager).get(PAGE).content.decode()
    assert all(f'value="{code}"' in text for code in BY_CODE)
