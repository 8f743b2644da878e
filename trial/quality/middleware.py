"""A page that was to change something held: 423, with who holds it since when and why."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from trial.quality.exceptions import Locked


class HoldMiddleware:
    """Turns Locked, also as the database raised it, into its own page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        locked = error if isinstance(error, Locked) else Locked.of(error)
        if locked is None:
            return None
        context = {"hold": locked.hold, "exception": locked.sentence}
        return render(request, "423.html", context, status=locked.status)
