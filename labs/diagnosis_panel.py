"""The panel beside the diagnosis form: both scores with the laboratory's part (§4)."""

from typing import Any, Literal

from django.utils.translation import gettext as _

from labs.screening_labs import ScreeningLabs, Source, screening_labs
from patients.diagnosis_scores import Scores, scores_of
from patients.diagnosis_words import revised_lines, simplified_lines
from patients.iaihg_simplified import meets
from trial.crf.panels import Panel
from trial.protocol.crf import Facts, Row
from trial.protocol.version import ProtocolVersion

TEMPLATE = "patients/_diagnosis_panel.html"


def diagnosis_panel(
    facts: Facts, participant: Any, protocol: ProtocolVersion, row: Row | None
) -> Panel | None:
    """Both scores of the form as stored; None while nothing is. One statement.

    The context has `scores` for callers that go on with the numbers.
    """
    if row is None or row.not_done:
        return None
    labs = screening_labs(participant, protocol)
    sex: Literal["F", "M"] | None = "F" if facts.person.sex == "F" else None
    if facts.person.sex == "M":
        sex = "M"
    scores = scores_of(row.values, sex, labs.facts, protocol.revised_score)
    minimum = protocol.eligibility.minimum_score
    return Panel(TEMPLATE, {
        "scores": scores,
        "minimum": minimum,
        "meets": meets(scores.simplified, minimum),
        "tables": _tables(scores, row, labs),
    })  # fmt: skip


def _tables(scores: Scores, row: Row, labs: ScreeningLabs) -> list[Any]:
    texts = {code: _text(source) for code, source in labs.sources.items()}
    after = scores.revised_after
    return [
        simplified_lines(scores.simplified, row.values, texts),
        revised_lines(scores.revised_before, row.values, texts, after=False),
        *([revised_lines(after, row.values, texts, after=True)] if after else []),
    ]


def _text(source: Source) -> str:
    words = {"times": source.times, "on": source.on.isoformat()}
    return _("%(times)s times the upper limit, %(on)s") % words
