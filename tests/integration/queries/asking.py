"""Short ways to ask about a participant's labs in tests."""

from labs.models import Result
from patients.models import Participant
from reports.records import KINDS, Found
from tests.factories import study
from trial.audit.context import Actor
from trial.protocol.label import Label
from trial.quality.models import Query
from trial.quality.services import asking

MONITOR = Actor(name="monitor", role="monitor")
MANAGER = Actor(name="datamanager", role="datamanager")
SITE = Actor(name="coordinator", role="coordinator")
TEXT = "The report says 52, not 25: please check."


def with_labs(site, laboratory, code: str = "D0") -> Participant:
    person = study.enrolled(site)
    study.enter(person, code, study.RELAPSE_COURSE[code], laboratory)
    return person


def result_of(person: Participant, code: str = "D0", analyte: str = "ALT") -> Result:
    return Result.objects.select_related("panel__visit__participant__site").get(
        panel__visit=study.visit_of(person, code), analyte=analyte
    )


def ask(row: Result, text: str = TEXT, **more) -> asking.Ask:
    found = Found(KINDS["result"], row)
    return asking.manual(
        place=found.place,
        record=found.record("text"),
        label=Label(found.label, found.label),
        text=text,
        value=found.value("text"),
        **more,
    )


def raised(row: Result, text: str = TEXT, by: Actor = MONITOR, **more) -> Query:
    return asking.raise_query(ask=ask(row, text, **more), by=by)[0]
