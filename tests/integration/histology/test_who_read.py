"""Who was shown a participant's slides is found, although no address names the participant."""

import pytest
from django.urls import reverse

from tests.factories import histology, study
from tests.integration.audit.test_readings import who_read
from tests.integration.histology.test_pages import client_of

pytestmark = [pytest.mark.django_db, pytest.mark.req("R-54")]


def test_a_reader_who_was_shown_a_specimen_is_found_under_its_participant(cast):
    one, other = study.enrolled(cast.site), study.enrolled(cast.site)
    mine, theirs = histology.ready(one), histology.ready(other)
    histology.given(mine, theirs)
    code = histology.specimen(mine).code
    client = client_of(cast.reader)
    client.get(reverse("reading:specimen", args=[code]))
    client.get(reverse("reading:image", args=[code, 1]))
    client_of(cast.datamanager).get(reverse("histology:biopsy", args=[one.code, "D0"]))
    assert {(row["view"], row["user"]) for row in who_read(one.code)} == {
        ("reading:specimen", "reader"), ("reading:image", "reader"),
        ("histology:biopsy", "datamanager"),
    }  # fmt: skip
    assert who_read(other.code) == []
