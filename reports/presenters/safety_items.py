"""Inbox items about safety cases in words."""

from datetime import datetime

from django.utils.translation import gettext as _

from safety.cases import Kind
from safety.models import PARTY_NAMES, REPORT_NAMES
from safety.services.cases import CASE_ITEM, CLOCK_ITEM, WITHDRAWN_ITEM
from trial.inbox.models import Item
from trial.protocol.safety import Party, Report
from trial.web.formats import clock

SAFETY_ITEMS = (CASE_ITEM, CLOCK_ITEM, WITHDRAWN_ITEM)


def safety_reason(item: Item) -> str:
    """What an item about a case says: which line, which report, until when. No arm."""
    line = {"number": item.params["number"]}
    if item.kind == CLOCK_ITEM:
        return _clock(item)
    if item.kind == WITHDRAWN_ITEM:
        return _(
            "Line %(number)s is not serious any more, or was struck; it was reported already."
        ) % line  # fmt: skip
    if item.params["case_kind"] == Kind.PREGNANCY:
        return _("Pregnancy, line %(number)s: to be reported within 24 hours.") % line
    return _("Adverse event, line %(number)s, is serious: to be reported within 24 hours.") % line


def _clock(item: Item) -> str:
    said = item.params
    words = {
        "report": REPORT_NAMES[Report(said["report"])],
        "recipient": PARTY_NAMES[Party(said["recipient"])],
        "at": clock(datetime.fromisoformat(said["due_at"]), item.site.timezone),
    }
    if said["overdue"]:
        return _("%(report)s, to the %(recipient)s: overdue since %(at)s.") % words
    return _("%(report)s, to the %(recipient)s: due %(at)s.") % words
