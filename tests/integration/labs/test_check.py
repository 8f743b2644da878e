"""What the form says while somebody types: the verdicts of saving, and what it would mean."""

import pytest

from labs.models import Panel
from labs.services.evaluation import evaluate_pending
from tests.factories import study
from tests.integration.labs.forms import PANEL, address, typed
from trial.audit.models import Event


@pytest.fixture
def participant(cast):
    return study.enrolled(cast.site)


@pytest.fixture
def visit(participant):
    return study.visit_of(participant, "W36")


@pytest.fixture
def ask(client, cast, visit):
    client.force_login(cast.coordinator)

    def post(values, **more):
        answer = client.post(address(visit, "check"), typed(cast.laboratory, visit, values, **more))
        assert answer.status_code == 200
        return answer.json()

    return post


def test_a_value_is_read_against_the_laboratorys_range(ask):
    row = ask({"ALT": "124"})["rows"]["ALT"]
    assert (row["level"], row["flag"], row["times"], row["range"]) == ("ok", "H", "3.1", "7–40")
    assert "range-tick" in row["bar"]


def test_the_range_is_shown_in_the_unit_of_the_row(ask):
    row = ask({}, **{"v-ALB": "4.1", "u-ALB": "g/dL"})["rows"]["ALB"]
    assert (row["level"], row["range"], row["flag"]) == ("ok", "4–5.5", "N")


@pytest.mark.parametrize(
    ("code", "text", "unit", "level", "suggestion"),
    [
        ("ALT", "30", "U/L", "ok", None),
        ("ALT", "1500", "U/L", "soft", None),
        ("ALT", "99999", "U/L", "hard", None),
        ("BILI", "1.0", "umol/L", "soft", "mg/dL"),
        ("ALB", "4.2", "g/L", "hard", "g/dL"),
        ("CREAT", "1.0", "umol/L", "hard", "mg/dL"),
        ("HGB", "13", "g/L", "hard", "g/dL"),
        ("IGG", "1600", "g/L", "hard", "mg/dL"),
        ("ALT", "30", "mmol/L", "error", None),
        ("ALT", "thirty", "U/L", "error", None),
    ],
)
def test_verdicts_are_those_of_the_rules(ask, code, text, unit, level, suggestion):
    row = ask({}, **{f"v-{code}": text, f"u-{code}": unit})["rows"][code]
    assert row["level"] == level
    assert bool(row["message"]) == (level != "ok")
    units = [one["unit"] for one in row["suggestions"]]
    assert (suggestion in units) if suggestion else not units


def test_a_confirmed_soft_value_stays_marked_but_stands_in_no_ones_way(ask):
    more = {"k-ALT": "1", "c-ALT": "repeated"}
    assert ask({"ALT": "1500"}, **more)["rows"]["ALT"]["level"] == "confirmed"


@pytest.mark.req("F-100")
@pytest.mark.parametrize("text", ["30", "<5", "<4", "1500", "99999", "1e3", "1,5", "1,500"])
def test_what_the_check_accepts_is_saved_and_what_it_refuses_is_not(client, cast, visit, ask, text):
    """One rule table, two doors, same verdicts."""
    level = ask({"ALT": text})["rows"]["ALT"]["level"]
    saved = client.post(address(visit), typed(cast.laboratory, visit, {"ALT": text}))
    assert (saved.status_code == 302) == (level == "ok")


def test_scores_are_previewed_as_soon_as_their_inputs_exist(ask):
    found = {score["formula"]: score for score in ask(PANEL)["scores"]}
    assert found["MELD"]["value"] is not None
    partial = {score["formula"]: score for score in ask({"BILI": "20"})["scores"]}
    assert partial["MELD"]["value"] is None
    assert "creatinine missing" in partial["MELD"]["missing"]


def test_the_preview_is_what_the_job_stores(ask, client, cast, visit):
    previewed = {score["formula"]: score["value"] for score in ask(PANEL)["scores"]}
    client.post(address(visit), typed(cast.laboratory, visit, PANEL))
    evaluate_pending(process="test")
    panel = Panel.objects.get(visit=visit)
    assert {row.formula: row.value for row in panel.scores.all()} == previewed


def test_a_relapse_is_seen_before_it_is_saved(ask, cast, participant):
    for code in ("D0", "W12", "W24"):
        study.enter(participant, code, study.RELAPSE_COURSE[code], cast.laboratory)
    found = {one["rule"]: one for one in ask({"ALT": "125", "AST": "90"})["outcomes"]}
    assert found["TRIAL-REL"]["outcome"] == "Relapse"
    assert found["TRIAL-REL"]["reason"] == "ALT 3.1×ULN at week 36 after CBR at week 12"


def test_values_that_do_not_fit_together_are_named(ask):
    found = ask({}, **{"v-BILI": "20", "u-BILI": "umol/L", "v-BILDIR": "30", "u-BILDIR": "umol/L"})
    assert [one["analytes"] for one in found["findings"]] == [["BILDIR", "BILI"]]


def test_an_inr_that_does_not_fit_its_time_is_named(ask):
    found = ask({"INR": "2.0"}, **{"v-PT": "12", "u-PT": "s"}, pt_isi="1,0", pt_mnpt="12")
    assert "1 is expected" in found["findings"][0]["text"]


@pytest.mark.parametrize(("isi", "mnpt"), [("999999", "0.01"), ("9" * 40, "12"), ("1", "0")])
def test_a_reagent_that_cannot_be_derails_nothing(ask, isi, mnpt):
    assert ask({"INR": "2.0"}, **{"v-PT": "30", "u-PT": "s"}, pt_isi=isi, pt_mnpt=mnpt)["rows"]


def test_a_jump_since_the_last_sample_is_named(ask, cast, participant):
    study.enter(participant, "W24", {"ALT": "30"}, cast.laboratory)
    text = ask({"ALT": "400"})["findings"][0]["text"]
    assert "30 → 400 U/L" in text


def test_a_sample_outside_the_window_is_said_while_typing(ask, visit):
    found = ask({"ALT": "30"}, collected_on="2025-10-30")
    assert found["outside"] is True
    assert str(visit.closes_on) in found["findings"][0]["text"]


def test_the_head_is_judged_too(ask):
    head = ask({}, collected_on="soon", pt_isi="abc")["head"]
    assert set(head) == {"collected_on", "pt_isi"}


def test_asking_writes_nothing(ask):
    before = Event.objects.count()
    ask(PANEL)
    assert Event.objects.count() == before
    assert not Panel.objects.exists()


def test_the_answer_is_in_the_readers_language(client, cast, visit):
    client.force_login(cast.coordinator)
    client.cookies["django_language"] = "zh-hans"
    page = client.get(address(visit)).content.decode()
    assert "丙氨酸氨基转移酶" in page


def test_in_a_merge_the_picked_side_is_what_is_judged(ask, cast, participant):
    study.enter(participant, "W36", {"ALT": "70"}, cast.laboratory)
    assert ask({"ALT": "62"}, **{"m-ALT": "stored"})["rows"]["ALT"]["times"] == "1.8"
    assert ask({"ALT": "62"}, **{"m-ALT": "yours"})["rows"]["ALT"]["times"] == "1.6"
