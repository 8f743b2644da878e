"""How REST shows the errors that services raise."""

from typing import Any

from rest_framework.response import Response
from rest_framework.views import exception_handler

from trial.access.exceptions import Conflict, Refused


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """REST framework's exception handler, which knows Refused as well."""
    if isinstance(error, Refused):
        body: dict[str, Any] = {"errors": {k: [str(m) for m in v] for k, v in error.errors.items()}}
        if isinstance(error, Conflict):
            body["difference"] = error.difference
        return Response(body, status=error.status)
    return exception_handler(error, context)
