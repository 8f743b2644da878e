"""The sweeper's part: reports that come near their limit are raised (clinical rules §10.2).

What waits is a query on SafetyCase.step_at, so nothing is lost while no sweeper runs, and a case
that another one is at is left to it.
"""

import logging

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from safety.models import SafetyCase
from safety.services.cases import settle
from trial.audit.context import Actor, transaction
from trial.sweeping import Budget, Unfinished

logger = logging.getLogger(__name__)
BY = Actor.system("safety-clocks")
BATCH = 200


def raise_due(budget: Budget) -> int:
    """Raise what has reached a step. Returns how many cases were worked out.

    A case that fails does not stop the others: Unfinished is raised after the last one.
    """
    done, failed = 0, 0
    waiting = SafetyCase.objects.filter(step_at__lte=timezone.now()).order_by("step_at", "pk")
    for pk in waiting.values_list("pk", flat=True)[:BATCH]:
        if budget.spent:
            break
        try:
            done += _settled(pk)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("the clocks of case %s could not be worked out", pk)
            failed += 1
    if failed:
        raise Unfinished(f"{failed} cases; the log says why")
    return done


def _settled(pk: int) -> bool:
    """Whether the case still waited and nobody else was at it."""
    now = timezone.now()
    with transaction(by=BY):
        rows = SafetyCase.objects.select_for_update(of=("self",), skip_locked=True)
        case = rows.filter(pk=pk, step_at__lte=now).first()
        if case is None:
            return False
        settle(case=case, by=BY, now=now)
        return True
