"""What the readers of a biopsy found, side by side: for the desk of the data manager alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from trial.crf.values import text_of
from trial.protocol import registry
from trial.protocol.casebook.histology_reading import FORM
from trial.web.formats import localized
from visits.double_reading import Agreement, Difference, compare
from visits.models import HistologyReading
from visits.models.reading import FIRST, SECOND, THIRD, BiopsyRow
from visits.reading_values import grade_of, reading_of

DIFFERENCES: Mapping[Difference, str | Promise] = {
    Difference.ADEQUACY: _("whether it can be scored"),
    Difference.REMISSION: _("on which side of remission it lies"),
    Difference.GRADE: _("the mHAI total"),
    Difference.STAGE: _("the stage"),
    Difference.SYSTEM: _("the staging system"),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One reader's newest reading, and how often it was corrected."""

    reading: HistologyReading
    corrected: int
    total: int | None


@dataclass(frozen=True, slots=True)
class Line:
    """One question with each reader's answer; `differs`: the first two gave two."""

    label: str
    answers: Sequence[str]
    differs: bool


@dataclass(frozen=True, slots=True)
class Compared:
    """Readings side by side, and on what the first two differ by more than is tolerated."""

    columns: Sequence[Column]
    lines: Sequence[Line]
    differ_on: Sequence[str | Promise]


def compared(biopsy: BiopsyRow, history: Mapping[int, Sequence[HistologyReading]]) -> Compared:
    """The newest reading of each reader (`history`: newest first, by place)."""
    newest = {place: rows[0] for place, rows in history.items() if rows}
    columns = [
        Column(row, len(history[place]) - 1, grade_of(row.values).total.value)
        for place in (FIRST, SECOND, THIRD)
        if (row := newest.get(place))
    ]
    agreement = _agreement(biopsy, newest)
    differ = [DIFFERENCES[one] for one in agreement.differ_on] if agreement else []
    return Compared(columns, _lines([one.reading for one in columns]), differ)


def _agreement(biopsy: BiopsyRow, newest: Mapping[int, HistologyReading]) -> Agreement | None:
    if FIRST not in newest or SECOND not in newest:
        return None
    protocol = registry.get(biopsy.visit.protocol_version)
    first, second = (
        reading_of(str(newest[place].assignment.reader_id), newest[place].values)
        for place in (FIRST, SECOND)
    )
    below = protocol.endpoints.mhai_remission_below
    return compare(protocol.histology, first, second, below)


def _lines(readings: Sequence[HistologyReading]) -> list[Line]:
    found = []
    for question in FORM.questions:
        answers = [text_of(question, row.values[question.name], UTC) for row in readings]
        if any(answers):
            two = answers[:2]
            found.append(Line(localized(question.label), answers, len(set(two)) > 1))
    return found
