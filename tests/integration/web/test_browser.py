"""The frame in a real browser: nothing is blocked, nothing hides, and the scripts do their work."""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from playwright.sync_api import expect

from tests.factories.study import PASSWORD

AXE = Path(django_settings.BASE_DIR) / "node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"]


@pytest.fixture
def gallery(fresh_database, cast, live_server, settings, page):
    """A coordinator's browser on the gallery; fails on any error the browser reports."""
    settings.DEMO = True
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("console", lambda m: page.problems.append(m.text) if m.type == "error" else None)
    page.goto(f"{live_server.url}/accounts/login/?next=/gallery/")
    page.get_by_label("User name").fill("coordinator")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Components")
    page.wait_for_load_state()  # the deferred scripts have run
    return page


def violations(page):
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)["violations"]
    return [(one["id"], one["nodes"][0]["html"][:200]) for one in found]


def test_the_content_policy_blocks_nothing_the_frame_needs(gallery):
    expect(gallery.locator("[data-chart-canvas] svg")).to_have_count(4)
    assert gallery.problems == []


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_every_component_is_accessible_in_both_themes(gallery, theme):
    gallery.get_by_role("button", name="Your menu").click()
    gallery.get_by_role("button", name=theme).click()
    expect(gallery.locator("html")).to_have_attribute("data-bs-theme", theme.lower())
    expect(gallery.locator("[data-chart-canvas] svg")).to_have_count(4)
    assert violations(gallery) == []


@pytest.mark.parametrize("width", [390, 768, 1440])
def test_nothing_sticks_out_of_the_window(gallery, width):
    gallery.set_viewport_size({"width": width, "height": 844})
    assert gallery.evaluate("document.documentElement.scrollWidth") <= width


def test_on_a_phone_the_menu_opens_and_closes_by_keyboard(gallery):
    gallery.set_viewport_size({"width": 390, "height": 844})
    menu = gallery.get_by_role("navigation", name="Main")
    expect(menu).to_be_hidden()
    gallery.get_by_role("button", name="Open menu").press("Enter")
    expect(gallery.locator("#menu")).to_be_focused()
    expect(menu).to_be_visible()
    gallery.keyboard.press("Escape")
    expect(menu).to_be_hidden()


def test_the_first_tab_stop_skips_to_the_content(gallery):
    gallery.goto(gallery.url + "nowhere/")
    gallery.keyboard.press("Tab")
    skip = gallery.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    gallery.keyboard.press("Enter")
    expect(gallery.locator("main")).to_be_focused()


def test_the_language_changes_and_the_page_stays(gallery):
    gallery.get_by_role("button", name="中文").click()
    expect(gallery.locator("html")).to_have_attribute("lang", "zh-hans")
    assert gallery.url.endswith("/gallery/")
    expect(gallery.get_by_role("button", name="English")).to_be_visible()


# --- dates --------------------------------------------------------------------------------------
@pytest.mark.parametrize(("key", "button", "days"), [("t", "Today", 0), ("y", "Yesterday", -1)])
def test_today_and_yesterday_by_key_and_by_button(gallery, key, button, days):
    field = gallery.get_by_label("Collected on")
    there = date.fromisoformat(gallery.locator("body").get_attribute("data-today"))
    expected = (there + timedelta(days=days)).isoformat()
    field.fill("")
    field.press(key)
    expect(field).to_have_value(expected)
    field.fill("")
    gallery.get_by_role("button", name=button, exact=True).click()
    expect(field).to_have_value(expected)


def test_the_visit_date_by_key_and_digits_get_their_hyphens(gallery):
    field = gallery.get_by_label("Collected on")
    field.press("v")
    expect(field).to_have_value("2026-03-03")
    field.fill("")
    field.press_sequentially("20260305")
    expect(field).to_have_value("2026-03-05")


# --- dialogs, guard, failures -------------------------------------------------------------------
def test_a_grave_act_asks_first_and_the_safe_answer_has_the_focus(gallery):
    gallery.evaluate("window.done = 0")
    remove = gallery.get_by_role("button", name="Remove")
    remove.evaluate("button => button.addEventListener('click', () => { window.done += 1; })")
    remove.click()
    expect(gallery.get_by_role("button", name="Cancel").last).to_be_focused()
    gallery.keyboard.press("Escape")
    assert gallery.evaluate("window.done") == 0
    remove.click()
    gallery.get_by_role("button", name="Yes, go on").click()
    assert gallery.evaluate("window.done") == 1


