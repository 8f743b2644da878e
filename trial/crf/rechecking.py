"""Whose data have to be checked anew although nobody saved a form.

What checks find depends on more than the forms: on the protocol at the site and the code of the
checks, on visits, consent and details of the person, and on what day it is. All of that together
makes a mark for each participant; it is kept with the last look at them (Checked), and who has
another one now is looked at again. So an amendment, a new release, a visit held or moved, and a day
that went by are all noticed in the same way, and nothing has to announce itself.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from django.db import connection
from django.utils import timezone

from trial import protocol
from trial.crf.selectors import PERSON, VISITS

_WAITING = f"""
select waiting.id, waiting.mark from (
  select p.id, md5(concat_ws('|', %(code)s::text, (%(now)s at time zone s.timezone)::date,
    (select string_agg(a.version || a.effective_from, ',' order by a.effective_from, a.version)
     from access_siteprotocol a where a.site_id = s.id
     and a.effective_from <= (%(now)s at time zone s.timezone)::date),
    {PERSON}, {VISITS})) as mark
  from patients_participant p join access_site s on s.id = p.site_id
) waiting left join crf_checked c on c.participant_id = waiting.id
where c.checks is distinct from waiting.mark
order by c.at nulls first, waiting.id limit %(limit)s
"""  # noqa: S608 - put together of constants


@dataclass(frozen=True, slots=True)
class Waiting:
    """A participant to be looked at again; `mark` is what it will have been looked at with."""

    participant_id: int
    mark: str


def waiting(limit: int) -> list[Waiting]:
    """Who has to be checked anew, the longest unchecked first. One statement."""
    held: dict[str, str | int | datetime] = {
        "code": code_mark(),
        "now": timezone.now(),
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, held)
        return [Waiting(*row) for row in cursor.fetchall()]


@cache
def code_mark() -> str:
    """A text that is another one in a release in which anything about checks is."""
    digest = hashlib.sha256()
    root = Path(protocol.__path__[0])
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]
