"""Celery's door to the labs services: ids in, one call each."""

from celery import Task, shared_task

from labs.services import evaluation, imports
from labs.services.hints import EVALUATE, IMPORT

IMPORT_SECONDS = 3_600  # a file of a million rows; one that takes longer is begun again


@shared_task(name=EVALUATE, bind=True)
def evaluate(self: Task, participant_id: int, *_later: object) -> None:
    """Evaluate a participant's labs, if a version of them still waits."""
    evaluation.evaluate(participant_id=participant_id, process="worker", task_id=self.request.id)


@shared_task(name=IMPORT, bind=True, time_limit=IMPORT_SECONDS, soft_time_limit=IMPORT_SECONDS - 60)
def import_file(self: Task, batch_id: int, *_later: object) -> None:
    """Check or import a file, if it still waits and nobody is at it."""
    imports.work(batch_id=batch_id, process="worker", task_id=self.request.id)
