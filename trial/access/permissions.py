"""REST permissions: each endpoint names the right each method needs, or is closed."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from trial.access import policy
from trial.access.models import ApiToken, TokenScope
from trial.access.roles import Permission

if TYPE_CHECKING:  # REST framework's views import this module
    from rest_framework.views import APIView


def only_reads(request: Request) -> bool:
    """Whether the request comes with a token that is good for reading alone (F-118)."""
    return isinstance(request.auth, ApiToken) and request.auth.scope != TokenScope.WRITE


class HasPermission(BasePermission):
    """`view.permissions` maps a method to a Permission; a method not named there is refused."""

    message: str = ""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if not request.user or not request.user.is_authenticated:
            return False
        table: dict[str, Permission] = getattr(view, "permissions", {})
        method = "GET" if request.method in ("HEAD", "OPTIONS") else str(request.method)
        permission = table.get(method)
        if permission is None:
            return request.method not in view.allowed_methods  # DRF answers 405
        if only_reads(request) and method != "GET":
            self.message = str(_("This token is only for reading."))
            return False
        decision = policy.can(request.user, permission)
        if isinstance(decision, policy.Denied):
            self.message = str(decision.reason)
        return bool(decision)
