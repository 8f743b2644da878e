"""Acts of the trail in words: one small function for each kind."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from trial.audit.events import Act
from trial.audit.models import Event

Details = Mapping[str, Any]


class UnknownAct(LookupError):  # noqa: N818 - what it says to the caller
    """An act that no function here puts in words."""


def act_of(event: Event) -> str:
    """What an act did, as a sentence without its subject. Raises UnknownAct."""
    kind = event.kind.removeprefix("act:")
    try:
        say = ACTS[Act(kind)]
    except (ValueError, KeyError):
        raise UnknownAct(event.kind) from None
    return say(event.details or {})


class _Unsaid(dict[str, Any]):
    """Details of no act in particular: an ellipsis wherever one is asked for."""

    def get(self, key: str, default: Any = None) -> Any:
        return "…"


def name_of(act: Act) -> str:
    """What a kind of act does, in words, whatever its details are."""
    return ACTS[act](_Unsaid())


def _plain(sentence: Callable[[], str]) -> Callable[[Details], str]:
    return lambda details: sentence()


def _user(sentence: Callable[[], str]) -> Callable[[Details], str]:
    """About another user, whom the details name."""
    return lambda details: sentence() % {"name": details.get("user", "")}


def _exported(details: Details) -> str:
    words = {"dataset": details.get("dataset", ""), "format": details.get("format", ""),
             "rows": details.get("rows", 0)}  # fmt: skip
    return _("exported %(dataset)s as %(format)s, %(rows)s rows") % words


def _printed(details: Details) -> str:
    return _("printed the casebook, %(pages)s pages") % {"pages": details.get("pages", 0)}


def _failed(details: Details) -> str:
    return _("failed to sign in as %(name)s") % {"name": details.get("username", "")}


def _token(details: Details) -> str:
    return _("made an API token for %(name)s") % {"name": details.get("user", "")}


def _query_assigned(details: Details) -> str:
    return _("assigned a query to %(name)s") % {"name": details.get("to", "")}


def _snapshot(details: Details) -> str:
    words = {"number": details.get("number", ""), "name": details.get("name", "")}
    return _("took snapshot %(number)s, %(name)s") % words


def _reviewed(details: Details) -> str:
    words = {"since": details.get("since", ""), "until": details.get("until", ""),
             "events": details.get("events", 0)}  # fmt: skip
    return _("reviewed %(events)s events of %(since)s to %(until)s") % words


def _randomised(details: Details) -> str:
    return _("randomised a participant as %(number)s") % {"number": details.get("number", "")}


def _list_committed(details: Details) -> str:
    mark = str(details.get("commitment", ""))[:12]
    return _("put a randomisation list in force, commitment %(mark)s…") % {"mark": mark}


def _guard(details: Details) -> str:
    what = "; ".join(str(one) for one in details.get("what", []))
    return _("removed a guard of the trail: %(what)s") % {"what": what}


ACTS: Mapping[Act, Callable[[Details], str]] = {
    Act.SIGNED_IN: _plain(lambda: _("signed in")),
    Act.SIGNED_OUT: _plain(lambda: _("signed out")),
    Act.SIGN_IN_FAILED: _failed,
    Act.TOKEN_ISSUED: _token,
    Act.TOKEN_REVOKED: _plain(lambda: _("revoked an API token")),
    Act.SIGN_IN_LOCKED: _plain(lambda: _("was locked out after failed sign-ins")),
    Act.SESSION_ENDED: _plain(lambda: _("ended a session")),
    Act.SESSION_CLIENT_CHANGED: _plain(lambda: _("went on with another browser")),
    Act.SESSION_ADDRESS_CHANGED: _plain(lambda: _("went on from another address")),
    Act.PASSWORD_CHANGED: _plain(lambda: _("changed a password")),
    Act.PASSWORD_EXPIRED: _plain(lambda: _("had to change an expired password")),
    Act.SETUP_LINK_ISSUED: _plain(lambda: _("issued a link to set up an account")),
    Act.SETUP_LINK_USED: _plain(lambda: _("set up an account")),
    Act.FACTOR_ADDED: _plain(lambda: _("added a second factor")),
    Act.FACTOR_RENAMED: _plain(lambda: _("renamed a second factor")),
    Act.FACTOR_REMOVED: _plain(lambda: _("removed a second factor")),
    Act.FACTORS_RESET: _user(lambda: _("reset the second factors of %(name)s")),
    Act.RECOVERY_CODES_MADE: _plain(lambda: _("made recovery codes")),
    Act.RECOVERY_CODES_SHOWN: _plain(lambda: _("looked at recovery codes")),
    Act.RECOVERY_CODE_USED: _plain(lambda: _("signed in with a recovery code")),
    Act.REAUTH_FAILED: _plain(lambda: _("failed to confirm who they are")),
    Act.REAUTH_LOCKED: _plain(lambda: _("was locked out while confirming who they are")),
    Act.USER_CREATED: _user(lambda: _("made the account %(name)s")),
    Act.USER_DEACTIVATED: _user(lambda: _("deactivated the account %(name)s")),
    Act.USER_REACTIVATED: _user(lambda: _("reactivated the account %(name)s")),
    Act.ROLE_REQUESTED: _user(lambda: _("asked for a role for %(name)s")),
    Act.ROLE_GRANTED: _user(lambda: _("gave %(name)s a role")),
    Act.ROLE_REFUSED: _user(lambda: _("refused %(name)s a role")),
    Act.ROLE_ENDED: _user(lambda: _("ended a role of %(name)s")),
    Act.TRAINING_CONFIRMED: _user(lambda: _("confirmed a training of %(name)s")),
    Act.DELEGATED: _user(lambda: _("delegated tasks to %(name)s")),
    Act.DELEGATION_ENDED: _user(lambda: _("ended a delegation to %(name)s")),
    Act.ACCESS_REVIEWED: _plain(lambda: _("reviewed who has access")),
    Act.VERIFICATION_PLANNED: _plain(lambda: _("planned the source-data verification")),
    Act.EXPORTED: _exported,
    Act.CASEBOOK_PRINTED: _printed,
    Act.IMPORTED: _plain(lambda: _("imported lab results")),
    Act.DRY_RUN: _plain(lambda: _("checked a file of lab results")),
    Act.QUERY_RAISED: _plain(lambda: _("raised a query")),
    Act.QUERY_ANSWERED: _plain(lambda: _("answered a query")),
    Act.QUERY_REOPENED: _plain(lambda: _("reopened a query")),
    Act.QUERY_CLOSED: _plain(lambda: _("closed a query")),
    Act.QUERY_ASSIGNED: _query_assigned,
    Act.VERIFIED: _plain(lambda: _("verified against the source")),
    Act.VERIFICATION_WITHDRAWN: _plain(lambda: _("withdrew a verification")),
    Act.SIGNED: _plain(lambda: _("signed")),
    Act.FROZEN: _plain(lambda: _("froze the data")),
    Act.UNFROZEN: _plain(lambda: _("unfroze the data")),
    Act.LOCKED: _plain(lambda: _("locked the data")),
    Act.UNLOCK_REQUESTED: _plain(lambda: _("asked for an unlock")),
    Act.UNLOCKED: _plain(lambda: _("unlocked the data")),
    Act.RANDOMISED: _randomised,
    Act.LIST_COMMITTED: _list_committed,
    Act.UNBLINDING_REQUESTED: _plain(lambda: _("asked for an unblinding")),
    Act.UNBLINDED: _plain(lambda: _("was shown an arm")),
    Act.UNBLINDING_RECORDED: _plain(lambda: _("recorded an inadvertent unblinding")),
    Act.UNBLINDING_APPROVED: _plain(lambda: _("agreed to the unblinding of the study")),
    Act.ANCHORED: _plain(lambda: _("made an anchor of the trail")),
    Act.TRAIL_REVIEWED: _reviewed,
    Act.REDACTION_REQUESTED: _plain(lambda: _("asked for a redaction")),
    Act.REDACTION_REFUSED: _plain(lambda: _("refused a redaction")),
    Act.REDACTED: _plain(lambda: _("redacted a text")),
    Act.SNAPSHOT_TAKEN: _snapshot,
    Act.GUARD_REMOVED: _guard,
}
