"""What the laboratory adds to the diagnosis scores: results of screening as multiples of the
upper limit (clinical rules §4.1, §4.2)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Context, Decimal, localcontext
from typing import cast

from labs.models import Result, SampleState
from labs.reading import times_text
from patients.diagnosis_scores import LabFacts
from patients.iaihg_revised import enzyme_ratio
from patients.models import Participant
from patients.points import Measured
from trial.protocol.numbers import Comparator
from trial.protocol.version import ProtocolVersion

_TRANSAMINASES = ("AST", "ALT")
_ANALYTES = ("IGG", "GLOBG", "ALP", *_TRANSAMINASES)
_KINDS = ("screening", "unscheduled")


@dataclass(frozen=True, slots=True)
class Source:
    """One result as the panel names it: "1.2" times the upper limit, on which day."""

    analyte: str
    times: str
    on: date


@dataclass(frozen=True, slots=True)
class ScreeningLabs:
    """`facts` for the scores, with the results they come from by analyte."""

    facts: LabFacts = field(default_factory=LabFacts)
    sources: Mapping[str, Source] = field(default_factory=dict)


def screening_labs(participant: Participant, protocol: ProtocolVersion) -> ScreeningLabs:
    """The newest usable results of screening, until enrolment. One statement.

    Visits for infusion and follow-up don't count: what is measured under treatment says nothing
    of the diagnosis.
    """
    codes = [visit.code for visit in protocol.visits if visit.kind in _KINDS]
    rows = Result.objects.filter(
        panel__visit__participant=participant,
        panel__visit__code__in=codes,
        panel__sample_state=SampleState.GOOD,
        analyte__in=_ANALYTES,
        canonical__isnull=False,
        range_high__gt=0,
    )
    if participant.enrolled_on is not None:
        rows = rows.filter(panel__collected_on__lte=participant.enrolled_on)
    found = list(
        rows.select_related("panel").order_by("-panel__collected_on", "-panel_id", "analyte")
    )
    newest: dict[str, Result] = {}
    for row in found:
        newest.setdefault(row.analyte, row)
    pair = _enzymes(found)
    sources = {row.analyte: row for row in (newest.get("IGG"), newest.get("GLOBG"), *pair) if row}
    return ScreeningLabs(
        LabFacts(_multiple(newest.get("IGG")), _multiple(newest.get("GLOBG")), _ratio(pair)),
        {code: _source(row) for code, row in sources.items()},
    )


def _multiple(row: Result | None) -> Measured | None:
    if row is None or row.canonical is None or row.range_high is None or row.canonical < 0:
        return None
    with localcontext(Context(prec=28)):
        return Measured(row.canonical / row.range_high, cast(Comparator, row.comparator))


def _enzymes(rows: Iterable[Result]) -> tuple[Result, ...]:
    """ALP and AST, else ALT, of the newest sample that has both; () where none has."""
    by_panel: dict[int, dict[str, Result]] = {}
    for row in rows:
        by_panel.setdefault(row.panel_id, {})[row.analyte] = row
    for panel in by_panel.values():
        for transaminase in _TRANSAMINASES:
            if "ALP" in panel and transaminase in panel:
                return panel["ALP"], panel[transaminase]
    return ()


def _ratio(pair: tuple[Result, ...]) -> Measured | None:
    """The ratio of exact results; a censored one leaves it unknown."""
    if not pair or any(row.comparator for row in pair):
        return None
    numbers = [number for row in pair for number in (row.canonical, row.range_high)]
    alp, alp_upper, other, other_upper = (number or Decimal(0) for number in numbers)
    return enzyme_ratio(alp, alp_upper, other, other_upper) if alp >= 0 and other > 0 else None


def _source(row: Result) -> Source:
    times = times_text(row.comparator, row.canonical, row.range_high)
    return Source(row.analyte, times, row.panel.collected_on)
