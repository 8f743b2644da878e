"""Sessions in PostgreSQL that end: after a while without use, after a working day at the latest,
and whenever an administrator or their owner says so.

The time of last use is written down at most once a minute, not with every request: a second
transaction beside each save, waiting for the disk like the first, would buy nothing.
"""

import time
from datetime import timedelta
from typing import Any, cast

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.utils import timezone

from trial.access.credentials import Session

SLACK = timedelta(minutes=1)
STARTED = "started"  # when the user came in, in seconds; what is kept for a user always says so


class SessionStore(db.SessionStore):
    """A session lives SESSION_COOKIE_AGE after its last request, and up to SLACK longer; never
    longer than SESSION_ABSOLUTE_SECONDS after its user signed in (R-39)."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def get_session_cookie_age(self) -> int:
        """Seconds that are written down: nobody is signed out before the time they were told."""
        return super().get_session_cookie_age() + int(SLACK.total_seconds())

    def load(self) -> dict[str, Any]:
        """The session's data; it counts as modified, so is saved, if its time is out of date."""
        now = timezone.now()
        row = Session.objects.filter(session_key=self.session_key, expire_date__gt=now).first()
        data = self.decode(row.session_data) if row else {}
        if row is None or is_worn_out(data):
            self._session_key = None
            return {}
        if row.expire_date - now < timedelta(seconds=super().get_session_cookie_age()):
            self.modified = True
        return dict(data)

    def encode(self, session_dict: dict[str, Any]) -> str:
        if SESSION_KEY in session_dict:
            session_dict.setdefault(STARTED, int(time.time()))
        return super().encode(session_dict)

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """The row to be written, with whose session it is."""
        row = cast(Session, super().create_model_instance(data))  # of get_model_class
        owner = data.get(SESSION_KEY)
        row.user_id = int(owner) if owner else None
        return row


def is_worn_out(data: dict[str, Any]) -> bool:
    """Whether the user of this session signed in too long ago."""
    if SESSION_KEY not in data:
        return False
    age = time.time() - float(data.get(STARTED, 0))
    return age >= int(settings.SESSION_ABSOLUTE_SECONDS)
