"""A value outside the soft limits that is kept all the same is asked about (R-12).

If the site confirmed it with a comment, the query is answered already: the comment is the answer,
and the data manager looks at it. A value from a file, which nobody has confirmed, waits for the
site. When the value is corrected into the limits, the query closes itself.
"""

from collections.abc import Callable, Iterable, Sequence

from django.utils.translation import gettext as _

from labs.models import Result
from labs.wording import unit_text, verdict_text
from trial.audit.context import Actor
from trial.audit.records import Place, Record
from trial.protocol.checks import Verdict, assess
from trial.protocol.label import Label
from trial.protocol.version import ProtocolVersion
from trial.quality.models import Origin, Query
from trial.quality.services.asking import Ask, both
from trial.quality.services.checks import sync_checks

ProtocolOf = Callable[[Result], ProtocolVersion]
TABLE = Result._meta.db_table


def ask_about_soft(
    *,
    rows: Sequence[Result],
    stored: Iterable[Result],
    protocol_of: ProtocolOf,
    place_of: Callable[[Result], Place],
    by: Actor,
    reason: str = "",
) -> None:
    """Ask about what was just written. `stored`: those of `rows` that had been there before.

    Nothing is read unless a value is outside its limits or an earlier one may have been; the number
    of statements is the same for one such value and for many.
    """
    asks = []
    for row in rows:
        protocol = protocol_of(row)
        verdict = _soft(row, protocol)
        if verdict is not None:
            asks.append(_ask(row, verdict, protocol, place_of(row)))
    # Nothing can have been asked about a new row: with none but those, this reads nothing.
    scope = Query.objects.filter(table=TABLE, record_id__in=[row.pk for row in stored])
    sync_checks(findings=asks, scope=scope, origin=Origin.EDIT_CHECK, by=by, reason=reason)


def _soft(row: Result, protocol: ProtocolVersion) -> Verdict | None:
    """The verdict on a value kept although it lies outside its soft limits."""
    if not row.text:
        return None
    verdict = assess(protocol.analyte(row.analyte), row.text, row.unit)
    return verdict if verdict.level == "soft" else None


def _ask(row: Result, verdict: Verdict, protocol: ProtocolVersion, place: Place) -> Ask:
    name = protocol.analyte(row.analyte).name
    return Ask(
        place=place,
        record=Record(TABLE, row.pk, "text"),
        label=Label(f"{name.en}, {place.visit_label}", f"{name.zh}, {place.visit_label}"),
        text=both(lambda: f"{verdict_text(verdict)} {_how_kept(row)}"),
        cause=f"labs.soft:{row.pk}:{row.text} {row.unit}",
        value=f"{row.text} {unit_text(row.unit)}",
        answer=row.comment if row.confirmed else "",
    )


def _how_kept(row: Result) -> str:
    if row.confirmed:
        return _("The site kept it with a comment.")
    return _("It came with a file, and nobody has confirmed it yet.")
