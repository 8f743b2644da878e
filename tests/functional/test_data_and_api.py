"""A sponsor downloads a file and reads the API reference, in a real browser."""

import hashlib
import os
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from playwright.sync_api import expect

from labs.services import evaluation
from tests.factories import study
from trial.access.services import issue_token
from trial.audit.models import Event

AXE = Path(django_settings.BASE_DIR) / "node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"]
pytestmark = pytest.mark.usefixtures("fresh_database")


@pytest.fixture
def sponsor(fresh_database, cast, live_server, page):
    """The sponsor's browser on "Data and API"; collects what the browser reports."""
    participant = study.enrolled(cast.site)
    for visit, values in study.RELAPSE_COURSE.items():
        study.enter(participant, visit, values, cast.laboratory)
    evaluation.evaluate_pending(process="test")
    issue_token(user=cast.sponsor, by=study.SETUP)
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("console", lambda m: page.problems.append(m.text) if m.type == "error" else None)
    page.goto(f"{live_server.url}/accounts/login/?next=/data/")
    page.get_by_label("User name").fill("sponsor")
    page.get_by_label("Password").fill(study.PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Data and API")
    return page


def violations(page):
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)["violations"]
    return [(one["id"], one["nodes"][0]["html"][:200]) for one in found]


def shot(page, name):
    """A picture for the eye, where somebody asked for one."""
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_a_file_is_downloaded_and_listed_with_its_hash(sponsor):
    with sponsor.expect_download() as waiting:
        sponsor.get_by_role("link", name="CSV Laboratory results", exact=True).click()
    file = waiting.value
    content = Path(file.path()).read_bytes()

    assert file.suggested_filename.startswith("lab-results_")
    assert content.startswith(b"id,site,participant,")
    sponsor.reload()
    expect(sponsor.locator("#exports")).to_contain_text(hashlib.sha256(content).hexdigest())
    assert Event.objects.filter(kind="act:exported", actor="sponsor").count() == 1
    shot(sponsor, "data-1440")
    assert violations(sponsor) == []
    assert sponsor.problems == []


def test_the_page_holds_on_a_phone(sponsor):
    sponsor.set_viewport_size({"width": 390, "height": 844})
    shot(sponsor, "data-390")
    wide = sponsor.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390


def test_the_site_narrows_what_is_downloaded(sponsor):
    sponsor.get_by_label("Site", exact=True).select_option("02")
    sponsor.get_by_role("button", name="Apply").click()
    link = sponsor.get_by_role("link", name="NDJSON Visits")
    assert "site=02" in (link.get_attribute("href") or "")


def test_the_reference_is_drawn_under_the_content_security_policy(sponsor):
    sponsor.get_by_role("link", name="API reference").click()
    expect(sponsor.get_by_text("/api/v1/lab-results/", exact=False).first).to_be_visible()
    sponsor.get_by_text("/api/v1/sites/", exact=True).first.click()
    sponsor.get_by_role("button", name="Try it out").click()
    sponsor.get_by_role("button", name="Execute").click()
    expect(sponsor.locator(".live-responses-table .response-col_status").nth(1)).to_contain_text(
        "200"
    )
    shot(sponsor, "docs-1440")
    assert sponsor.problems == []
