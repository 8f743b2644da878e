"""What is worked out beside the forms about the person, in a real browser."""

import os
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from playwright.sync_api import expect

from tests.factories import filling, study
from visits.services import schedule

AXE = Path(django_settings.BASE_DIR) / "node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"]
pytestmark = pytest.mark.usefixtures("fresh_database")


@pytest.fixture
def person(fresh_database, cast):
    """Enrolled, with a diagnosis, a treatment that leaves a gap, and a withdrawal in part."""
    person = study.enrolled(cast.site)
    study.enter(person, "SCR", {"IGG": "19.2", "ALT": "300", "AST": "250"}, cast.laboratory)
    filling.fill(person, "diagnosis", {**filling.DIAGNOSIS, "hbsag": "not_done"})
    line = {"frequency": "daily", "route": "oral", "indication": "induction",
            "change_reason": "first"}  # fmt: skip
    for drug, mg, started, stopped in (
        ("methylprednisolone", 16, "2025-01-06", "2025-02-04"),
        ("prednisone", 10, "2025-02-06", ""),
        ("azathioprine", 150, "2025-02", ""),
    ):
        answers = {**line, "drug": drug, "daily_mg": mg, "started": started, "stopped": stopped,
                   "ongoing": not stopped, "weight_kg": 50}  # fmt: skip
        filling.fill(person, "aih_therapy", answers)
    for code, fatigue, kg in (("D0", 7, "62"), ("W12", 3, "65.5")):
        visit = study.visit_of(person, code)
        schedule.hold(visit=visit, held_on=visit.target_on, by=study.SETUP)
        visit.refresh_from_db()
        filling.fill(
            person, "symptoms", {"assessed_on": visit.held_on, "fatigue": fatigue}, visit=visit
        )
        vitals = {"measured_on": visit.held_on, "systolic": 120, "diastolic": 80,
                  "heart_rate": 70, "temperature": Decimal("36.5"),
                  "weight_kg": Decimal(kg)}  # fmt: skip
        filling.fill(person, "vital_signs", vitals, visit=visit)
    filling.fill(
        person, "disposition",
        {"event": "withdrawal_partial", "happened_on": study.DAY0, "reason": "wish",
         "allows_records": True},
    )  # fmt: skip
    return person


@pytest.fixture
def desk(person, live_server, page):
    """An investigator's browser; collects what the browser reports."""
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("console", lambda m: page.problems.append(m.text) if m.type == "error" else None)
    page.goto(f"{live_server.url}/accounts/login/?next=/participants/")
    page.get_by_label("User name").fill("investigator")
    page.get_by_label("Password").fill(study.PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Participants")
    return page


def violations(page):
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)["violations"]
    return [(one["id"], one["nodes"][0]["html"][:200]) for one in found]


@pytest.mark.parametrize("width", [1440, 390])
def test_panels_are_readable_wide_and_narrow(desk, person, live_server, width):
    desk.set_viewport_size({"width": width, "height": 900})
    base = f"{live_server.url}/participants/{person.code}"
    shown = {
        f"{base}/casebook/diagnosis/1/": "Simplified score (IAIHG 2008)",
        f"{base}/casebook/aih_therapy/": "No steroid is recorded: 2025-02-05.",
        f"{base}/visits/W12/forms/": "Fatigue: 7 → 3",
        f"{base}/screening/": "By the diagnosis form:",
        f"{base}/withdraw/": "Main reason",
        f"{live_server.url}/": "Everybody has signed the form in force",
        f"{live_server.url}/dashboard/": "Screening failures",
    }
    for number, (address, text) in enumerate(shown.items()):
        desk.goto(address)
        expect(desk.get_by_text(text).first).to_be_visible()
        for closed in desk.locator(".crf-panel details:not([open]) > summary").all():
            closed.press("Enter")
        if os.environ.get("SHOTS"):
            desk.screenshot(path=f"{os.environ['SHOTS']}/{number}-{width}.png", full_page=True)
        assert violations(desk) == [], address
        wider = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not desk.evaluate(wider), address
    assert desk.problems == []
