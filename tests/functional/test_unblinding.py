"""An emergency in the browser: from the participant's page to the arm, and it is gone after."""

import re
from contextlib import suppress

import pytest
from playwright.sync_api import Error, Page, expect

from tests.factories import study
from tests.factories.allocation import list_in_force, randomised, ready, stocked
from tests.functional.test_main_job import sign_in

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "sealed"])
WHY = "anaphylaxis during the infusion, antidote depends on it"


@pytest.fixture
def person(cast):
    list_in_force(cast.site)
    stocked(cast.site, {"A": 5, "B": 5})
    found = ready(cast.site)
    randomised(found, cast.investigator)
    return found


@pytest.mark.req("R-47")
@pytest.mark.req("R-48")
def test_from_the_participants_page_to_the_arm_and_no_way_back_to_it(
    page: Page, live_server, cast, person
):
    sign_in(page, live_server.url, "investigator")
    page.goto(f"{live_server.url}/participants/{person.code}/")
    page.get_by_role("link", name="Emergency unblinding").click()
    page.get_by_label("Kind of emergency").select_option("reaction")
    page.locator("[name=reason]").fill(WHY)
    page.get_by_label("User name").fill("investigator")
    page.get_by_label("Password").fill(study.PASSWORD)
    page.get_by_role("button", name="Record the request").click()
    page.get_by_role("button", name="Show the arm now").click()
    expect(page.locator(".arm-shown-code")).to_have_text(re.compile("^[AB]$"))
    page.get_by_role("link", name="The record of it").click()
    expect(page.locator("h1")).to_contain_text("Unblinding of")
    with suppress(Error):  # the browser kept no copy, and says so
        page.go_back()
    expect(page.locator(".arm-shown-code")).to_have_count(0)
