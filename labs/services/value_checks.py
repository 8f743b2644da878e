"""Values outside their soft limits as queries: the same from the form, REST and a file.

One query stands for one value of one result. A value that the site has confirmed with a comment
waits for the data manager to accept the comment; one from a file waits for the site. When the
value is corrected the query closes by itself, and an unusual correction opens one of its own.
"""

from collections.abc import Sequence

from labs.models import Result
from trial.audit.context import Actor
from trial.audit.records import Place, Record
from trial.protocol import registry
from trial.protocol.checks import Verdict
from trial.protocol.label import Label
from trial.quality.services.checks import Checked, Finding, sync_checks
from visits.models import Visit

CHECK = "labs.soft"
_TABLE = Result._meta.db_table
# A value that was saved with its visit (participant read along), and its verdict if it is unusual.
Doubt = tuple[Visit, Result, Verdict | None]


def check_values(doubts: Sequence[Doubt], by: Actor, reason: str = "", *, new: bool = False) -> int:
    """Raise, keep and close the queries about values that a save has changed.

    `new`: none of them was there before. No statement for new values without a doubt, one where
    nothing is to be done, however many values there are.
    """
    findings = dict(_finding(visit, row, verdict) for visit, row, verdict in doubts if verdict)
    if new and not findings:
        return 0
    return sync_checks(
        checked=Checked(CHECK, _TABLE, [row.pk for _visit, row, _verdict in doubts]),
        findings=findings,
        values={row.pk: value_text(row) for _visit, row, _verdict in doubts},
        by=by,
        reason=reason,
    )


def _finding(visit: Visit, row: Result, verdict: Verdict) -> tuple[str, Finding]:
    person = visit.participant
    params = {"code": verdict.code, "value": value_text(row), **verdict.params}
    name = registry.get(visit.protocol_version).analyte(row.analyte).name
    finding = Finding(
        place=Place(person.site_id, person.pk, person.code, visit.pk, visit.label, "labs"),
        record=Record(_TABLE, row.pk, "text"),
        label=Label(f"{name.en}, {visit.label}", f"{name.zh}, {visit.label}"),
        params={name: str(one) for name, one in params.items()},
        value=value_text(row),
        answer=row.comment if row.confirmed else "",
    )
    return f"{CHECK}:{row.pk}:{verdict.code}:{row.text} {row.unit}", finding


def value_text(row: Result) -> str:
    """A result as the thread of a query shows it: "30 U/L", "not_drawn", or nothing."""
    return f"{row.text} {row.unit}".strip() if row.text else row.not_done
