"""The forms of the casebook in a browser: entry without a mouse, conditions, accessibility."""

from pathlib import Path

import pytest
from django.conf import settings as django_settings
from playwright.sync_api import expect

from tests.factories import study
from tests.integration.crf.filling import GOOD, VITALS, add, at_day_0, put
from trial.crf.models import MODELS
from trial.crf.owner import Owner
from trial.protocol.casebook.forms import BY_CODE, CHECKS, FORMS

AXE = Path(django_settings.BASE_DIR) / "node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"]
EXPLAINED = {check.id: "so it is" for check in CHECKS}


@pytest.fixture
def person(fresh_database, cast):
    """A participant with a line, a sheet that is not complete, and an explained check."""
    person = study.enrolled(cast.site)
    add(Owner(person), BY_CODE["adverse_event"], {"term": "Nausea"}, answers=EXPLAINED)
    put(at_day_0(person), VITALS, {**GOOD, "systolic": 190, "weight_kg": None}, answers=EXPLAINED)
    return person


@pytest.fixture
def desk(person, live_server, page):
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.goto(f"{live_server.url}/accounts/login/")
    page.get_by_label("User name").fill("coordinator")
    page.get_by_label("Password").fill(study.PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.root = f"{live_server.url}/participants/{person.code}"
    return page


def pages() -> list[str]:
    """One of each kind of page, and every form as its first entry."""
    lists = [f"casebook/{one.code}/new/" for one in FORMS if one.repeats]
    sheets = [f"casebook/{one.code}/1/" for one in FORMS
              if one.level == "participant" and not one.repeats]  # fmt: skip
    visits = [f"visits/{code}/forms/" for code in ("SCR", "D0", "W12")]
    return ["casebook/", "casebook/adverse_event/", "casebook/adverse_event/1/",
            *lists, *sheets, *visits]  # fmt: skip


def violations(page, rules: list[str] = RULES) -> list[tuple[str, str]]:
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", rules)["violations"]
    return [(one["id"], one["nodes"][0]["html"][:200]) for one in found]


def overflows(page) -> list[str]:
    """The widths at which something sticks out."""
    found = []
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"too wide at {width}")
    return found


def shown(page, address: str, language: str, theme: str) -> None:
    chosen = {"django_language": language, "theme": theme}
    page.context.add_cookies(
        [{"name": name, "value": value, "url": page.root} for name, value in chosen.items()]
    )
    page.goto(f"{page.root}/{address}")
    assert page.locator(f"html[lang|={language[:2]}][data-bs-theme={theme}]").count() == 1
    page.evaluate(AXE.read_text(encoding="utf-8"))


def wrong_with(page, address: str) -> list[object]:
    """What one page does wrong: in Chinese and in the dark its colours and what sticks out, in
    English and in the light everything."""
    shown(page, address, "zh-hans", "dark")
    found = [*violations(page, ["color-contrast"]), *overflows(page)]
    shown(page, address, "en", "light")
    return [*found, *overflows(page), *violations(page)]


@pytest.mark.parametrize("part", range(2))
def test_no_page_of_the_casebook_keeps_anybody_out(desk, part):
    found = {address: wrong_with(desk, address) for address in pages()[part::2]}
    assert {page: wrong for page, wrong in found.items() if wrong} == {}
    assert desk.problems == []


def test_a_line_is_entered_from_the_keyboard_and_asks_what_follows(desk, person):
    desk.goto(f"{desk.root}/casebook/medical_history/new/")
    desk.get_by_label("Condition", exact=True).fill("Asthma")
    ended = desk.locator("[data-question=ended]")
    expect(ended).to_be_hidden()
    desk.locator("[data-question=ongoing]").get_by_label("no", exact=True).check()
    expect(ended).to_be_visible()
    desk.locator("[data-question=started] input").fill("2030")
    expect(desk.locator("[data-live]")).to_contain_text("lies in the future")
    desk.locator("[data-question=started] input").fill("2019")
    desk.keyboard.press("Control+Enter")
    expect(desk.get_by_role("heading", level=1)).to_contain_text("1 · Asthma")
    row = MODELS["medical_history"].objects.get()
    assert (row.condition, row.ongoing, row.started) == ("Asthma", False, "2019")


def test_a_doubtful_answer_is_explained_where_it_is_typed(desk, person):
    desk.goto(f"{desk.root}/visits/W4/forms/")
    sheet = desk.locator("#sheet-vital_signs")
    sheet.get_by_label("Systolic pressure").fill("190")
    sheet.get_by_role("button", name="Save").first.click()
    why = sheet.get_by_label("Why it is right")
    expect(why).to_be_focused()
    why.fill("measured twice")
    why.press("Enter")
    expect(sheet.locator("[data-said]").first).to_have_text("stored")
    assert MODELS["vital_signs"].objects.filter(visit__code="W4").get().systolic == 190
