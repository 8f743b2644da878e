"""From the first screening visit to the planned schedule, in a real browser, without a mouse."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from playwright.sync_api import expect

from patients.models import Participant
from tests.factories import study
from visits.models import Visit

AXE = Path(django_settings.BASE_DIR) / "node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"]
pytestmark = pytest.mark.usefixtures("fresh_database")


@pytest.fixture
def desk(fresh_database, cast, live_server, page):
    """A coordinator's browser on the list of participants; collects what the browser reports."""
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("console", lambda m: page.problems.append(m.text) if m.type == "error" else None)
    page.goto(f"{live_server.url}/accounts/login/?next=/participants/")
    page.get_by_label("User name").fill("coordinator")
    page.get_by_label("Password").fill(study.PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Participants")
    return page


def violations(page):
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)["violations"]
    return [(one["id"], one["nodes"][0]["html"][:200]) for one in found]


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def test_a_participant_is_screened_and_enrolled_by_keyboard_alone(desk, cast):
    today = cast.site.today()
    desk.get_by_role("link", name="New participant").first.press("Enter")
    desk.get_by_label("Screening date").focus()
    press(desk, "y")
    desk.get_by_label("Year of birth").focus()
    desk.keyboard.type("1980")
    women = desk.get_by_text("Childbearing potential", exact=True)
    expect(women).to_be_hidden()
    desk.get_by_label("female", exact=True).focus()
    press(desk, " ")
    expect(women).to_be_visible()
    desk.get_by_label("no", exact=True).focus()
    press(desk, " ", "Enter")

    expect(desk.locator(".big-code-value")).to_have_text("01-0019")
    desk.get_by_label("Version of the consent form").focus()
    desk.keyboard.type("2.1")
    desk.get_by_label("Signed on").focus()
    press(desk, "y")
    desk.get_by_label("Signed at").focus()
    desk.keyboard.type("08:30")
    press(desk, "Enter")
    expect(desk.get_by_role("status").first).to_contain_text("Consent recorded.")

    decision = desk.locator("#decision")
    expect(decision).to_contain_text("Open")
    for code in ("I1", "I2", "I3", "AGE"):
        desk.locator(f"input[name={code}]").first.focus()
        press(desk, " ")
    desk.get_by_label("Simplified score").focus()
    desk.keyboard.type("7")
    for number in range(1, 7):
        desk.locator(f"input[name=E{number}]").first.focus()
        press(desk, " ", "ArrowRight")
        expect(desk.locator(f"input[name=E{number}]").nth(1)).to_be_checked()
    expect(decision).to_contain_text("Eligible")
    expect(decision).to_contain_text("not saved yet")
    desk.get_by_role("button", name="Keep answers").press("Enter")
    expect(decision).not_to_contain_text("not saved yet")
    expect(decision).to_contain_text("Eligible")

    desk.get_by_label("Enrolled on").focus()
    press(desk, "t")
    desk.get_by_label("Planned day 0").focus()
    desk.keyboard.type((today + timedelta(days=3)).strftime("%Y%m%d"))
    desk.get_by_label("treatment-naive").focus()
    press(desk, "Space")
    press(desk, "Enter")
    expect(
        desk.get_by_role("cell", name=(today + timedelta(days=3 + 84)).isoformat())
    ).to_have_count(1)
    participant = Participant.objects.get()
    assert (participant.status, participant.day0_on) == ("enrolled", today + timedelta(days=3))
    assert Visit.objects.count() == 10
    assert desk.problems == []


def test_an_exclusion_turns_the_decision_while_typing_and_nothing_is_kept(desk, cast):
    participant = study.screened(cast.site)
    desk.goto(desk.url + f"{participant.code}/screening/")
    desk.locator("input[name=E3]").first.check()
    decision = desk.locator("#decision")
    expect(decision).to_contain_text("Not eligible")
    expect(decision).to_contain_text("Viral hepatitis")
    assert participant.criteria.count() == 0


def test_a_date_outside_the_window_asks_for_a_reason_at_its_field(desk, cast):
    participant = study.enrolled(cast.site)
    desk.goto(desk.url + f"{participant.code}/visits/W4/")
    held = desk.get_by_label("Date of visit")
    held.focus()
    desk.keyboard.type("20250201")
    expect(held).to_have_value("2025-02-01")
    expect(desk.locator("[data-placement]")).to_have_text("Inside the window.")
    held.fill("2025-02-10")
    expect(desk.locator("[data-placement]")).to_have_text("After the window closed: say why.")
    desk.get_by_role("button", name="Record visit").press("Enter")
    expect(desk.get_by_role("alert")).to_be_focused()
    expect(desk.get_by_role("alert")).to_contain_text("2025-01-31")
    desk.get_by_role("alert").get_by_role("link", name="Reason").press("Enter")
    reason = desk.get_by_label("Reason", exact=True)
    reason.focus()
    desk.keyboard.type("heavy snow")
    desk.get_by_role("button", name="Record visit").press("Enter")
    row = desk.get_by_role("row", name=re.compile(r"Week 4\b"))
    expect(row).to_contain_text("Held late")
    expect(row).to_contain_text("heavy snow")


@pytest.mark.parametrize("width", [390, 1440])
def test_every_page_is_accessible_and_nothing_sticks_out(desk, cast, width):
    one, other = study.enrolled(cast.site), study.screened(cast.site)
    desk.set_viewport_size({"width": width, "height": 900})
    start = desk.url
    pages = [
        "", "?code=01-0025", "new/", f"{one.code}/visits/", f"{one.code}/visits/W12/",
        f"{one.code}/visits/unscheduled/", f"{one.code}/schedule/", f"{one.code}/screening/",
        f"{other.code}/screening/?new=1", f"{one.code}/withdraw/", f"{one.code}/complete/",
        f"{one.code}/details/", "../visits/due/",
    ]  # fmt: skip
    wrong = {}
    for address in pages:
        desk.goto(start + address)
        sticks_out = desk.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        found = violations(desk) + ([("too wide", "")] if sticks_out else [])
        if found:
            wrong[address] = found
    assert wrong == {}
    assert desk.problems == []
