"""What views hand to the components: tabs, timeline entries."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab: a link; `count` (shown when not None) says how many wait behind it."""

    label: Text
    url: str
    active: bool = False
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One timeline entry. `tone` is grey, blue, amber, green or red."""

    at: datetime
    title: Text
    who: Text = ""
    body: Text = ""
    icon: str = "point"
    tone: str = "grey"
    zone: str = ""