def test_a_dialog_opens_and_closes(gallery):
    gallery.get_by_role("button", name="Open dialog").click()
    dialog = gallery.get_by_role("dialog", name="A dialog")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()


def test_leaving_with_unsaved_changes_asks(gallery):
    asked = []

    def stay(dialog):
        asked.append(dialog.type)
        dialog.accept()

    gallery.on("dialog", stay)
    gallery.get_by_role("textbox", name="ALT", exact=True).press_sequentially("1")
    gallery.get_by_role("link", name="Home").first.click()
    gallery.wait_for_url(re.compile("^(?!.*gallery)"))
    assert asked == ["beforeunload"]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (500, "Nothing was saved"),
        (403, "You may not do this"),
        (404, "no longer exists"),
        (0, "No connection"),
    ],
)
def test_a_request_that_fails_says_so_once(gallery, status, words):
    def answer(route):
        route.fulfill(status=status) if status else route.abort()

    gallery.route("**/fragment/", answer)
    for _twice in range(2):
        gallery.evaluate("htmx.ajax('GET', '/fragment/', {target: '#main'}).catch(() => null)")
    toast = gallery.locator("#toasts .app-toast")
    expect(toast).to_have_count(1)
    expect(toast).to_contain_text(words)
    toast.get_by_role("button", name="Close").click()
    expect(toast).to_have_count(0)


def test_a_fragment_after_the_session_has_ended_does_not_replace_what_was_typed(gallery, context):
    gallery.get_by_label("Comment").fill("typed")
    context.clear_cookies(name="session")
    gallery.evaluate("htmx.ajax('GET', '/gallery/', {target: '#main'})")
    expect(gallery.locator("#toasts")).to_contain_text("what you typed is still here")
    expect(gallery.get_by_label("Comment")).to_have_value("typed")


def test_the_end_of_the_session_is_announced_and_can_be_put_off(gallery):
    gallery.clock.install()
    gallery.reload()
    gallery.clock.run_for(29 * 60 * 1000)
    toast = gallery.locator("#toasts .app-toast")
    expect(toast).to_contain_text("You will be signed out soon")
    with gallery.expect_response("**/alive/") as answer:
        toast.get_by_role("button", name="Stay signed in").click()
    assert answer.value.status == 204
    expect(toast).to_have_count(0)


def test_a_form_is_sent_once_however_often_it_is_clicked(gallery):
    sent = []
    gallery.on(
        "request", lambda request: sent.append(request.url) if request.method == "POST" else None
    )
    twice = "form => { form.requestSubmit(); form.requestSubmit(); }"
    with gallery.expect_navigation():
        gallery.locator(".theme-switch").evaluate(twice)
    assert len(sent) == 1


# --- charts -------------------------------------------------------------------------------------
def test_a_chart_shows_the_same_numbers_as_a_table(gallery):
    figure = gallery.get_by_role("figure", name="Liver values over time")
    figure.get_by_text("Show as table").click()
    row = figure.get_by_role("row").filter(has_text="Relapse")
    expect(row).to_have_text(re.compile(r"36\s*3\.1\s*2\.4\s*1\.2\s*Relapse"))


def test_a_chart_describes_itself_to_a_screen_reader(gallery):
    canvas = gallery.locator("[data-chart-canvas]").first
    expect(canvas).to_have_attribute("role", "img")
    expect(canvas).to_have_attribute("aria-label", re.compile("Liver values over time"))


def test_patterns_are_switched_on_for_all_charts_and_stay_on(gallery):
    button = gallery.get_by_role("button", name="Patterns").first
    assert gallery.locator("[data-chart-canvas] svg pattern").count() == 0
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(gallery.locator("[data-chart-canvas] svg pattern").first).to_be_attached()
    gallery.reload()
    expect(gallery.get_by_role("button", name="Patterns").first).to_have_attribute(
        "aria-pressed", "true"
    )


def test_a_chart_follows_the_width_of_its_place(gallery):
    svg = gallery.locator("[data-chart-canvas] svg").first
    gallery.set_viewport_size({"width": 390, "height": 844})
    expect(svg).to_have_attribute("width", re.compile(r"^3[0-4]\d"))
