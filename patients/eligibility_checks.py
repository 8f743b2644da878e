"""Answers to criteria that the forms contradict are asked about; nothing is overwritten."""

import hashlib
from collections.abc import Iterable, Iterator

from django.utils.translation import gettext as _

from patients.backing import backing_for
from patients.eligibility import Backing, Proposal
from patients.models import Answer, CriterionAnswer, Participant
from patients.places import place_of
from patients.selectors import screening_protocol
from trial.audit.context import Actor
from trial.audit.records import Record
from trial.protocol.label import Label
from trial.quality.models import Origin, Query
from trial.quality.services.asking import Ask, both
from trial.quality.services.checks import sync_checks

PREFIX = "eligibility:"
TABLE = CriterionAnswer._meta.db_table


def ask_about(*, participant: Participant, by: Actor, reason: str = "") -> None:
    """Bring the queries about a participant's criteria in line with what the forms say now.

    Nothing is asked about what is not answered yet.
    """
    rows = list(CriterionAnswer.objects.filter(participant=participant))
    if not rows:
        return
    backing = backing_for(participant, screening_protocol(participant))
    scope = Query.objects.filter(participant_id=participant.pk, cause__startswith=PREFIX)
    sync_checks(
        findings=list(_asks(participant, rows, backing)), scope=scope, origin=Origin.EDIT_CHECK,
        by=by, reason=reason,
    )  # fmt: skip


def _asks(
    participant: Participant, rows: Iterable[CriterionAnswer], backing: Backing
) -> Iterator[Ask]:
    for row in rows:
        if backing.contradicts(row.criterion, Answer(row.answer), row.value):
            yield _ask(participant, row, backing.proposals[row.criterion])


def _ask(participant: Participant, row: CriterionAnswer, proposal: Proposal) -> Ask:
    said = Label(
        "; ".join(one.en for one in proposal.why), "；".join(one.zh for one in proposal.why)
    )
    asks = both(lambda: _("The forms say otherwise."))
    numbers = f"{row.answer}:{row.value}:{proposal.answer}:{proposal.low}:{proposal.high}"
    digest = hashlib.sha256(f"{numbers}:{said.en}".encode()).hexdigest()[:12]
    field = "answer" if row.value is None else "value"
    return Ask(
        place=place_of(participant, "eligibility"),
        record=Record(TABLE, row.pk, field),
        label=Label(f"Criterion {row.criterion}", f"标准{row.criterion}"),
        text=Label(f"{asks.en} {said.en}.", f"{asks.zh}{said.zh}。"),
        cause=f"{PREFIX}{row.pk}:{digest}",
        value=row.answer if row.value is None else f"{row.answer} ({row.value})",
    )
