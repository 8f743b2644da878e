"""A study in its 37th week: relapse, missing creatinine, missed and overdue visits, one waiting."""

from types import SimpleNamespace

import pytest
import time_machine

from labs.services.evaluation import evaluate_pending
from tests.factories import study
from trial.audit.context import Actor
from visits.services import schedule as visits

NOW = "2025-09-20T04:00:00Z"  # of participants with day 0 on 2025-01-06: week 36 is open
MELD_INPUTS = {"BILI": "24", "CREAT": "64", "INR": "1.1", "SODIUM": "140", "ALB": "41"}


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


def evaluate_all():
    return evaluate_pending(process="sweeper")


@pytest.fixture
def course(cast):
    """`relapsed`, `quiet` (creatinine missing) and `waiting` at site 01, `elsewhere` at 02."""
    relapsed = study.enrolled(cast.site)
    for code, values in study.RELAPSE_COURSE.items():
        study.enter(relapsed, code, {**values, **MELD_INPUTS}, cast.laboratory)
    quiet = study.enrolled(cast.site)
    without = {name: text for name, text in MELD_INPUTS.items() if name != "CREAT"}
    normal = {"ALT": "30", "AST": "28", "IGG": "14"}
    study.enter(
        quiet, "D0", {"ALT": "300", "AST": "250", "IGG": "22", **MELD_INPUTS}, cast.laboratory
    )
    study.enter(quiet, "W12", {**normal, **without}, cast.laboratory)
    visits.miss(visit=study.visit_of(quiet, "W24"), reason="abroad", by=study.SETUP)
    elsewhere = study.enrolled(cast.other_site)
    study.enter(elsewhere, "D0", {"ALT": "200", "AST": "100", "IGG": "20"}, cast.other_laboratory)
    evaluate_all()
    waiting = study.enrolled(cast.site)
    study.enter(waiting, "D0", {"ALT": "210", "AST": "150", "IGG": "19"}, cast.laboratory)
    return SimpleNamespace(
        relapsed=relapsed, quiet=quiet, elsewhere=elsewhere, waiting=waiting,
        by=Actor.of(cast.coordinator, role="coordinator", site="01"),
    )  # fmt: skip
