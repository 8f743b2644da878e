"""Computing and storing what a participant's labs mean; the same for worker and sweeper.

A run belongs to one version of the inputs. Only results that differ from the current ones are
stored; the ones they replace stay, marked with the run that replaced them.
"""

import logging
from collections.abc import Iterable, Sequence
from typing import Any

from django.utils import timezone

from labs.assessment import Assessment
from labs.evaluate import ALGORITHM, Evaluation
from labs.evaluate import evaluate as evaluate_series
from labs.meld import Score
from labs.models import EvaluationRun, MeldScore, Panel, ResponseAssessment, Series
from labs.selectors import pending, protocol_of, series_of
from patients.models import Participant
from trial.access.roles import Role
from trial.audit.context import Actor, transaction
from trial.inbox.services import raise_item
from trial.protocol.version import ProtocolVersion

logger = logging.getLogger(__name__)
RELAPSE = "RELAPSE"
WATCHED_SECONDS = 300  # ten rounds of the sweeper


def evaluate(*, participant_id: int, process: str, task_id: str = "") -> EvaluationRun | None:
    """Evaluate a participant if the newest version of the labs waits. Returns the run, if any.

    Runs for one participant follow each other; a second one for the same version does nothing.
    """
    by = Actor.system("evaluation", request_id=task_id)
    with transaction(by=by):
        series = (
            pending()
            .select_for_update(of=("self",))
            .select_related("participant__site")
            .filter(participant=participant_id)
            .first()
        )
        return None if series is None else _run(series, process, by)


def evaluate_pending(*, process: str, limit: int = 200) -> int:
    """Work off what waits, up to `limit` participants. Returns how many were evaluated.

    One participant whose evaluation raises does not stop the others (F-072).
    """
    waiting = pending().order_by("changed_at").values_list("participant_id", flat=True)[:limit]
    done = 0
    for participant_id in list(waiting):
        try:
            done += evaluate(participant_id=participant_id, process=process) is not None
        except Exception:
            logger.exception("evaluation of participant %s failed", participant_id)
    return done


def _run(series: Series, process: str, by: Actor) -> EvaluationRun:
    participant = series.participant
    course = series_of(participant)
    protocol = protocol_of(participant, course.samples)
    evaluation = evaluate_series(course, protocol.endpoints)
    run = EvaluationRun.objects.create(
        series=series,
        series_version=series.version,
        participant_version=participant.version,
        algorithm=ALGORITHM,
        protocol_version=protocol.number,
        process=process,
    )
    _store_scores(run, participant, evaluation, protocol)
    _store_assessments(run, participant, evaluation, protocol, by)
    return run


def _store_scores(
    run: EvaluationRun, participant: Participant, evaluation: Evaluation, protocol: ProtocolVersion
) -> None:
    versions = dict(
        Panel.objects.filter(visit__participant=participant).values_list("id", "version")
    )
    current = {
        (row.panel_id, row.formula): row
        for row in MeldScore.objects.current().filter(panel__visit__participant=participant)
    }
    computed = {
        (panel_id, score.formula): _score_row(run, panel_id, versions[panel_id], score, protocol)
        for panel_id, score in evaluation.scores
    }
    fields = ("value", "uncapped", "raw", "missing", "inputs", "formula_version", "panel_version")
    _replace(MeldScore, run, current, computed, fields)


def _score_row(
    run: EvaluationRun, panel_id: int, version: int, score: Score, protocol: ProtocolVersion
) -> MeldScore:
    return MeldScore(
        run=run,
        panel_id=panel_id,
        panel_version=version,
        formula=score.formula,
        formula_version=score.version,
        protocol_version=protocol.number,
        value=score.value,
        uncapped=score.uncapped,
        raw=None if score.raw is None else round(score.raw, 6),
        missing=list(score.missing),
        inputs=dict(score.inputs),
    )


def _store_assessments(
    run: EvaluationRun,
    participant: Participant,
    evaluation: Evaluation,
    protocol: ProtocolVersion,
    by: Actor,
) -> None:
    current = {row.rule: row for row in participant.assessments.filter(replaced_by=None)}
    computed = {
        item.rule: _assessment_row(run, participant, item, protocol)
        for item in evaluation.assessments
    }
    fields = (
        "outcome", "panel_id", "occurred_on", "week", "visit_code", "reason_code",
        "reason_params", "inputs", "evaluable_until", "rule_version",
    )  # fmt: skip
    new = _replace(ResponseAssessment, run, current, computed, fields)
    endpoint = protocol.endpoints.relapse_endpoint
    for row in new:
        before = current.get(row.rule)
        known = before is not None and (before.outcome, before.occurred_on) == (
            RELAPSE,
            row.occurred_on,
        )
        if row.rule == endpoint and row.outcome == RELAPSE and not known:
            _tell_investigators(participant, row, by)


def _assessment_row(
    run: EvaluationRun, participant: Participant, item: Assessment, protocol: ProtocolVersion
) -> ResponseAssessment:
    return ResponseAssessment(
        run=run,
        participant=participant,
        rule=item.rule,
        rule_version=item.rule_version,
        protocol_version=protocol.number,
        outcome=item.outcome,
        panel_id=item.at_panel_id,
        occurred_on=item.on,
        week=item.week,
        visit_code=item.visit_code,
        reason_code=item.reason_code,
        reason_params=dict(item.reason_params),
        inputs=[list(source) for source in item.inputs],
        evaluable_until=item.evaluable_until,
    )


def _replace(
    model: Any,
    run: EvaluationRun,
    current: dict[Any, Any],
    computed: dict[Any, Any],
    fields: Sequence[str],
) -> list[Any]:
    """Store the computed rows that differ from the current ones, and retire those."""
    new = {
        key: row
        for key, row in computed.items()
        if key not in current or _values(current[key], fields) != _values(row, fields)
    }
    retired = [row.pk for key, row in current.items() if key in new or key not in computed]
    if retired:
        model.objects.filter(pk__in=retired).update(replaced_by=run)
    model.objects.bulk_create(new.values())
    return list(new.values())


def _values(row: Any, fields: Iterable[str]) -> list[Any]:
    return [getattr(row, name) for name in fields]


def _tell_investigators(participant: Participant, row: ResponseAssessment, by: Actor) -> None:
    raise_item(
        kind="relapse",
        cause=f"relapse:{participant.pk}:{row.rule}:{row.occurred_on}",
        site=participant.site,
        role=Role.INVESTIGATOR,
        participant_id=participant.pk,
        participant_code=participant.code,
        params={"reason_code": row.reason_code, "reason_params": row.reason_params,
                "occurred_on": str(row.occurred_on), "visit": row.visit_code},
        by=by,
    )  # fmt: skip


def waiting_too_long() -> str:
    """What /readyz says when an evaluation waits much longer than the sweeper's round; else ""."""
    seconds = oldest_pending_seconds()
    return f"the oldest waits {seconds:.0f} s" if seconds > WATCHED_SECONDS else ""


def oldest_pending_seconds() -> float:
    """How long the oldest waiting evaluation has been waiting; 0 if none waits."""
    oldest = pending().order_by("changed_at").values_list("changed_at", flat=True).first()
    return 0.0 if oldest is None else (timezone.now() - oldest).total_seconds()
