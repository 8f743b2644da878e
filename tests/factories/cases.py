"""Serious events and what is known of them, entered as the forms are."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from patients.models import Participant
from safety.models import SafetyCase
from tests.factories import study
from trial.audit.context import Actor
from trial.crf.owner import Owner
from trial.crf.selectors import facts_of
from trial.crf.services import NEW, Entry, save
from trial.crf.values import mark_of
from trial.protocol.casebook.forms import BY_CODE

EVENT = {
    "term": "Fever", "ctcae_term": "fever", "grade": "3", "severity": "severe", "ongoing": True,
    "outcome": "not_recovered",
}  # fmt: skip


def fill(
    person: Participant, form: str, section: str, *, number: int = NEW, by: Actor = study.SETUP,
    reason: str = "corrected", answers: Any = None, **values: Any,
) -> int:  # fmt: skip
    """Save one section of a form about a person; every soft check is explained."""
    described = BY_CODE[form]
    part = described.section(section)
    row = facts_of([person.pk])[person.pk].line(form, number)
    held = row.values if row else {one.name: one.empty for one in described.questions}
    base = mark_of({one.name: held.get(one.name) for one in part.questions})
    said = _Always() if answers is None else answers
    entry = Entry(described, part, values, base, number, said)
    return save(owner=Owner(person), entry=entry, by=by, reason=reason).number


class _Always(dict[str, str]):
    def get(self, key: str, default: Any = None) -> str:
        return "as in the source"


def event(person: Participant, **values: Any) -> int:
    """A line of the adverse events that began the day before yesterday, so that the site may have
    known of it for 30 hours, early in the morning too. Nothing is said of its seriousness."""
    day = (timezone.now() - timedelta(days=2)).astimezone(person.site.zone).date()
    return fill(person, "adverse_event", "event", **{"starts_on": day.isoformat(), **EVENT,
                                                     **values})  # fmt: skip


def make_serious(
    person: Participant, number: int, *, aware_at: datetime | None = None, **values: Any
) -> SafetyCase:
    """The line is serious, by hospitalisation unless `values` say otherwise."""
    criteria = values or {"hospitalisation": True, "medically_important": True}
    fill(person, "adverse_event", "seriousness", number=number, serious=True,
         aware_at=aware_at or timezone.now(), **criteria)  # fmt: skip
    return case(person, number)


def serious(person: Participant, *, aware_at: datetime | None = None, **values: Any) -> SafetyCase:
    """A serious event with its case."""
    return make_serious(person, event(person), aware_at=aware_at, **values)


def case(person: Participant, number: int, kind: str = "event") -> SafetyCase:
    """The case of a line."""
    rows = SafetyCase.objects.select_related("participant__site")
    return rows.get(participant=person, kind=kind, number=number)


def judged(person: Participant, number: int, related: str = "unrelated") -> None:
    """The investigator's causality, the same for every cause."""
    causes = ("product", "steroid", "azathioprine", "infusion", "biopsy")
    views: dict[str, Any] = {f"cause_{cause}": related for cause in causes}
    fill(person, "adverse_event", "causality", number=number, **views)


def assessed(
    person: Participant, number: int, *, received_at: datetime | None = None,
    related: str = "unrelated", expectedness: str = "", minimum_known: bool = True, **more: Any,
) -> int:  # fmt: skip
    """The sponsor's assessment; without `expectedness` the decision stays open."""
    line = fill(person, "sponsor_assessment", "received", adverse_event=number,
                received_at=received_at or timezone.now(), minimum_known=minimum_known,
                **more)  # fmt: skip
    causes = ("product", "steroid", "azathioprine", "infusion", "biopsy")
    views: dict[str, Any] = {f"sponsor_{cause}": related for cause in causes}
    fill(person, "sponsor_assessment", "causality", number=line, **views)
    if expectedness:
        fill(person, "sponsor_assessment", "decision", number=line, expectedness=expectedness,
             ib_version="1", reasoning="none", assessed_at=timezone.now())  # fmt: skip
    return line


def follow_up(
    person: Participant, event_number: int, count: int, news_at: datetime, *, line: int = NEW
) -> int:
    """The report form says that there is news."""
    return fill(person, "serious_event", "report", number=line, adverse_event=event_number,
                report="follow_up", follow_up=count, news_at=news_at, news="Discharged.",
                qualification="physician")  # fmt: skip


def pregnancy(person: Participant, *, aware_at: datetime | None = None) -> SafetyCase:
    """A pregnancy of a participant with its case."""
    day = (timezone.now() - timedelta(days=60)).astimezone(person.site.zone).date()
    number = fill(person, "pregnancy_report", "pregnancy", who="participant",
                  aware_at=aware_at or timezone.now(), last_period=day.isoformat())  # fmt: skip
    return case(person, number, "pregnancy")
