"""Checks over everything, where nobody saves a form: in each round of the sweeper, or by hand."""

import logging

from django.db import InterfaceError, OperationalError

from patients.models import Participant
from trial.audit.context import Actor
from trial.crf import rechecking
from trial.crf.owner import Owner
from trial.crf.services import recheck
from trial.sweeping import Budget

logger = logging.getLogger(__name__)
AT_ONCE = 200  # participants found by one statement


def recheck_waiting(budget: Budget) -> int:
    """Check anew whose mark is another one, for as long as the budget lasts. Returns how many.

    One that fails is logged and waits for the next round; the others are done all the same.
    """
    done = 0
    for one in rechecking.waiting(AT_ONCE):
        if budget.spent:
            break
        participant = Participant.objects.select_related("site").get(pk=one.participant_id)
        try:
            done += recheck(owner=Owner(participant), mark=one.mark, by=Actor.system("checks"))
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("the checks of %s failed", participant.code)
    return done
