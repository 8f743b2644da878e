"""Who sees which pages about a participant."""

import re

import pytest
from django.urls import reverse

from tests.factories import study
from tests.integration.patients.pages import eligible, url

pytestmark = pytest.mark.django_db

PAGES = ["patients:screening", "visits:list", "visits:schedule"]
VARYING = re.compile(
    r'nonce="[^"]*"|csrfmiddlewaretoken" value="[^"]*"|"x-csrftoken": "[^"]*"'
    r'|[?&]next=[^"&]*|name="next" value="[^"]*"'
)


def body(response):
    return VARYING.sub("", response.content.decode())


@pytest.mark.parametrize("name", PAGES)
def test_another_sites_and_an_unknown_code_are_the_same_404(cast, sign_in, name):
    other = study.enrolled(cast.other_site)
    client = sign_in(cast.coordinator)
    hidden = client.get(url(name, other))
    unknown = client.get(reverse(name, args=["02-9993"]))
    wrong = client.get(reverse(name, args=["02-0010"]))
    assert hidden.status_code == unknown.status_code == wrong.status_code == 404
    assert body(hidden) == body(unknown) == body(wrong)


@pytest.mark.parametrize("code", ["1", "01-0019\x00", "%2e%2e", "01-00191", "０１-００１９"])
def test_a_code_that_is_none_is_a_404(cast, sign_in, code):
    study.screened(cast.site)
    assert sign_in(cast.coordinator).get(f"/participants/{code}/visits/").status_code == 404


@pytest.mark.parametrize("user", ["investigator", "sponsor", "monitor", "statistician"])
def test_readers_see_the_board(cast, sign_in, user):
    participant = eligible(cast.site)
    page = sign_in(getattr(cast, user)).get(url("patients:screening", participant))
    assert page.status_code == 200
    assert ("Record consent" in page.content.decode()) is (user == "investigator")


def test_pharmacist_sees_visits_but_no_criteria(cast, sign_in):
    participant = study.enrolled(cast.site)
    client = sign_in(cast.pharmacist)
    assert client.get(url("visits:list", participant)).status_code == 200
    assert client.get(url("patients:screening", participant)).status_code == 403


@pytest.mark.parametrize(
    "name",
    ["patients:consent", "patients:criteria", "patients:decision", "patients:fail", "visits:enrol",
     "patients:withdraw", "patients:complete", "patients:details", "visits:unscheduled"],
)  # fmt: skip
def test_writing_at_another_site_is_a_404(cast, sign_in, name):
    other = study.enrolled(cast.other_site)
    assert sign_in(cast.coordinator).post(url(name, other), {}).status_code == 404
