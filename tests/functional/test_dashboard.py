"""From the relapse in the inbox to participant, casebook and dashboard, in a browser."""

from pathlib import Path

import pytest
from django.conf import settings as django_settings
from playwright.sync_api import expect

from labs.services.evaluation import evaluate_pending
from tests.factories import study
from visits.services import schedule as visits

AXE = Path(django_settings.BASE_DIR) / "node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"]
MELD_INPUTS = {"BILI": "24", "CREAT": "64", "INR": "1.1", "SODIUM": "140", "ALB": "41"}
PAGES = ("/", "/participants/{code}/", "/casebook/", "/dashboard/", "/inbox/", "/roles/")


@pytest.fixture
def participants(fresh_database, cast):
    """One with a relapse at week 36, one who missed week 24, one whose labs wait."""
    relapsed, quiet, waiting = (study.enrolled(cast.site) for _n in range(3))
    for code, values in study.RELAPSE_COURSE.items():
        study.enter(relapsed, code, values | MELD_INPUTS, cast.laboratory)
    study.enter(quiet, "D0", study.RELAPSE_COURSE["D0"], cast.laboratory)
    visits.miss(visit=study.visit_of(quiet, "W24"), reason="abroad", by=study.SETUP)
    evaluate_pending(process="test")
    study.enter(waiting, "D0", study.RELAPSE_COURSE["D0"], cast.laboratory)
    return relapsed, quiet, waiting


@pytest.fixture
def desk(participants, live_server, page):
    """The investigator's browser, signed in; collects what the browser reports."""
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


def violations(page):
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)["violations"]
    return [(one["id"], one["nodes"][0]["html"][:200]) for one in found]


def test_relapse_is_found_looked_at_and_closed(desk, participants):
    code = participants[0].code
    desk.get_by_role("link", name="New relapse").click()
    expect(desk.get_by_role("heading", level=1)).to_have_text(code)
    expect(desk.locator("[data-chart-canvas] svg")).to_have_count(2)
    expect(desk.locator("#chart-trend-title").locator("xpath=ancestor::figure")).to_contain_text(
        "Relapse W36"
    )
    desk.goto(f"{desk.root}/inbox/")
    desk.get_by_label("What was decided").fill("Steroids stepped up.")
    desk.get_by_role("button", name="Close with this note").click()
    expect(desk.get_by_role("status").first).to_contain_text(f"Closed: {code}.")
    desk.get_by_role("link", name="Closed").click()
    expect(desk.locator("main")).to_contain_text("Steroids stepped up.")
    assert desk.problems == []


def test_y_axis_turns_logarithmic_and_the_numbers_stand_in_a_table(desk, participants):
    desk.goto(f"{desk.root}/participants/{participants[0].code}/")
    figure = desk.locator("figure[data-chart]").first
    figure.get_by_role("button", name="Logarithmic").click()
    expect(figure.get_by_role("button", name="Logarithmic")).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(figure.locator("svg text", has_text="0.5")).to_have_count(1)
    figure.get_by_text("Show as table").click()
    expect(figure.locator("table")).to_contain_text("3.13")
    assert desk.problems == []


def test_arrow_keys_walk_through_the_casebook_and_enter_opens_a_lab_form(desk, participants):
    desk.goto(f"{desk.root}/casebook/")
    cells = desk.locator("[data-cell]")
    expect(desk.locator("[data-cell][tabindex='0']")).to_have_count(1)
    cells.first.focus()
    for key in ("ArrowDown", "ArrowRight", "End", "ArrowLeft", "Home", "ArrowRight", "ArrowRight"):
        desk.keyboard.press(key)
    quiet = participants[1].code
    expect(desk.locator(":focus")).to_have_attribute(
        "aria-label", f"{quiet}, Day 0: Incomplete, 16 values missing"
    )
    expect(desk.locator("[data-cell][tabindex='0']")).to_have_count(1)
    desk.keyboard.press("Enter")
    desk.wait_for_url(f"**/visits/{study.visit_of(participants[1], 'D0').pk}/labs/")
    assert desk.problems == []


def test_waiting_evaluation_says_pending_on_every_page(desk, participants):
    waiting = participants[2].code
    expect(desk.locator("#pending")).to_contain_text(waiting)
    desk.goto(f"{desk.root}/participants/{waiting}/")
    expect(desk.locator("main")).to_contain_text("PENDING")
    desk.goto(f"{desk.root}/dashboard/")
    expect(desk.locator("main")).to_contain_text("PENDING")
    desk.goto(f"{desk.root}/casebook/")
    row = desk.get_by_role("row", name=waiting)
    expect(row.get_by_text("Pending")).to_have_count(1)


@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_sticks_out_and_nothing_is_inaccessible(desk, participants, width):
    desk.set_viewport_size({"width": width, "height": 900})
    for page in PAGES:
        desk.goto(desk.root + page.format(code=participants[0].code))
        assert desk.evaluate("document.documentElement.scrollWidth") <= width, page
        assert violations(desk) == [], page
    assert desk.problems == []
