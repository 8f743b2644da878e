"""Sessions in PostgreSQL that end when nobody has used them for a while.

The time of last use is written down at most once a minute, not with every request: a second
transaction beside each save, waiting for the disk like the first, would buy nothing.
"""

from datetime import timedelta
from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

SLACK = timedelta(minutes=1)


class SessionStore(db.SessionStore):
    """A session lives SESSION_COOKIE_AGE after its last request, and up to SLACK longer."""

    def get_session_cookie_age(self) -> int:
        """Seconds that are written down: nobody is signed out before the time they were told."""
        return super().get_session_cookie_age() + int(SLACK.total_seconds())

    def load(self) -> dict[str, Any]:
        """The session's data; it counts as modified, so is saved, if its time is out of date."""
        now = timezone.now()
        row = Session.objects.filter(session_key=self.session_key, expire_date__gt=now).first()
        if row is None:
            return dict(super().load())  # forgets the key
        if row.expire_date - now < timedelta(seconds=super().get_session_cookie_age()):
            self.modified = True
        return dict(self.decode(row.session_data))
