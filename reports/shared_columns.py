"""Columns that many datasets have, and a short way to write one."""

from reports.columns import Column, Kind


def c(name: str, kind: Kind, text: str) -> Column:
    """A column that the view has."""
    return Column(name, kind, text)


SITE = c("site", "text", "Site, two digits. Read it as text: it may begin with 0.")
PARTICIPANT = c("participant", "text", "Participant code; nothing in it tells who it is.")
NUMBER = c("visit_number", "integer", "Counts unscheduled visits; 0 for planned ones.")
VISIT = (
    c("visit", "text", "Visit of the protocol: SCR, D0, W4 … W96, UNS (unscheduled)."),
    NUMBER,
)
CHANGED = c("changed_at", "timestamp", "When anything in this row last changed.")
