"""Edit checks on what is stored of a participant, and the queries that follow from them.

What a check finds and is kept all the same is asked about in a query of its own: one per check,
row and answers. When the answers change, or a line is struck, it closes itself.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from trial.access.selectors import protocol_at
from trial.audit.context import Actor
from trial.audit.records import Place, Record
from trial.crf.owner import Owner
from trial.protocol.casebook.forms import BY_CODE
from trial.protocol.crf import Code, Facts, Form, Question, Row, said
from trial.protocol.edit_checks import Finding, applicable, findings
from trial.protocol.label import Label
from trial.protocol.version import ProtocolVersion
from trial.quality.models import Origin, Query
from trial.quality.services.asking import Ask, both
from trial.quality.services.checks import sync_checks

PREFIX = "crf:"
UNSAVED = 0  # the id of a row that is only typed yet


def protocol_of(owner: Owner, on: date) -> ProtocolVersion:
    """The protocol whose checks hold for a participant's data today."""
    return protocol_at(owner.participant.site, on)


def found_in(protocol: ProtocolVersion, facts: Facts) -> list[Finding]:
    """What the protocol's checks find in everything of one participant."""
    return list(findings(protocol.checks, facts))


def cause_of(finding: Finding) -> str:
    """The check, the row and the answers it is about: the same again is the same query."""
    row = finding.row
    answers = [said(row.values.get(name)) for name in finding.check.fields]
    digest = hashlib.sha256(json.dumps(answers).encode()).hexdigest()[:12]
    return f"{PREFIX}{finding.check.id}:{row.form}:{row.id}:{digest}"


def asked_already(participant_id: int, found: Iterable[Finding]) -> set[str]:
    """The causes of these findings that there is a query for, whatever became of it."""
    causes = [cause_of(one) for one in found]
    if not causes:
        return set()
    rows = Query.objects.filter(participant_id=participant_id, cause__in=causes)
    return set(rows.values_list("cause", flat=True))


def ask(
    owner: Owner, found: Sequence[Finding], answers: Mapping[str, str], row_id: int, by: Actor,
    reason: str = "",
) -> None:  # fmt: skip
    """Bring the participant's queries in line with what its checks find. `answers` are the
    explanations, by check, that came with the row `row_id`."""
    asks = [
        _ask(owner, one, answers.get(one.check.id, "") if one.row.id == row_id else "")
        for one in found
    ]
    scope = queries_of(owner.participant.pk)
    sync_checks(findings=asks, scope=scope, origin=Origin.EDIT_CHECK, by=by, reason=reason)


def queries_of(participant_id: int) -> "QuerySet[Query]":
    """The queries that checks over forms have opened about a participant."""
    return Query.objects.filter(participant_id=participant_id, cause__startswith=PREFIX)


def _ask(owner: Owner, finding: Finding, answer: str) -> Ask:
    check, row = finding.check, finding.row
    form = BY_CODE[row.form]
    person = owner.participant
    place = Place(
        site_id=person.site_id,
        participant_id=person.pk,
        participant_code=person.code,
        visit_id=row.visit_id,
        visit_label=row.visit,
        form=form.code,
    )
    question = form.question(check.fields[0])
    return Ask(
        place=place,
        record=Record(form.table, row.id, question.name),
        label=_label(form, question, row),
        text=_text(check.says),
        cause=cause_of(finding),
        value=shown(question, row.values.get(question.name)),
        answer=answer,
    )


def _label(form: Form, question: Question, row: Row) -> Label:
    where = row.visit or (f"{row.number}" if form.repeats else "")
    tail = f", {where}" if where else ""
    return Label(f"{form.label.en}: {question.label.en}{tail}",
                 f"{form.label.zh}：{question.label.zh}{tail}")  # fmt: skip


def _text(says: Label) -> Label:
    kept = both(lambda: _("It was kept as entered."))
    return Label(f"{says.en} {kept.en}", f"{says.zh}{kept.zh}")


def shown(question: Question, value: Any) -> str:
    """An answer as the thread of a query keeps it: the code's English label, numbers with unit."""
    text = said(value)
    if question.kind == "choice" and text:
        found: Code = question.code(text)
        return found.label.en
    return f"{text} {question.unit}" if text and question.unit else text


def tried(
    protocol: ProtocolVersion, facts: Facts, form: Form, row: Row | None, typed: Mapping[str, Any],
    owner: Owner, about: set[str],
) -> list[Finding]:  # fmt: skip
    """What the checks would say about the questions `about` if `typed` were stored in this row."""
    visit = owner.visit
    base = row or Row(
        form.code, UNSAVED, 1 + len(facts.all(form.code)), {},
        visit=visit.label if visit else "", visit_id=visit.pk if visit else None,
        on=(visit.held_on or visit.target_on) if visit else None,
    )  # fmt: skip
    zone = owner.participant.site.zone
    local = {name: value.astimezone(zone) if isinstance(value, datetime) else value
             for name, value in typed.items()}  # fmt: skip
    after = replace(base, values=applicable(form, {**base.values, **local}), not_done=False)
    others = tuple(one for one in facts.all(form.code) if one.id != base.id)
    rows = {**facts.rows, form.code: (*others, after)}
    found = findings(protocol.checks, replace(facts, rows=rows))
    return [
        one for one in found
        if one.row.form == form.code and one.row.id == base.id and about & set(one.check.fields)
    ]  # fmt: skip
