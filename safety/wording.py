"""States, clocks and decisions in words."""

from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from safety.cases import Stage
from safety.clocks import State
from safety.stopping import Trigger
from trial.protocol.truth import Truth

Text = str | Promise

STAGES = {
    Stage.DUE: _("report due"),
    Stage.SENT: _("receipt to be confirmed"),
    Stage.DONE: _("reported"),
    Stage.WITHDRAWN: _("not serious any more"),
}
STATES = {
    State.WAITING: _("waits"),
    State.RUNNING: _("running"),
    State.ESCALATED: _("raised"),
    State.OVERDUE: _("overdue"),
    State.SUBMITTED: _("sent"),
    State.ACKNOWLEDGED: _("receipt confirmed"),
}
TONES = {
    State.WAITING: "grey",
    State.RUNNING: "blue",
    State.ESCALATED: "amber",
    State.OVERDUE: "red",
    State.SUBMITTED: "blue",
    State.ACKNOWLEDGED: "green",
}
ICONS = {
    State.WAITING: "hourglass",
    State.RUNNING: "clock",
    State.ESCALATED: "alert-triangle",
    State.OVERDUE: "alert-circle",
    State.SUBMITTED: "circle",
    State.ACKNOWLEDGED: "circle-check",
}
STAGE_TONES = {
    Stage.DUE: "blue", Stage.SENT: "blue", Stage.DONE: "green", Stage.WITHDRAWN: "grey"
}  # fmt: skip
STAGE_ICONS = {
    Stage.DUE: "clock", Stage.SENT: "hourglass", Stage.DONE: "circle-check",
    Stage.WITHDRAWN: "circle-x",
}  # fmt: skip
# What a clock that can't run waits for, and what an open decision waits for.
MISSING = {
    "patient": _("the minimum criteria"),
    "reporter": _("the minimum criteria"),
    "product": _("the minimum criteria"),
    "event": _("the minimum criteria"),
    "investigator_aware_at": _("when the site became aware"),
    "sponsor_aware_at": _("the site's report"),
    "serious": _("whether the event is serious"),
    "related_investigator": _("the investigator's causality"),
    "related_sponsor": _("the sponsor's causality"),
    "expected": _("the expectedness"),
}
TRIGGERS = {
    Trigger.RELATED_DEATH: _("A death that may be related"),
    Trigger.RELATED_GRADE_4_OR_5: _("A related event of grade 4 or 5"),
    Trigger.RELATED_THROMBOEMBOLIC: _("Related thrombo-embolic events"),
    Trigger.CONTAMINATED_BAG: _("A contaminated bag was infused"),
    Trigger.RELATED_SEPSIS: _("A related sepsis"),
    Trigger.HALTED_INFUSIONS: _("Infusions stopped early among the first participants"),
}


def yes_no_open(answer: Truth) -> Text:
    """Yes, no, or not decided yet."""
    if answer is None:
        return pgettext_lazy("decision", "open")
    return _("yes") if answer else _("no")


def is_overdue(due_at: datetime | None, now: datetime) -> bool:
    """Whether a limit has passed."""
    return due_at is not None and due_at <= now


def stage_name(stage: str, due_at: datetime | None, now: datetime) -> Text:
    """A case's state in a list."""
    return STATES[State.OVERDUE] if is_overdue(due_at, now) else STAGES[Stage(stage)]


def tone_of(stage: str, due_at: datetime | None, now: datetime) -> str:
    """The look of a case's state."""
    return "red" if is_overdue(due_at, now) else STAGE_TONES[Stage(stage)]


def icon_of(stage: str, due_at: datetime | None, now: datetime) -> str:
    """The shape that goes with it."""
    return "alert-circle" if is_overdue(due_at, now) else STAGE_ICONS[Stage(stage)]


def span_text(left: timedelta) -> str:
    """A time to a limit, or past it, in the two units that matter: "3 h 20 min", "5 days"."""
    minutes = int(abs(left).total_seconds() // 60)
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    if days >= 3:
        return ngettext("%(count)s day", "%(count)s days", days) % {"count": days}
    hours += 24 * days
    return gettext("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes}
