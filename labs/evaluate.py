"""Everything computed from one participant's course: the scores and the rules, in one call.

Pure and deterministic: the same samples in any order, edited along any path, give the same
evaluation, because nothing but the final state is read (D3).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from labs.assessment import OUTCOMES, REASON_CODES, Assessment
from labs.meld import FORMULAS, MISSING_CODES, Score, inputs_from
from labs.relapse import assess_relapse
from labs.response import assess_response
from labs.series import ParticipantSeries, Sample, Sex
from labs.timeline import Timeline
from trial.protocol.endpoints import EndpointParameters

__all__ = [
    "ALGORITHM",
    "MISSING_CODES",
    "OUTCOMES",
    "REASON_CODES",
    "Assessment",
    "Evaluation",
    "Score",
    "evaluate",
    "preview",
    "scores_of",
]

# Raise it with any change that can change a result: every series is then pending again.
ALGORITHM = "2026.2"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The scores as (panel id, score) in order of the samples, and one assessment per rule."""

    scores: tuple[tuple[int, Score], ...]
    assessments: tuple[Assessment, ...]


def evaluate(series: ParticipantSeries, parameters: EndpointParameters) -> Evaluation:
    """All scores and assessments of a course; samples of equal dates go by panel id."""
    timeline = Timeline.of(series, parameters)
    return Evaluation(
        scores=_scores(timeline.samples, series.sex_for_meld, parameters),
        assessments=(*assess_response(timeline), *assess_relapse(timeline)),
    )


def preview(
    sample: Sample, series: ParticipantSeries, parameters: EndpointParameters
) -> Evaluation:
    """The evaluation as it would be with `sample` saved; the scores are those of `sample` only."""
    timeline = Timeline.of(series.with_sample(sample), parameters)
    return Evaluation(
        scores=_scores([sample], series.sex_for_meld, parameters),
        assessments=(*assess_response(timeline), *assess_relapse(timeline)),
    )


def scores_of(sample: Sample, sex: Sex | None, parameters: EndpointParameters) -> tuple[Score, ...]:
    """The MELD scores of one draw, in the order the parameters name them."""
    inputs, provenance = inputs_from(sample, sex, inr_from_time=parameters.meld_inr_from_pt)
    return tuple(FORMULAS[name](inputs, provenance) for name in parameters.meld_formulas)


def _scores(
    samples: Iterable[Sample], sex: Sex | None, parameters: EndpointParameters
) -> tuple[tuple[int, Score], ...]:
    return tuple(
        (sample.panel_id, score)
        for sample in samples
        for score in scores_of(sample, sex, parameters)
    )
