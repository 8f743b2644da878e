"""The catalogue of checks and the deviations that were found, in a browser."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from playwright.sync_api import expect

from tests.factories import study
from tests.integration.crf.filling import GOOD, SITE, VITALS, at_day_0, put, row_of
from trial.crf import services
from visits.models import Dismissal
from visits.services import schedule

AXE = Path(django_settings.BASE_DIR) / "node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"]
CHECK = "vital_signs.systolic"


@pytest.fixture
def person(fresh_database, cast):
    """A visit held late, one missed, and a check that somebody holds to be wrong."""
    person = study.enrolled(cast.site, day0=cast.site.today() - timedelta(days=90))
    late = study.visit_of(person, "W4")
    assert late.target_on is not None
    on = late.target_on + timedelta(days=5)
    schedule.hold(visit=late, held_on=on, by=study.SETUP, reason="holiday")
    schedule.miss(visit=study.visit_of(person, "W8"), reason="abroad", by=study.SETUP)
    owner = at_day_0(person)
    put(owner, VITALS, GOOD | {"systolic": 190}, answers={CHECK: "measured twice"})
    services.object_to(owner=owner, form=VITALS, row_id=row_of(owner, VITALS).pk, check_id=CHECK,
                       text="an athlete", by=SITE)  # fmt: skip
    return person


@pytest.fixture
def desk(person, live_server, page):
    page.goto(f"{live_server.url}/accounts/login/")
    page.get_by_label("User name").fill("coordinator")
    page.get_by_label("Password").fill(study.PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.root = live_server.url
    return page


def violations(page):
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)["violations"]
    return [(one["id"], one["nodes"][0]["html"][:200]) for one in found]


def test_the_pages_keep_nobody_out(desk, person):
    found = {}
    pages = ("/queries/checks/?form=vital_signs", "/deviations/",
             f"/participants/{person.code}/casebook/deviation/")  # fmt: skip
    for language in ("en", "zh-hans"):
        desk.context.add_cookies([{"name": "django_language", "value": language, "url": desk.root}])
        for width in (1440, 390):
            desk.set_viewport_size({"width": width, "height": 900})
            for address in pages:
                desk.goto(f"{desk.root}{address}")
                for details in desk.locator("main details").all():
                    details.evaluate("one => { one.open = true }")
                wide = desk.evaluate("document.documentElement.scrollWidth > innerWidth")
                wrong = [*violations(desk), *(["too wide"] if wide else [])]
                found[language, width, address] = wrong
    assert {page: wrong for page, wrong in found.items() if wrong} == {}


def test_a_finding_is_recorded_or_said_to_be_none(desk, person):
    desk.goto(f"{desk.root}/participants/{person.code}/casebook/deviation/")
    late = desk.get_by_role("listitem").filter(has_text="W4 was 2 days after its window.")
    late.get_by_text("Not a deviation").click()
    late.get_by_label("Why it is no deviation").fill("agreed with the sponsor")
    late.get_by_role("button", name="Say so").click()
    expect(late).to_contain_text("agreed with the sponsor")
    assert Dismissal.objects.get().finding == "visit_late:W4"
    missed = desk.get_by_role("listitem").filter(has_text="W8 was missed.")
    missed.get_by_role("link", name="Record it").click()
    expect(desk.locator("[data-question=description] textarea")).to_have_value("W8 was missed.")
    expect(desk.locator("[data-question=detected_code] input")).to_have_value("visit_missed:W8")
