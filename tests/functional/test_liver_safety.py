"""A flare behind a high baseline: seen, judged, and found again in the plot, in a browser."""

import pytest
from playwright.sync_api import expect

from safety.services.liver import look_pending
from tests.factories import liver, study
from tests.functional.test_dashboard import violations
from trial.sweeping import Budget

COURSE = {
    -1: {"ALT": "200", "AST": "150", "BILI": "20", "ALP": "100", "PLAT": "200", "INR": "1.0"},
    20: {"ALT": "30", "AST": "28", "BILI": "15", "ALP": "100", "PLAT": "110", "INR": "1.1"},
    60: {"ALT": "250", "AST": "160", "BILI": "50", "ALP": "100", "PLAT": "60", "INR": "1.6"},
    80: {"ALT": "900", "AST": "800", "BILI": "230", "ALP": "400", "PLAT": "24", "INR": "2.6"},
}


@pytest.fixture
def person(fresh_database, cast):
    person = liver.treated(cast.site, second=cast.coordinator)
    for day, values in COURSE.items():
        liver.draw(person, cast.laboratory, day, **values)
    liver.draw(person, cast.laboratory, 90, limits={"ALB": (None, None)}, ALB="35", ALT=">900")
    quiet = liver.treated(cast.site, second=cast.coordinator)
    liver.draw(quiet, cast.laboratory, -1, ALT="30", BILI="9", ALP="90")
    liver.draw(quiet, cast.laboratory, 9, ALT="130", BILI="9", ALP="90")
    look_pending(Budget.of(60))
    return person


@pytest.fixture
def desk(person, live_server, page):
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("console", lambda m: page.problems.append(m.text) if m.type == "error" else None)
    page.goto(f"{live_server.url}/accounts/login/")
    page.get_by_label("User name").fill("investigator")
    page.get_by_label("Password").fill(study.PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Investigator")
    page.root = live_server.url
    return page


def test_a_signal_is_judged_where_the_grades_stand(desk, person):
    desk.goto(f"{desk.root}/safety/liver/")
    desk.get_by_role("link", name=person.code).first.click()
    expect(desk.get_by_text("A high baseline hides values here")).to_be_visible()
    expect(desk.locator("[data-chart-canvas] svg")).to_have_count(3)
    form = desk.locator("form[action*='/judge/']").first
    form.get_by_label("activity of the AIH").check()
    form.get_by_label("What it rests on").fill("IgG doubled, biopsy planned")
    form.get_by_role("button", name="Record judgement").click()
    expect(desk.get_by_text("The judgement is recorded.")).to_be_visible()
    expect(desk.get_by_text("activity of the AIH").first).to_be_visible()
    assert desk.problems == []


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_both_pages_pass_the_accessibility_checks_and_fit(desk, person, width, language):
    desk.set_viewport_size({"width": width, "height": 900})
    if language != "en":
        desk.context.add_cookies([{"name": "django_language", "value": language, "url": desk.root}])
    for address in (f"/participants/{person.code}/toxicity/", "/safety/liver/"):
        desk.goto(desk.root + address)
        desk.wait_for_selector("[data-chart-canvas] svg")
        assert violations(desk) == []
        wide = desk.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0
    assert desk.problems == []
