"""The timeline in a real browser: drawn from what is entered, and usable without a mouse."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from labs.services.evaluation import evaluate_pending
from tests.factories import custody, sheets, study
from tests.functional.test_lab_entry import sign_in
from trial.crf.models import MODELS


def line(person, form: str, number: int, **values) -> None:
    """A line with these answers alone."""
    described = MODELS[form].form
    blank = {one.name: one.empty for one in described.questions}
    sheets.filled(described, person, number=number, **(blank | values))


@pytest.fixture
def person(fresh_database, cast):
    found = study.enrolled(cast.site)
    for code, values in study.RELAPSE_COURSE.items():
        study.enter(found, code, values, cast.laboratory)
    evaluate_pending(process="test")
    custody.whole(custody.bag_for(found, "D0", second=cast.coordinator))
    courses = (("prednisolone", "30", "2025-01-06", "2025-02-03"),
               ("prednisolone", "20", "2025-02-03", "2025-04"),
               ("prednisolone", "10", "2025-04-20", ""),
               ("azathioprine", "50", "2025-01", ""))  # fmt: skip
    for number, (drug, mg, start, stop) in enumerate(courses, 1):
        line(found, "aih_therapy", number, drug=drug, daily_mg=Decimal(mg), started=start,
             stopped=stop, ongoing=not stop)  # fmt: skip
    line(found, "medication", 1, drug="Omeprazole", started="2019", ongoing=True)
    events = (("Nausea", "1", False, "2025-01-20", "2025-01-24"),
              ("Pneumonia", "3", True, "2025-03", "2025-05-02"),
              ("Fatigue", "2", False, "2025-04-01", ""))  # fmt: skip
    for number, (term, grade, serious, start, stop) in enumerate(events, 1):
        line(found, "adverse_event", number, term=term, grade=grade, serious=serious,
             starts_on=start, ends_on=stop, ongoing=not stop)  # fmt: skip
    line(found, "deviation", 1, occurred_on=study.DAY0, kind="window")
    biopsy = MODELS["biopsy"].form
    sheets.filled(biopsy, found, study.visit_of(found, "W48"),
                 taken_at=datetime(2025, 12, 8, 2, tzinfo=UTC))  # fmt: skip
    return found


@pytest.mark.req("R-05")
def test_the_timeline_shows_what_happened_and_links_to_it(page: Page, live_server, person):
    sign_in(page, live_server.url, "investigator")
    page.goto(f"{live_server.url}/participants/{person.code}/timeline/")
    drawing = page.locator("[data-timeline-canvas] svg")
    expect(drawing).to_contain_text("Fatigue · grade 2")
    expect(drawing).to_contain_text("AIH treatment")
    found = Axe().run(page)
    assert [one["id"] for one in found.response["violations"]] == []
    page.get_by_label("IgG", exact=True).uncheck()
    expect(drawing).not_to_contain_text("IgG")
    link = page.get_by_role("link", name="Pneumonia · grade 3 · serious")
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/participants/{person.code}/casebook/adverse_event/2/")


def test_the_timeline_fits_a_phone(page: Page, live_server, person):
    page.set_viewport_size({"width": 390, "height": 800})
    sign_in(page, live_server.url, "investigator")
    page.goto(f"{live_server.url}/participants/{person.code}/timeline/")
    expect(page.locator("[data-timeline-canvas] svg")).to_be_visible()
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390
