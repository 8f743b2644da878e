"""Queries of the demo study, in every state: asked by a monitor and by the system itself."""

from django.utils import timezone

from labs.models import Result
from labs.services.open_questions import ask_open_questions
from reports.records import KINDS, Found
from trial.access.models import User
from trial.access.roles import Role
from trial.audit.context import Actor
from trial.quality.services import asking, settling

WORDS = (
    (
        "The printed report shows another value: please compare.",
        "The value on the report is right.",
    ),
    ("Was the sample drawn before the infusion?", "Yes, before the infusion."),
    ("Please check the unit.", "The unit is as printed."),
)
NUMBER = 9


def ask_and_answer(*, monitor: User, coordinator: User) -> int:
    """Raise some queries at the coordinator's site, answer two of three, close one of three, and
    let the system ask what is missing. Returns how many a person raised."""
    by = Actor.of(monitor, role=Role.MONITOR.value)
    site = Actor.of(coordinator, role=Role.COORDINATOR.value)
    rows = (
        Result.objects.filter(panel__visit__participant__site__code="01", analyte="ALT")
        .filter(panel__visit__participant__status="enrolled")
        .exclude(text="")
        .select_related("panel__visit__participant__site")
        .order_by("-panel__collected_on", "pk")[:NUMBER]
    )
    for number, row in enumerate(rows):
        found = Found(KINDS["result"], row)
        question, answer = WORDS[number % len(WORDS)]
        query, _new = asking.raise_query(ask=_ask(found, question), by=by)
        if number % 3:
            settling.answer(query=query, text=answer, value=found.value("text"), by=site)
        if number % 3 == 2:
            settling.close(query=query, by=by)
    ask_open_questions(process="demo", today=timezone.now().date())
    return len(rows)


def _ask(found: Found, text: str) -> asking.Ask:
    return asking.manual(
        place=found.place,
        record=found.record("text"),
        label=asking.both(lambda: found.label),
        text=text,
        value=found.value("text"),
    )
