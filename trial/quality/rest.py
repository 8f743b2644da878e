"""REST framework's exception handler: the errors of services, and 423 for what is held."""

from typing import Any

from rest_framework.response import Response

from trial.access.rest import handle as handle_refusals
from trial.quality.exceptions import Locked


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """As trial.access.rest.handle; Locked, also as the database raised it, answers 423."""
    locked = error if isinstance(error, Locked) else Locked.of(error)
    if locked is not None:
        body = {"errors": {"": [locked.sentence]}, "hold": locked.facts}
        return Response(body, status=locked.status)
    return handle_refusals(error, context)
