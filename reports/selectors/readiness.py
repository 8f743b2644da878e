"""What can be signed and what can be locked, for many participants at once."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from labs.selectors import pending
from patients.models import Participant, Status
from reports.selectors.form_gaps import FormGap, gaps_about, gaps_at
from reports.selectors.open_work import At, open_queries, unverified
from reports.selectors.visits import dated, rows
from reports.states import VisitRow
from trial.audit.records import Place
from trial.crf.selectors import facts_of
from trial.protocol import registry
from trial.protocol.crf import Facts
from trial.quality.models import Scope
from trial.quality.services.holds import Gap
from trial.signing.rules import (
    CasebookFacts,
    Obstacle,
    VisitFacts,
    against_casebook,
    against_visit,
)
from trial.signing.selectors import Signatures, signatures_of
from trial.signing.wording import obstacle_text
from trial.web.formats import localized
from visits.models import Status as VisitStatus
from visits.models import Visit

ENDED = (Status.COMPLETED, Status.WITHDRAWN, Status.SCREEN_FAILED)


@dataclass(frozen=True)
class Standing:
    """Everything that decides about signing and locking, of some participants."""

    people: Mapping[int, Participant]
    visits: Mapping[int, list[VisitRow]]
    pending: frozenset[int]
    queries: Counter[At]
    signatures: Signatures

    @cached_property
    def unverified(self) -> Counter[At]:
        """The forms still to be compared with the source; only locking asks for them."""
        return unverified(self.people)

    @cached_property
    def facts(self) -> Mapping[int, Facts]:
        """What the forms say; only locking asks for it. One statement for all participants."""
        return facts_of(self.people)

    def against_visit(self, visit: VisitRow) -> tuple[Obstacle, ...]:
        """What stands against signing a visit."""
        waits = visit.participant_id in self.pending
        return against_visit(self._facts(visit), pending=waits)

    def against_casebook(self, participant_id: int) -> tuple[Obstacle, ...]:
        """What stands against signing a casebook."""
        return against_casebook(
            CasebookFacts(
                ended=self.people[participant_id].status in ENDED,
                pending=participant_id in self.pending,
                open_queries=_of(self.queries, participant_id),
                visits=tuple(self._facts(one) for one in self.visits.get(participant_id, ())),
            )
        )

    def _facts(self, visit: VisitRow) -> VisitFacts:
        return VisitFacts(
            label=visit.label,
            held=visit.status == VisitStatus.HELD,
            asked=_asked(visit),
            answered=visit.filled or 0,
            open_queries=self.queries[visit.participant_id, visit.id],
            signed=self.signatures.visit(visit.id),
        )

    def to_lock_visit(self, visit: VisitRow) -> list[Gap]:
        """What is missing before a visit can be locked."""
        at = (visit.participant_id, visit.id)
        gaps = self._work(visit.participant, visit.label, self.queries[at], self.unverified[at])
        if visit.participant_id in self.pending:
            gaps.append(_gap(visit.participant, "", "evaluation", _waits()))
        if visit.status == VisitStatus.PLANNED:
            text = _("%(visit)s has not taken place.") % {"visit": visit.label}
            gaps.append(_gap(visit.participant, visit.label, "incomplete", text))
        return gaps + self._forms_at(visit) + self._unsigned(visit)

    def to_lock_participant(self, participant_id: int) -> list[Gap]:
        """What is missing before a participant can be locked."""
        person = self.people[participant_id]
        queries, left = _of(self.queries, person.pk), _of(self.unverified, person.pk)
        gaps = self._work(person.code, "", queries, left)
        if person.pk in self.pending:
            gaps.append(_gap(person.code, "", "evaluation", _waits()))
        gaps += [_form_gap(person.code, "", one) for one in gaps_about(self.facts[person.pk])]
        for visit in self.visits.get(person.pk, ()):
            gaps += self._forms_at(visit) + self._unsigned(visit)
        state = self.signatures.casebook(person.pk)
        if state == "broken":
            text = _("The casebook was changed after it was signed.")
            gaps.append(_gap(person.code, "", "signature_broken", text))
        elif not state:
            gaps.append(_gap(person.code, "", "casebook", _("The casebook is not signed.")))
        return gaps

    def _forms_at(self, visit: VisitRow) -> list[Gap]:
        if visit.status != VisitStatus.HELD:
            return []
        facts = self.facts[visit.participant_id]
        found = gaps_at(facts, visit.id, visit.code, visit.protocol_version)
        return [_form_gap(visit.participant, visit.label, one) for one in found]

    def _unsigned(self, visit: VisitRow) -> list[Gap]:
        state = self.signatures.visit(visit.id)
        if visit.status != VisitStatus.HELD or state == "intact":
            return []
        words = {"visit": visit.label}
        if state:
            text = _("%(visit)s was changed after it was signed.") % words
            return [_gap(visit.participant, visit.label, "signature_broken", text)]
        text = _("%(visit)s is not signed.") % words
        return [_gap(visit.participant, visit.label, "unsigned", text)]

    @staticmethod
    def _work(code: str, label: str, queries: int, left: int) -> list[Gap]:
        gaps = []
        if queries:
            text = ngettext("%(count)s query is open.", "%(count)s queries are open.", queries)
            gaps.append(_gap(code, label, "query", text % {"count": queries}))
        if left:
            text = ngettext(
                "%(count)s form is to be compared with the source.",
                "%(count)s forms are to be compared with the source.",
                left,
            )
            gaps.append(_gap(code, label, "unverified", text % {"count": left}))
        return gaps


def _waits() -> str:
    return _("The newest values wait for their evaluation.")


def _form_gap(code: str, label: str, gap: FormGap) -> Gap:
    """Which form, where, and how many answers are missing in it."""
    where = label or (str(gap.line) if gap.line else "")
    name = localized(gap.form.label)
    text = ngettext(
        "%(form)s: %(count)s answer is missing.", "%(form)s: %(count)s answers are missing.",
        gap.count,
    ) % {"form": f"{name} {where}".rstrip(), "count": gap.count}  # fmt: skip
    return _gap(code, label, "form_incomplete", text)


def _gap(code: str, label: str, kind: str, text: str) -> Gap:
    return Gap(code, label, kind, text)


def _of(counts: Counter[At], participant_id: int) -> int:
    return sum(n for (person, _visit), n in counts.items() if person == participant_id)


def _asked(visit: VisitRow) -> int:
    """How many values are wanted; without a panel, whether any is."""
    if visit.expected is not None:
        return visit.expected
    return 1 if registry.get(visit.protocol_version).visit(visit.code).panel else 0


def standing_of(participants: Iterable[Participant]) -> Standing:
    """Everything of these participants. Three statements, and those of open_work."""
    people = {person.pk: person for person in participants}
    found: dict[int, list[VisitRow]] = defaultdict(list)
    for row in rows(dated(Visit.objects.filter(participant__in=people)).order_by("position", "id")):
        found[row.participant_id].append(row)
    waiting = pending().filter(participant__in=people)
    return Standing(
        people=people,
        visits=found,
        pending=frozenset(waiting.values_list("participant_id", flat=True)),
        queries=open_queries(people),
        signatures=signatures_of(people),
    )


def under(scope: Scope, place: Place) -> QuerySet[Participant]:
    """The participants that a hold of this scope would be over."""
    people = Participant.objects.select_related("site").order_by("code")
    if scope == Scope.STUDY:
        return people
    if scope == Scope.SITE:
        return people.filter(site=place.site_id)
    return people.filter(pk=place.participant_id or 0)


def missing(scope: Scope, place: Place) -> Sequence[Gap]:
    """What stands against locking this: by participant, in the order of their codes."""
    standing = standing_of(under(scope, place))
    if scope in (Scope.VISIT, Scope.FORM) and place.visit_id is not None:
        visits = [one for found in standing.visits.values() for one in found]
        return [
            g for one in visits if one.id == place.visit_id for g in standing.to_lock_visit(one)
        ]
    return [gap for pk in standing.people for gap in standing.to_lock_participant(pk)]


def texts(obstacles: Iterable[Obstacle]) -> list[str]:
    """Obstacles as sentences."""
    return [obstacle_text(one) for one in obstacles]
