"""Accounts, roles, duties and trainings in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from reports.people_forms import AccountFilter
from reports.selectors import people
from trial.access.endings import open_sessions
from trial.access.factors import factors_of, label_of
from trial.access.models import Delegation, Duty, Kind, Membership, Training, User
from trial.access.policy import can
from trial.access.roles import ROLES, Permission, Role
from trial.access.selectors import current_version, tokens_of
from trial.audit.models import Event
from trial.web.parts import Entry

Text = str | Promise
PAGE = 50
# (icon, tone, words) of what the trail keeps about an account.
_ACTS: Mapping[str, tuple[str, str, Text]] = {
    "insert": ("user-plus", "grey", gettext_lazy("Account made")),
    "update": ("pencil", "blue", gettext_lazy("Account changed")),
    "act:user_deactivated": ("user-off", "red", gettext_lazy("Account deactivated")),
    "act:user_reactivated": ("user-check", "green", gettext_lazy("Account activated again")),
    "act:signed_in": ("login", "green", pgettext_lazy("act", "Signed in")),
    "act:signed_out": ("logout", "grey", gettext_lazy("Signed out")),
    "act:sign_in_failed": ("alert-triangle", "amber", gettext_lazy("Failed to sign in")),
}
_FIELDS: Mapping[str, Text] = {
    "full_name": gettext_lazy("full name"),
    "email": gettext_lazy("e-mail"),
    "language": gettext_lazy("language"),
    "is_active": gettext_lazy("active"),
}


@dataclass(frozen=True, slots=True)
class Held:
    """A role that somebody holds or held."""

    row: Membership
    role: Text
    blinded: bool
    approved_by: str


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A training or agreement, and whether its present version is confirmed."""

    kind: Kind
    version: str
    row: Training | None

    @property
    def name(self) -> Text:
        """What it is, in words."""
        return self.kind.label


@dataclass(frozen=True, slots=True)
class LogEntry:
    """An entry of the delegation log with its duties in words."""

    row: Delegation
    duties: list[str]
    state: Text
    look: str


def held(row: Membership) -> Held:
    """A membership in words."""
    definition = ROLES[Role(row.role)]
    grant = getattr(row, "grant", None)
    return Held(row, definition.name, definition.blinded, grant.approved_by or "" if grant else "")


def confirmations(user: User) -> list[Confirmation]:
    """Each training and the agreement in its present version; one statement."""
    rows = {(row.kind, row.version): row for row in Training.objects.filter(user=user)}
    found = [(kind, current_version(kind)) for kind in Kind]
    return [Confirmation(kind, version, rows.get((kind.value, version))) for kind, version in found]


def log_entry(row: Delegation, today: date) -> LogEntry:
    """An entry in words, with whether it holds today."""
    words = [str(Duty(one).label) for one in row.duties]
    if row.ended_at or (row.to_on and row.to_on < today):
        return LogEntry(row, words, gettext_lazy("has ended"), "missed")
    if row.from_on > today:
        return LogEntry(row, words, gettext_lazy("from a later day on"), "not-due")
    return LogEntry(row, words, gettext_lazy("holds"), "done")


def listing(query: Mapping[str, str], viewer: User) -> dict[str, Any]:
    """The page of all accounts, filtered."""
    form = AccountFilter(people.sites(), query)
    choice = form.choice()
    page = Paginator(people.chosen(choice), PAGE).get_page(query.get("page"))
    return {
        "form": form,
        "choice": choice,
        "active": sum(bool(value) for name, value in choice.items() if name != "name"),
        "page": page,
        "may_manage": bool(can(viewer, Permission.USER_MANAGE)),
    }


def account(user: User, viewer: User) -> dict[str, Any]:
    """Everything about one account."""
    entries = Delegation.objects.filter(user=user).select_related("site").order_by("-id")
    return {
        "account": user,
        "is_me": user.pk == viewer.pk,
        "may_manage": bool(can(viewer, Permission.USER_MANAGE)) and user.pk != viewer.pk,
        "facts": [
            (_("User name"), user.username),
            (_("E-mail"), user.email),
            (_("Language"), dict(settings.LANGUAGES).get(user.language, user.language)),
        ],
        "roles": [held(row) for row in people.roles_of(user)],
        "waiting": list(people.waiting_grants().filter(user=user)),
        "trainings": confirmations(user),
        "duties": [log_entry(row, row.site.today()) for row in entries],
        "tokens": list(tokens_of(user)[: people.LATEST]),
        "factors": [label_of(factor) for factor in factors_of(user)],
        "sessions": open_sessions(user),
        "sign_ins": [_entry(event, who=False) for event in people.sign_ins(user)],
        "events": [_entry(event) for event in people.account_events(user, _ACTS)],
    }


def _entry(event: Event, *, who: bool = True) -> Entry:
    icon, tone, title = _ACTS[event.kind]
    if event.fields and event.kind == "update":
        names = ", ".join(str(_FIELDS.get(name, name)) for name in event.fields)
        title = _("Changed: %(fields)s") % {"fields": names}
    address = (event.details or {}).get("address", "")
    body = event.reason or (_("from %(address)s") % {"address": address} if address else "")
    return Entry(event.at, title, event.actor if who else "", body, icon, tone)


def user_address(user_id: int) -> str:
    """The page of an account."""
    return reverse("people:user", args=[user_id])
