"""The session and the person in front of it: bound to a client, confirmed a short while ago."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from trial.access.clients import address_of, agent_of
from trial.access.endings import ADDRESS, AGENT
from trial.access.http import AuthenticatedHttpRequest

CONFIRMED = "confirmed_at"
SECOND_FACTOR = "second_factor"

Rest = ParamSpec("Rest")
View = Callable[Concatenate[AuthenticatedHttpRequest, Rest], HttpResponseBase]


def bind(request: HttpRequest) -> None:
    """A user has just signed in: this session is of this client, and of this minute (R-37)."""
    request.session[AGENT] = agent_of(request)
    request.session[ADDRESS] = address_of(request)
    request.session[CONFIRMED] = time.time()


def confirm(request: HttpRequest) -> None:
    """The person has proved again who they are: a new session key, and some minutes' trust."""
    request.session.cycle_key()
    request.session[CONFIRMED] = time.time()


def is_confirmed(request: HttpRequest) -> bool:
    """Whether the person has proved who they are within the last CONFIRMED_SECONDS."""
    age = time.time() - float(request.session.get(CONFIRMED, 0))
    return 0 <= age < settings.CONFIRMED_SECONDS


def confirmed(view: View[Rest]) -> View[Rest]:
    """Ask for the password once more before `view`, unless it was given a moment ago."""

    @wraps(view)
    def guarded(
        request: AuthenticatedHttpRequest, /, *args: Rest.args, **kwargs: Rest.kwargs
    ) -> HttpResponseBase:
        if is_confirmed(request):
            return view(request, *args, **kwargs)
        # What was posted is not kept: the page it was posted from is shown again.
        back = request.get_full_path() if request.method == "GET" else reverse("security:overview")
        query = urlencode({REDIRECT_FIELD_NAME: back})
        return HttpResponseRedirect(f"{reverse('account_reauthenticate')}?{query}")

    return guarded
