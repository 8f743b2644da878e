"""A serious event in the browser: from the checklist of an infusion to the confirmed receipt."""

from pathlib import Path

import pytest
from django.conf import settings as django_settings
from playwright.sync_api import Page, expect

from tests.factories import cases, custody, study
from tests.functional.test_main_job import sign_in

pytestmark = pytest.mark.django_db(transaction=True)
AXE = Path(django_settings.BASE_DIR) / "node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]


def accessible(page: Page) -> None:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []


@pytest.fixture
def person(fresh_database, cast):
    found = study.enrolled(cast.site)
    bag = custody.started(custody.bag_for(found, "D0", second=cast.coordinator), 120)
    custody.put(bag, "reaction-chills", occurred=True, onset=custody.moment(60), grade=3,
                note="")  # fmt: skip
    return found


def test_from_a_reaction_to_a_confirmed_report(page: Page, live_server, cast, person):
    url = live_server.url
    sign_in(page, url, "coordinator")
    page.goto(f"{url}/participants/{person.code}/casebook/adverse_event/")
    accessible(page)
    page.get_by_role("button", name="Make an adverse event of it").click()
    expect(page.locator("h1")).to_contain_text("chills")
    case = cases.make_serious(person, 1)
    page.goto(f"{url}/safety/")
    accessible(page)
    page.get_by_role("link", name="chills").click()
    accessible(page)
    page.get_by_role("button", name="Send").click()
    expect(page.locator("main")).to_contain_text("Sent: Serious adverse event to the sponsor")
    page.context.clear_cookies()
    sign_in(page, url, "safety")
    page.goto(f"{url}/safety/cases/{case.pk}/")
    page.get_by_text("Confirm the receipt").click()
    page.get_by_role("button", name="Confirm", exact=True).click()
    expect(page.locator("main")).to_contain_text("receipt confirmed")
    accessible(page)
    page.get_by_role("link", name="Version 1").click()
    expect(page.locator("main")).to_contain_text("UC-MSC or placebo (blinded)")
    accessible(page)
