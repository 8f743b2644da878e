"""Celery's door to the labs services: ids in, one call each."""

from celery import Task, shared_task

from labs.services import evaluation
from labs.services.hints import EVALUATE


@shared_task(name=EVALUATE, bind=True)
def evaluate(self: Task, participant_id: int, *_later: object) -> None:
    """Evaluate a participant's labs, if a version of them still waits."""
    evaluation.evaluate(participant_id=participant_id, process="worker", task_id=self.request.id)
