"""Each request of a signed-in user: from the client that signed in, and with nothing owed."""

from collections.abc import Callable

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from trial.access import factors
from trial.access.clients import address_of, agent_of
from trial.access.confirmation import SECOND_FACTOR
from trial.access.endings import ADDRESS, AGENT
from trial.access.models import User
from trial.audit import events
from trial.audit.context import Actor

Answer = Callable[[HttpRequest], HttpResponseBase]
ALWAYS = {"account_logout", "web:language", "web:theme", "web:alive", "web:healthz", "web:readyz"}
CHANGING = {"account_change_password", "account_reauthenticate"}
ENROLLING = {
    "account_reauthenticate",
    "account_change_password",
    "security:overview",
    "security:app-add",
    "security:key-add",
}


class ClientMiddleware:
    """A session is of the client that signed in (21 CFR 11.10(h), R-37).

    Another browser with the same cookie has to sign in itself; another address is written down,
    since people move between networks.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.session.get(AGENT) is not None and isinstance(request.user, User):
            self._compare(request, request.user)
        return self.get_response(request)

    def _compare(self, request: HttpRequest, user: User) -> None:
        address = address_of(request)
        if request.session[AGENT] != agent_of(request):
            _tell(events.Act.SESSION_CLIENT_CHANGED, user, request, address)
            request.session.flush()
            request.user = AnonymousUser()
        elif request.session.get(ADDRESS) != address:
            _tell(events.Act.SESSION_ADDRESS_CHANGED, user, request, address)
            request.session[ADDRESS] = address


class DutyMiddleware:
    """Who must change the password, or lacks the second factor that a role demands, can do
    nothing else first; who has one and did not give it signs in again. API tokens are another
    way in and are not held up."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: object
    ) -> HttpResponseBase | None:
        if not isinstance(request.user, User) or request.resolver_match is None:
            return None
        name = request.resolver_match.view_name
        if name in ALWAYS:
            return None
        if request.user.must_change_password:
            return None if name in CHANGING else _send(request, "account_change_password")
        if not _owes_factor(request, request.user):
            return None
        if factors.has_factor(request.user):
            return _sign_in_again(request, request.user)
        return None if name in ENROLLING else _send(request, "security:overview")


def _owes_factor(request: HttpRequest, user: User) -> bool:
    return factors.needs_factor(user) and not request.session.get(SECOND_FACTOR)


def _sign_in_again(request: HttpRequest, user: User) -> HttpResponseBase:
    """End a session that gave no factor though there is one: it was added elsewhere.

    Nothing is to be enrolled in it either, or the password alone would open the account.
    """
    details = {"user": user.username, "sessions": 1}
    events.record(
        events.Act.SESSION_ENDED,
        by=Actor.of(user),
        record=f"access_user:{user.pk}",
        details=details,
    )
    request.session.flush()
    request.user = AnonymousUser()
    return _send(request, "account_login")


def _send(request: HttpRequest, name: str) -> HttpResponseBase:
    """To the page where it can be put right; a program gets a refusal instead."""
    match = request.resolver_match
    if match is not None and "api" in match.namespaces and match.view_name != "api:docs":
        return JsonResponse(
            {"detail": _("Sign in on the pages first: your account needs you.")}, status=403
        )
    return HttpResponseRedirect(reverse(name))


def _tell(act: events.Act, user: User, request: HttpRequest, address: str) -> None:
    details = {"user": user.username, "address": address, "before": request.session.get(ADDRESS)}
    if act == events.Act.SESSION_CLIENT_CHANGED:
        details["agent"] = agent_of(request)
    events.record(act, by=Actor.of(user), record=f"access_user:{user.pk}", details=details)
