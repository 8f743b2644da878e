"""What the tests of queries and verification begin with."""

import pytest

from labs.models import Result
from tests.factories import study
from trial.access.roles import Role
from trial.audit.context import Actor
from trial.audit.records import Place, Record
from trial.protocol.label import Label
from trial.quality.services.queries import Question


@pytest.fixture
def person(cast):
    """An enrolled participant of site 01 with the labs of two visits."""
    found = study.enrolled(cast.site)
    for visit in ("D0", "W12"):
        study.enter(found, visit, study.RELAPSE_COURSE[visit], cast.laboratory)
    return found


@pytest.fixture
def result(person):
    """The ALT of W12."""
    return Result.objects.get(panel__visit=study.visit_of(person, "W12"), analyte="ALT")


def question(result, text="Please check ALT against the report."):
    visit = result.panel.visit
    person = visit.participant
    return Question(
        place=Place(person.site_id, person.pk, person.code, visit.pk, visit.label, "labs"),
        record=Record("labs_result", result.pk, "text"),
        label=Label(f"ALT, {visit.label}", f"丙氨酸氨基转移酶，{visit.label}"),
        text=text,
        value=f"{result.text} {result.unit}",
    )


@pytest.fixture
def actors(cast):
    """An actor of each role, by user name."""
    roles = {
        "monitor": Role.MONITOR, "datamanager": Role.DATA_MANAGER,
        "coordinator": Role.COORDINATOR, "investigator": Role.INVESTIGATOR,
    }  # fmt: skip
    return {name: Actor.of(cast.users[name], role=role.value) for name, role in roles.items()}
