"""The main job: a typed panel becomes scores, a flag, a chart point, an inbox item, an export.

A real browser, a real worker and a real sweeper on the test's own PostgreSQL and Valkey.
"""

from decimal import Decimal
from io import StringIO

import pandas as pd
import pytest
import requests
from playwright.sync_api import Page, expect

from labs.selectors import pending
from labs.services.evaluation import evaluate_pending
from tests.factories import study
from tests.faults.processes import kill, running, wait_until
from trial.access.services import issue_token

WORKER = ("-m", "celery", "-A", "trial", "worker", "--concurrency", "1", "--without-gossip",
          "--without-mingle")  # fmt: skip
SWEEPER = ("manage.py", "sweep", "--loop", "0.5")
WEEK_36 = {
    "ALT": "125", "AST": "90", "ALP": "110", "GGT": "60", "BILI": "51", "PROT": "80", "ALB": "28",
    "PREALB": "200", "GLOBG": "19", "IGG": "17,5", "PT": "16", "INR": "1.4", "CREAT": "133",
    "SODIUM": "130",
}  # fmt: skip


@pytest.fixture
def participant(fresh_database, cast, settings):
    """Complete response since week 12; week 36 is still to be entered."""
    settings.HINT_TO_WORKERS = True
    person = study.enrolled(cast.site)
    for code in ("D0", "W12", "W24"):
        study.enter(person, code, study.RELAPSE_COURSE[code], cast.laboratory)
    evaluate_pending(process="test")
    return person


def sign_in(page: Page, url: str, username: str) -> None:
    page.goto(f"{url}/accounts/login/")
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password").fill(study.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: "login" not in address)


def enter_week_36(page: Page, url: str, participant) -> None:
    visit = study.visit_of(participant, "W36")
    page.goto(f"{url}/visits/{visit.pk}/labs/")
    page.get_by_label("Sample taken on").fill(str(visit.target_on))
    page.get_by_label("Dialysis in the 7 days before").select_option("no")
    for code, text in WEEK_36.items():
        page.locator(f"[name=v-{code}]").fill(text)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("main")).to_contain_text("Saved")


def exported(url: str, key: str, resource: str) -> pd.DataFrame:
    answer = requests.get(
        f"{url}/api/v1/{resource}/",
        params={"format": "csv"},
        headers={"Authorization": f"Token {key}"},
        timeout=30,
    )
    assert answer.status_code == 200, answer.text[:500]
    return pd.read_csv(StringIO(answer.text), dtype=str)


def test_a_week_36_panel_that_means_a_relapse(page, live_server, cast, participant):
    url = live_server.url
    with running(*WORKER):
        sign_in(page, url, "coordinator")
        enter_week_36(page, url, participant)
        scores = page.locator("main")
        expect(scores).to_contain_text("Stored", timeout=30_000)
        expect(scores).to_contain_text("ALT 3.1×ULN at week 36 after CBR at week 12")

    page.goto(f"{url}/participants/{participant.code}/")
    expect(page.locator("main")).to_contain_text("Relapse")
    page.locator("figure[data-chart]").first.locator("summary").click()
    expect(page.locator("figure[data-chart]").first.locator("table")).to_contain_text("3.1")

    page.context.clear_cookies()
    sign_in(page, url, "investigator")
    expect(page.locator("main")).to_contain_text(participant.code)
    expect(page.locator("main")).to_contain_text("ALT 3.1×ULN at week 36 after CBR at week 12")

    key = issue_token(user=cast.sponsor, by=study.SETUP)
    results = exported(url, key, "lab-results")
    alt = results[(results.visit == "W36") & (results.analyte == "ALT")].iloc[0]
    found = (alt.participant, Decimal(alt.value), alt.flag)
    assert found == (participant.code, Decimal(125), "H")
    meld = exported(url, key, "meld-scores")
    week_36 = meld[meld.visit == "W36"].set_index("formula").value
    assert sorted(week_36.astype(int)) == [18, 23, 25]  # case C41
    relapse = exported(url, key, "response-assessments")
    row = relapse[relapse.rule == "TRIAL-REL"].iloc[0]
    assert (row.outcome, row.visit) == ("RELAPSE", "W36")


@pytest.mark.req("F-060")
@pytest.mark.req("F-061")
def test_worker_and_broker_killed_during_entry_leave_nothing_pending(
    page, live_server, cast, participant, valkey
):
    url = live_server.url
    sign_in(page, url, "coordinator")
    with running(*WORKER) as worker:
        kill(worker)
    enter_week_36(page, url, participant)
    expect(page.locator("main")).to_contain_text("Pending")
    valkey.flushall()
    assert pending().exists()
    with running(*SWEEPER, REDIS_URL="redis://127.0.0.1:1/0"):
        wait_until(lambda: not pending().exists(), "the sweeper's next round")
    expect(page.locator("main")).to_contain_text("Stored", timeout=30_000)
