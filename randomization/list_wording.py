"""The words for lists: how they are made, where they stand, what is wrong with a file."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from randomization.listfile import MOST_SLOTS, Fault
from trial.web.status import Status

METHODS: Mapping[str, Promise] = {
    "blocks": gettext_lazy("Permuted blocks of varying size"),
    "file": gettext_lazy("List of the statistician"),
    "minimisation": gettext_lazy("Minimisation (Pocock and Simon)"),
}
STATES: Mapping[str, tuple[Status, Promise]] = {
    "draft": (Status.TO_DO, gettext_lazy("Draft")),
    "active": (Status.DONE, gettext_lazy("In force")),
    "closed": (Status.NOT_DUE, gettext_lazy("Closed")),
}
FACTORS: Mapping[str, Promise] = {
    "site": gettext_lazy("Site"),
    "group": gettext_lazy("Disease status"),
}
_FAULTS: Mapping[str, Promise] = {
    "encoding": gettext_lazy("The file is not plain text in UTF-8, or has quotation marks."),
    "bom": gettext_lazy("The file begins with a byte-order mark. Save it as UTF-8 without one."),
    "empty": gettext_lazy("The file has no slots."),
    "header": gettext_lazy("The first line has to be: stratum,number,arm"),
    "columns": gettext_lazy("A line has three columns, separated by commas."),
    "blanks": gettext_lazy("There are blanks around a code."),
    "stratum": gettext_lazy("The study has no stratum “%(given)s”."),
    "arm": gettext_lazy("The arm is none of the protocol's, letter by letter."),
    "number": gettext_lazy("“%(given)s” is not a number as lists write it: digits, no zero first."),
    "order": gettext_lazy(
        "“%(given)s” does not follow: the lines of a stratum stand together, their numbers run "
        "without a gap, and begin where the list in force ends."
    ),
    "line_ends": gettext_lazy("Some lines end in CRLF and some in LF."),
    "too_long": gettext_lazy("The file has more than %(most)s slots."),
}
_LONGEST = 60


def fault_text(fault: Fault) -> str:
    """What is wrong at a line of the file; no arm is in it."""
    given = "".join(letter if letter.isprintable() else "�" for letter in fault.given)
    return str(_FAULTS[fault.code]) % {"given": given[:_LONGEST], "most": MOST_SLOTS}


def line_text(fault: Fault) -> str:
    """Where that is."""
    return _("Line %(number)s") % {"number": fault.line} if fault.line else _("The file")
