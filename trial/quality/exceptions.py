"""The answer to a write on something that is held: 423, and who holds it since when and why."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import DatabaseError
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from trial.protocol.casebook.forms import BY_CODE
from trial.quality.models import Hold, Kind, Scope
from trial.quality.operations import LOCKED


class Locked(Exception):  # noqa: N818 - it is an answer more than an error
    """What was to be changed is frozen or locked. Not a Refused: no field of a form is wrong, and
    both doors have an answer of their own for it."""

    status = 423

    def __init__(self, hold: Hold) -> None:
        self.hold = hold
        super().__init__(str(hold))

    @property
    def sentence(self) -> str:
        """Who, since when and why, in the reader's language."""
        words = {
            "what": held_text(self.hold),
            "at": self.hold.placed_at.strftime("%Y-%m-%d %H:%M UTC"),
            "who": self.hold.placed_by,
            "why": self.hold.reason,
        }
        if self.hold.kind == Kind.LOCK:
            return _("%(what)s is locked since %(at)s by %(who)s: %(why)s") % words
        return _("%(what)s is frozen since %(at)s by %(who)s: %(why)s") % words

    @property
    def facts(self) -> Mapping[str, str]:
        """The hold as REST tells it."""
        return {
            "kind": self.hold.kind,
            "scope": self.hold.scope,
            "participant": self.hold.participant_code,
            "visit": self.hold.visit_label,
            "form": self.hold.form,
            "placed_at": self.hold.placed_at.isoformat(),
            "placed_by": self.hold.placed_by,
            "reason": self.hold.reason,
        }

    @classmethod
    def of(cls, error: BaseException) -> "Locked | None":
        """What the database raised, if it was its guard over held rows; else None."""
        cause = error.__cause__ if isinstance(error, DatabaseError) else None
        if cause is None or getattr(cause, "pgcode", None) != LOCKED:
            return None
        return cls(_hold(json.loads(getattr(cause, "diag").message_detail)))  # noqa: B009


def _hold(row: Mapping[str, Any]) -> Hold:
    names = ("id", "kind", "scope", "site_id", "participant_id", "participant_code", "visit_id",
             "visit_label", "form", "reason", "placed_by")  # fmt: skip
    placed_at = datetime.fromisoformat(row["placed_at"])
    return Hold(**{name: row[name] for name in names}, placed_at=placed_at)


def held_text(hold: Hold) -> str:
    """What a hold is over, in words: "Participant 01-0016", "W36 of 01-0016"."""
    match hold.scope:
        case Scope.STUDY:
            return _("The whole study")
        case Scope.SITE:
            return _("Site %(code)s") % {"code": hold.site.code if hold.site else ""}
        case Scope.PARTICIPANT:
            return _("Participant %(code)s") % {"code": hold.participant_code}
        case Scope.VISIT:
            return _("%(visit)s of %(code)s") % {
                "visit": hold.visit_label, "code": hold.participant_code
            }  # fmt: skip
        case _:
            return _form_text(hold)


def _form_text(hold: Hold) -> str:
    """A form by its name where it is a described one: "Vital signs, W12 of 01-0016"."""
    form = BY_CODE.get(hold.form)
    if form is None:
        return _("A form of %(code)s") % {"code": hold.participant_code}
    name = form.label.text(get_language() or "en")
    said = f"{name}, {hold.visit_label}" if hold.visit_label else name
    return _("%(form)s of %(code)s") % {"form": said, "code": hold.participant_code}
