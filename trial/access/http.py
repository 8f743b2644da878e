"""Requests of signed-in users, and the door every view stands behind."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django_htmx.middleware import HtmxDetails

from trial.access import policy
from trial.access.duties import DUTY_OF
from trial.access.exceptions import Refused
from trial.access.models import Site, User
from trial.access.roles import Permission
from trial.access.selectors import require_duty
from trial.audit.context import Actor

Rest = ParamSpec("Rest")


class AuthenticatedHttpRequest(HttpRequest):
    """A request whose user has signed in."""

    user: User
    htmx: HtmxDetails


View = Callable[Concatenate[AuthenticatedHttpRequest, Rest], HttpResponseBase]


def require(
    permission: Permission, site: Site | int | None = None
) -> Callable[[View[Rest]], View[Rest]]:
    """Refuse (403, with the reason) a user who holds `permission` nowhere.

    Which records may be seen is the queryset's affair: another site's record is not there.
    """

    def decorate(view: View[Rest]) -> View[Rest]:
        @wraps(view)
        def guarded(
            request: AuthenticatedHttpRequest, /, *args: Rest.args, **kwargs: Rest.kwargs
        ) -> HttpResponseBase:
            demand(request.user, permission, site)
            return view(request, *args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]  # read by the role matrix
        return guarded

    return decorate


def demand(user: policy.AnyUser, permission: Permission, site: Site | int | None = None) -> None:
    """Raise PermissionDenied, with the reason, unless `user` holds `permission` at `site`."""
    decision = policy.can(user, permission, site)
    if isinstance(decision, policy.Denied):
        raise PermissionDenied(decision.reason)


def actor(request: HttpRequest, permission: Permission, site: Site | int | None = None) -> Actor:
    """The request's user as the trail names them: with role, site and request id.

    Raises PermissionDenied if the user does not hold `permission` at `site`, or, where the
    delegation log decides (DELEGATION_REQUIRED), not the duty that it is used for.
    """
    user = request.user
    decision = policy.can(user, permission, site)
    if not isinstance(decision, policy.Allowed) or not isinstance(user, User):
        raise PermissionDenied(getattr(decision, "reason", ""))
    if isinstance(site, int):
        site = Site.objects.get(pk=site)  # the trail has its code, and its delegation log counts
    code = site.code if site else ""
    if settings.DELEGATION_REQUIRED and site:
        _demand_duty(user, permission, site)
    request_id = request.headers.get("x-request-id", "")[:64] or getattr(request, "request_id", "")
    return Actor.of(user, role=decision.role.value, site=code, request_id=request_id)


def _demand_duty(user: User, permission: Permission, site: Site) -> None:
    duty = DUTY_OF.get(permission)
    if duty is None:
        return
    try:
        require_duty(user, site, duty, site.today())
    except Refused as refused:
        raise PermissionDenied(refused.errors[""][0]) from refused
