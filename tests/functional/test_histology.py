"""Reading a biopsy by keyboard in a real browser."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.factories import histology, study
from tests.functional.test_lab_entry import sign_in
from visits.models import HistologyReading
from visits.models.reading import Stain


@pytest.fixture
def specimen(fresh_database, cast):
    biopsy = histology.ready(study.enrolled(cast.site))
    histology.pictured(biopsy, "purple", Stain.RETICULIN)
    histology.given(biopsy)
    return histology.specimen(biopsy)


@pytest.fixture
def sheet(page, live_server, specimen) -> Page:
    sign_in(page, live_server.url, "reader")
    page.get_by_role("link", name="Read the next specimen").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(specimen.shown)
    return page


def test_a_biopsy_is_read_with_the_keyboard_alone(sheet):
    expect(sheet.locator("[data-question=mhai_a]")).to_be_hidden()
    sheet.locator("#id_adequate_0").focus()
    for key in "y101024":  # adequate; mHAI A to D; no system by digit, so the 2 and 4 do nothing
        sheet.keyboard.press(key)
    expect(sheet.locator("#total")).to_contain_text("2")
    sheet.locator("#id_stage_system_0").focus()
    sheet.keyboard.press("Space")
    expect(sheet.locator("[data-question=stage_ishak]")).to_be_visible()
    sheet.locator("#id_stage_ishak_0").focus()
    for key in "3nynynnnnnn":
        sheet.keyboard.press(key)
    sheet.keyboard.type("5")
    sheet.keyboard.press("Tab")
    sheet.keyboard.press("Space")
    sheet.keyboard.press("Control+Enter")
    expect(sheet.get_by_text("submitted").first).to_be_visible()
    found = HistologyReading.objects.get()
    assert (found.mhai_a, found.mhai_b, found.mhai_c, found.mhai_d) == ("1", "0", "1", "0")
    assert (found.stage_ishak, found.steatosis, found.consensus) == ("3", 5, "likely")
    assert (found.interface_hepatitis, found.plasma_cells, found.iron) == (False, True, False)


def test_an_inadequate_biopsy_asks_for_nothing_more(sheet):
    sheet.locator("#id_adequate_0").focus()
    sheet.keyboard.press("n")
    expect(sheet.locator("[data-question=mhai_a]")).to_be_hidden()
    sheet.get_by_role("button", name="Submit the reading").click()
    expect(sheet.get_by_text("submitted").first).to_be_visible()
    assert HistologyReading.objects.get().adequate is False


@pytest.mark.parametrize("width", [1440, 390])
def test_the_pages_of_a_reader_are_accessible(sheet, width):
    sheet.set_viewport_size({"width": width, "height": 900})
    sheet.locator("#id_adequate_0").focus()
    sheet.keyboard.press("y")
    for _page in range(2):
        serious = [
            violation
            for violation in Axe().run(sheet).response["violations"]
            if violation["impact"] in ("serious", "critical")
        ]
        assert serious == []
        assert sheet.evaluate("document.documentElement.scrollWidth") <= width
        sheet.locator(".crumbs a").first.click() if sheet.locator(".crumbs a").count() else None
