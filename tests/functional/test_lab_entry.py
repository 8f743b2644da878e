"""The lab form in a real browser: keys alone, a network that drops, two tabs, both languages."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from labs.models import Panel, Result
from tests.factories import study
from trial.access.models import Session

# A week 12 report in the order of the paper; 14 analytes.
REPORT = {
    "ALT": "62", "AST": "48", "ALP": "90", "GGT": "40", "BILI": "18,5", "PROT": "72", "ALB": "41",
    "PREALB": "250", "GLOBG": "15", "IGG": "17.2", "PT": "12.5", "INR": "1.05", "CREAT": "70",
    "SODIUM": "139",
}  # fmt: skip


@pytest.fixture
def participant(fresh_database, cast):
    return study.enrolled(cast.site)


@pytest.fixture
def visit(participant):
    return study.visit_of(participant, "W12")


@pytest.fixture
def address(live_server, visit):
    return f"{live_server.url}/visits/{visit.pk}/labs/"


def sign_in(page: Page, server: str, username: str = "coordinator") -> None:
    page.goto(f"{server}/accounts/login/")
    page.locator("[name=login]").fill(username)
    page.locator("[name=password]").fill(study.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "login" not in url)


@pytest.fixture
def form(page, live_server, address, visit):
    """The empty form, open, with the focus where work begins."""
    sign_in(page, live_server.url)
    page.goto(address)
    expect(page.locator("[name=collected_on]")).to_be_focused()
    return page


def value(page: Page, code: str):
    return page.locator(f"#v-{code}")


def row(page: Page, code: str):
    return page.locator(f"[data-row={code}]")


def kept(page: Page):
    return page.locator(".lab-kept")


def fill(page: Page, visit, **values: str) -> None:
    page.locator("[name=collected_on]").fill(str(visit.target_on))
    for code, text in values.items():
        value(page, code).fill(text)


def test_a_whole_panel_is_entered_and_saved_with_the_keyboard_alone(form, visit):
    """Beside the values themselves no more than one key per field and three."""
    form.keyboard.press("v")
    form.keyboard.press("n")
    for number, text in enumerate(REPORT.values()):
        if number:
            form.keyboard.press("Enter")
        form.keyboard.type(text)
    form.keyboard.press("Control+Enter")

    expect(form.locator(".alert-success")).to_be_visible()
    panel = Panel.objects.get(visit=visit)
    assert {row.analyte: row.text for row in panel.results.all()} == REPORT
    assert (panel.collected_on, panel.dialysis) == (visit.target_on, False)
    assert (panel.filled, panel.expected) == (14, 14)


def test_what_a_value_means_is_shown_while_it_is_typed(form):
    value(form, "ALT").focus()
    form.keyboard.type("125")
    expect(row(form, "ALT")).to_contain_text("3.1×ULN")
    expect(row(form, "ALT").locator("[data-for=H]")).to_be_visible()
    expect(form.locator("[data-preview]")).to_contain_text("creatinine missing")


def test_another_reading_is_taken_with_one_key(form):
    value(form, "ALB").focus()
    form.keyboard.type("4.2")
    expect(row(form, "ALB")).to_contain_text("Did you mean 4.2 g/dL = 42 g/L?")
    expect(value(form, "ALB")).to_have_attribute("aria-invalid", "true")
    form.keyboard.press("d")
    expect(row(form, "ALB")).to_have_attribute("data-level", "ok")
    expect(row(form, "ALB").locator("[data-unit]")).to_have_value("g/dL")
    expect(row(form, "ALB").locator("[data-range]")).to_have_text("4–5.5")


def test_an_unusual_value_is_confirmed_by_key_with_a_comment(form, visit):
    form.keyboard.press("v")
    value(form, "ALT").focus()
    form.keyboard.type("1500")
    expect(row(form, "ALT")).to_have_attribute("data-level", "soft")
    form.keyboard.press("c")
    form.keyboard.type("repeated, the same")
    expect(row(form, "ALT")).to_have_attribute("data-level", "confirmed")
    form.keyboard.press("Control+Enter")
    expect(form.locator(".alert-success")).to_be_visible()
    assert Result.objects.get().comment == "repeated, the same"


def test_no_value_and_its_reason_unit_and_map_by_key(form):
    value(form, "BILI").focus()
    form.keyboard.press("u")
    expect(row(form, "BILI").locator("[data-unit]")).to_have_value("mg/dL")
    form.keyboard.press("m")
    expect(row(form, "BILI").locator("[data-missing]")).to_be_focused()
    row(form, "BILI").locator("[data-missing]").select_option("lost")
    expect(row(form, "BILI")).to_have_attribute("data-level", "not_done")
    value(form, "PT").focus()
    form.keyboard.press("?")
    expect(form.locator("#keys")).to_be_visible()


def test_an_added_analyte_behaves_as_the_others(form, visit):
    form.locator("[data-add]").select_option("CRP")
    expect(value(form, "CRP")).to_be_focused()
    form.keyboard.type("12")
    expect(row(form, "CRP")).to_have_attribute("data-level", "ok")
    fill(form, visit)
    form.locator("[data-save]").click()
    expect(form.locator(".alert-success")).to_be_visible()
    assert Result.objects.get().analyte == "CRP"


def test_a_network_that_drops_mid_form_loses_nothing_and_doubles_nothing(form, visit):
    fill(form, visit, ALT="62")
    expect(kept(form)).to_have_text("Kept on this computer, not sent")
    form.context.set_offline(True)
    fill(form, visit, AST="48")
    form.locator("[data-save]").click()
    expect(kept(form)).to_contain_text("No connection to the server")
    assert not Panel.objects.exists()

    form.context.set_offline(False)
    expect(value(form, "AST")).to_have_value("48")
    form.locator("[data-save]").click()
    expect(form.locator(".alert-success")).to_be_visible()
    assert Panel.objects.get(visit=visit).version == 1
    form.wait_for_function("() => Object.keys(localStorage).length === 0")


@pytest.mark.req("F-004")
def test_an_answer_that_is_lost_after_the_save_doubles_nothing(form, address, visit):
    def lose(route):
        if route.request.method == "POST":
            route.fetch(max_redirects=0)  # the server has saved
            route.abort("connectionreset")
        else:
            route.fallback()

    fill(form, visit, ALT="62")
    form.route(address, lose)
    with form.expect_event("requestfailed"):
        form.locator("[data-save]").click()
    again = form.context.new_page()
    again.goto(address)
    expect(value(again, "ALT")).to_have_value("62")
    expect(again.locator("[data-draft-banner]")).to_be_hidden()
    assert Panel.objects.get(visit=visit).version == 1


def test_a_closed_tab_and_an_ended_session_lose_nothing(form, address, live_server, visit):
    fill(form, visit, ALT="62", IGG="17.2")
    form.locator("[data-add]").select_option("CRP")
    value(form, "CRP").fill("9")
    form.wait_for_function(
        """() => Object.values(localStorage).some((text) => text.includes('"v-CRP","9"'))"""
    )
    context = form.context
    form.close()
    Session.objects.all().delete()

    again = context.new_page()
    sign_in(again, live_server.url)
    again.goto(address)
    expect(again.locator("[data-draft-banner]")).to_contain_text("were not saved")
    expect(value(again, "ALT")).to_have_value("")
    again.locator("[data-draft-use]").click()
    expect(value(again, "ALT")).to_have_value("62")
    expect(value(again, "CRP")).to_have_value("9")
    again.locator("[data-save]").click()
    expect(again.locator(".alert-success")).to_be_visible()
    again.reload()
    expect(again.locator("[data-draft-banner]")).to_be_hidden()


def test_signed_out_while_typing_the_form_says_so_and_keeps(form, visit):
    fill(form, visit, ALT="62")
    form.context.clear_cookies()
    form.locator("[data-save]").click()
    expect(kept(form)).to_contain_text("You have been signed out")
    expect(value(form, "ALT")).to_have_value("62")


def test_who_signs_out_leaves_nothing_behind(form, visit):
    fill(form, visit, ALT="62")
    expect(kept(form)).to_have_text("Kept on this computer, not sent")
    form.locator(".user-button").click()
    form.locator("form[action*=logout] button").click()
    form.wait_for_url(re.compile("login|logout"))
    form.wait_for_function("() => !Object.keys(localStorage).some((k) => k.startsWith('lab-'))")


def test_a_discarded_draft_does_not_come_back(form, address, visit):
    fill(form, visit, ALT="62")
    expect(kept(form)).to_have_text("Kept on this computer, not sent")
    form.goto(address)
    form.locator("[data-draft-discard]").click()
    form.goto(address)
    expect(form.locator("[data-draft-banner]")).to_be_hidden()


def test_a_correction_lists_what_changes_and_asks_why(form, visit):
    fill(form, visit, ALT="62")
    form.locator("[data-save]").click()
    expect(form.locator(".alert-success")).to_be_visible()
    expect(form.locator("[data-reason]")).to_be_hidden()
    value(form, "ALT").fill("26")
    expect(form.locator("[data-changed]")).to_have_text("ALT: 62 U/L → 26 U/L")
    form.locator("[name=reason]").fill("digits swapped")
    form.locator("[data-save]").click()
    expect(form.locator("[name=version]")).to_have_value("2")
    value(form, "ALT").focus()
    form.keyboard.press("h")
    expect(form.locator("#history")).to_contain_text("digits swapped")


def test_two_tabs_on_one_panel_end_in_a_choice_not_in_a_loss(form, address, visit):
    other = form.context.new_page()
    other.goto(address)
    fill(other, visit, ALT="70", AST="50")
    other.locator("[data-save]").click()
    expect(other.locator(".alert-success")).to_be_visible()

    fill(form, visit, ALT="62", IGG="17.2")
    form.locator("[data-save]").click()
    expect(form.locator(".lab-merge")).to_contain_text("70 U/L")
    expect(form.locator("[name=m-ALT][value=stored]")).to_be_checked()
    form.locator("[name=m-ALT][value=yours]").check()
    form.locator("[name=reason]").fill("compared with the report")
    form.locator("[data-save]").click()
    expect(form.locator(".alert-success")).to_be_visible()
    stored = {one.analyte: one.text for one in Result.objects.all()}
    assert stored == {"ALT": "62", "AST": "50", "IGG": "17.2"}


def test_without_scripts_the_form_works_too(browser, live_server, address, visit):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, live_server.url)
    page.goto(address)
    fill(page, visit, ALT="1500")
    page.locator("[data-save]").click()
    expect(page.locator(".error-summary")).to_contain_text("Unusually high")
    row(page, "ALT").locator("[data-confirmed]").check()
    row(page, "ALT").locator("[data-comment]").fill("repeated")
    page.locator("[data-save]").click()
    expect(page.locator(".alert-success")).to_be_visible()
    context.close()


@pytest.mark.parametrize("width", [390, 1440])
def test_in_chinese_the_form_fits_and_is_accessible(form, address, live_server, visit, width):
    form.context.add_cookies(
        [{"name": "django_language", "value": "zh-hans", "url": live_server.url}]
    )
    form.set_viewport_size({"width": width, "height": 900})
    form.goto(address)
    expect(row(form, "ALT")).to_contain_text("丙氨酸氨基转移酶")
    fill(form, visit, ALT="1500", ALB="4.2")
    expect(row(form, "ALT")).to_have_attribute("data-level", "soft")
    assert form.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(form)
    assert found.violations_count == 0, found.generate_report()
