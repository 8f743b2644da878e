"""Clinical pages leave no copy in caches; without its guards the record takes no requests."""

import logging
import time
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from trial.access.clients import address_of
from trial.access.models import User
from trial.audit import guard
from trial.audit.readings import note

logger = logging.getLogger(__name__)
ALWAYS = ("/healthz", "/readyz")
CLINICAL = {
    "patients",
    "visits",
    "labs",
    "bags",
    "reports",
    "api",
    "randomization",
    "unblinding",
    "reading",
    "histology",
}
# Asked again and again by an open page, or without any participant.
NOT_READINGS = {
    "labs:status", "labs:import-progress", "labs:ranges", "reports:roles", "api:schema", "api:docs",
    "bags:scan", "bags:receive",
}  # fmt: skip
# A form that is refused comes back with all that its page shows.
SHOWN = {"GET": (200,), "POST": (409, 422)}
FILTERS = ("participant", "site", "code", "as_of", "snapshot", "format")


class NoStoreMiddleware:
    """Sends `Cache-Control: no-store` unless the view has said something else.

    Static files never come here: whitenoise answers them earlier.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        return response


class GuardMiddleware:
    """Answers 503 while a trigger or function that keeps the trail is not in place (R-06).

    Asked with a process's first request and then once in GUARD_SECONDS; 0 asks never.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self._good_until = 0.0

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path not in ALWAYS and not self._in_place():
            return HttpResponse(
                "The audit trail's guards are not in place: service is refused until they are.",
                content_type="text/plain",
                status=503,
                headers={"Retry-After": "60"},
            )
        return self.get_response(request)

    def _in_place(self) -> bool:
        now = time.monotonic()
        if not settings.GUARD_SECONDS or now < self._good_until:
            return True
        try:
            problem = guard.problem()
        except DatabaseError:
            return True  # the page itself will say that the database does not answer
        if problem:
            logger.critical("service is refused: %s", problem)
            return False
        self._good_until = now + settings.GUARD_SECONDS
        return True


class ReadingMiddleware:
    """Notes who was shown clinical data (R-54); a page that could not be noted is not shown."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code in SHOWN.get(request.method or "", ()):
            self._note(request)
        return response

    @staticmethod
    def _note(request: HttpRequest) -> None:
        match, user = request.resolver_match, request.user
        if match is None or not isinstance(user, User) or match.namespace not in CLINICAL:
            return
        if match.view_name in NOT_READINGS:
            return
        given = {name: request.GET[name] for name in FILTERS if request.GET.get(name)}
        given |= {name: str(value) for name, value in match.kwargs.items()}
        note(
            user_id=user.pk,
            username=user.username,
            view=match.view_name,
            # JSON in the database holds no NUL; whoever sends one is told so by the page.
            record={name: value[:60].replace("\x00", "") for name, value in given.items()},
            address=address_of(request),
            request_id=getattr(request, "request_id", ""),
        )
