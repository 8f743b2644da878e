"""A form that is refused shows its page again: a reading like any other."""

import pytest
from django.urls import reverse

from tests.factories import study
from trial.audit.models import Reading


@pytest.mark.req("R-54")
def test_a_refused_form_is_a_reading_and_one_that_is_kept_is_none(sign_in, cast):
    participant = study.screened(cast.site)
    client = sign_in(cast.coordinator)
    address = reverse("patients:consent", args=[participant.code])
    given = {"form_version": "1.0", "given_on": "2025-01-02", "given_time": "09:00"}

    assert client.post(address, {**given, "given_on": "soon"}).status_code == 422
    reading = Reading.objects.get()
    assert (reading.username, reading.view) == ("coordinator", "patients:consent")
    assert reading.record["code"] == participant.code
    assert client.post(address, given).status_code == 302
    assert Reading.objects.count() == 1
