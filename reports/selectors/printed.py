"""Everything that the printed casebook of one participant shows: a fixed number of statements.

The rows that a signature would cover are read by its own statement, the forms of the sponsor's
safety unit by one each; the trail is read up to the cut through history at which they were, so
that all tell of one moment.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from labs.models import Laboratory, MeldScore, ResponseAssessment
from patients.models import Participant
from reports.casebook_content import of_casebook
from trial.access.models import User
from trial.access.policy import AnyUser
from trial.access.selectors import protocol_at
from trial.audit.models import Event
from trial.crf.models import MODELS
from trial.protocol.casebook.forms import FORMS, OF_THE_SITE
from trial.protocol.crf import Form
from trial.protocol.version import ProtocolVersion
from trial.quality.casebook import CLINICAL_TABLES
from trial.quality.models import Query
from trial.quality.selectors.asked import of_participant
from trial.quality.selectors.holds import Standing, standing_over
from trial.signing import content
from trial.signing.canonical import Row, fingerprint
from trial.signing.document import Document
from trial.signing.models import Signature
from visits.models import Visit

LABORATORY = "laboratory_id"
OTHERS = tuple(form for form in FORMS if form not in OF_THE_SITE)
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Changed:
    """One change of a row: the columns that it changed, as they were and as they became."""

    table: str
    row_id: int
    visit_id: int | None
    columns: Mapping[str, tuple[Any, Any]]
    at: datetime
    who: str
    role: str
    site: str
    why: str


@dataclass(frozen=True)
class Printed:
    """What is printed. `signatures` come with `changed`, `queries` with their messages."""

    participant: Participant
    protocol: ProtocolVersion
    document: Document
    others: Sequence[Row]
    visits: Sequence[Visit]
    scores: Sequence[MeldScore]
    assessments: Sequence[ResponseAssessment]
    signatures: Sequence[Signature]
    standing: Standing
    queries: Sequence[Query]
    changes: Sequence[Changed] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    laboratories: Mapping[int, str] = field(default_factory=dict)

    @cached_property
    def mark(self) -> str:
        """SHA-256 of all rows that are printed, each value with its kind."""
        return fingerprint((*self.document.rows, *self.others))

    @cached_property
    def by_table(self) -> Mapping[str, Sequence[Row]]:
        """The rows of each table, in the order in which they were entered."""
        found: dict[str, list[Row]] = defaultdict(list)
        for row in sorted((*self.document.rows, *self.others), key=lambda one: one.id):
            found[row.table].append(row)
        return found

    def rows(self, table: str, **owner: object) -> list[Row]:
        """The rows of a table that belong to an owner, such as visit_id=7."""
        return [
            row for row in self.by_table.get(table, ())
            if all(row.values[name] == value for name, value in owner.items())
        ]  # fmt: skip


def printed(participant: Participant, user: AnyUser, *, trail: bool) -> Printed:
    """Read it all; `participant` comes with its site. Without `trail` no changes are told."""
    document = content.read(of_casebook(participant))
    changes = list(_changes(participant, document)) if trail else []
    pk = participant.pk
    signatures = Signature.objects.filter(participant_id=pk).with_changed()
    queries = of_participant(user, pk).prefetch_related("messages")
    return Printed(
        participant=participant,
        protocol=protocol_at(participant.site, participant.site.today()),
        document=document,
        others=[row for form in OTHERS for row in _rows(form, participant)],
        visits=list(participant.visits.all()),
        scores=list(MeldScore.objects.current().filter(panel__visit__participant=pk)),
        assessments=list(ResponseAssessment.objects.current().filter(participant=pk)),
        signatures=list(signatures.order_by("pk")),
        standing=standing_over([pk]),
        queries=list(queries.order_by("pk")),
        changes=changes,
        names=dict(_people(one.who for one in changes)),
        laboratories=_laboratories(document, changes),
    )


def columns_of(form: Form) -> tuple[str, ...]:
    """What is printed of a row of a described form."""
    return ("number", "not_done", "struck", *(question.name for question in form.questions))


def _rows(form: Form, participant: Participant) -> list[Row]:
    """The rows of a form that no signature covers, written as those that one does."""
    found = MODELS[form.code].objects.filter(participant=participant)
    return [
        Row(form.table, row["id"], {name: _written(row[name]) for name in columns_of(form)})
        for row in found.order_by("pk").values("id", *columns_of(form))
    ]


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return str(value) if isinstance(value, (date, Decimal)) else value


def _changes(participant: Participant, document: Document) -> Iterator[Changed]:
    """The updates of what people enter, oldest first. A whole row is held no longer than one
    batch of the cursor: of each only what changed is kept."""
    rows = Event.objects.changes(CLINICAL_TABLES).of_participant(participant.pk)
    rows = rows.filter(kind="update").seen_at(document.seen).order_by("id")
    for event in rows.iterator(chunk_size=_BATCH):
        old, new = event.old or {}, event.new or {}
        yield Changed(
            table=event.table_name,
            row_id=int(event.record_id),
            visit_id=event.visit_id,
            columns={name: (old.get(name), new.get(name)) for name in event.fields or ()},
            at=event.at,
            who=event.actor,
            role=event.actor_role,
            site=event.actor_site,
            why=event.reason,
        )


def _people(usernames: Iterable[str]) -> Iterable[tuple[str, str]]:
    names = set(usernames)
    return User.objects.filter(username__in=names).values_list("username", "full_name")


def _laboratories(document: Document, changes: Iterable[Changed]) -> Mapping[int, str]:
    ids = {row.values[LABORATORY] for row in document.rows if row.table == "labs_panel"}
    ids |= {one for change in changes for one in change.columns.get(LABORATORY, ())}
    found = Laboratory.objects.in_bulk(sorted(one for one in ids if isinstance(one, int)))
    return {pk: str(laboratory) for pk, laboratory in found.items()}
