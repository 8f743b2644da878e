"""Laboratories and their reference ranges. A corrected range re-reads the results it applied to."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from labs.models import Laboratory, ReferenceRange, Result, Series
from labs.selectors import range_row, ranges_of
from labs.services import hints
from trial.access.exceptions import Refused
from trial.access.models import Site, SiteProtocol
from trial.audit.context import Actor, transaction
from trial.protocol import registry
from trial.protocol.ranges import RangeRow, choose, default_rows, flag, in_canonical
from trial.protocol.version import ProtocolVersion

# A range that is not stored yet counts as the one entered last.
_NEWEST = 2**62


def create_laboratory(*, site: Site | None, code: str, name: str, by: Actor) -> Laboratory:
    """A laboratory of one site, or (site None) one that serves all."""
    with transaction(by=by):
        return Laboratory.objects.create(site=site, code=code, name=name)


def adopt_default_ranges(*, laboratory: Laboratory, valid_from: date, by: Actor) -> int:
    """Give a laboratory the protocol dictionary's ranges as its own, to be corrected from there.

    Ranges are never assumed: a result of a laboratory without a range has no upper limit.
    """
    rows = [
        ReferenceRange(
            laboratory=laboratory,
            analyte=analyte.code,
            sex=row.sex or "",
            age_from=row.age_low or 0,
            age_to=row.age_high,
            low=row.low,
            high=row.high,
            unit=row.unit,
            valid_from=valid_from,
        )
        for analyte in registry.latest().analytes
        for row in default_rows(analyte)
        if row.low is not None or row.high is not None
    ]
    with transaction(by=by):
        return len(ReferenceRange.objects.bulk_create(rows))


def add_range(*, by: Actor, row: ReferenceRange) -> ReferenceRange:
    """Add a range, and apply it to the results taken while it is valid."""
    _require_plausible(row)
    with transaction(by=by):
        row.save()
        _reapply(row.laboratory, row.analyte)
        return row


def correct_range(
    *,
    row: ReferenceRange,
    low: Decimal | None,
    high: Decimal | None,
    unit: str,
    valid_to: date | None,
    reason: str,
    by: Actor,
) -> ReferenceRange:
    """Correct a range; every result it applied to, and what follows from it, is worked out anew."""
    if not reason.strip():
        raise Refused({"reason": [_("Say why a recorded range is changed.")]})
    with transaction(by=by, reason=reason):
        row = ReferenceRange.objects.select_for_update().get(pk=row.pk)
        if (row.low, row.high, row.unit, row.valid_to) == (low, high, unit, valid_to):
            return row
        row.low, row.high, row.unit, row.valid_to = low, high, unit, valid_to
        _require_plausible(row)
        row.save()
        _reapply(row.laboratory, row.analyte)
        return row


def _require_plausible(row: ReferenceRange) -> None:
    errors: dict[str, list[str]] = {}
    analyte = next((a for a in registry.latest().analytes if a.code == row.analyte), None)
    if analyte is None:
        errors["analyte"] = [_("The protocol does not know this analyte.")]
    elif row.unit not in {unit.code for unit in analyte.units}:
        errors["unit"] = [_("This is not a unit of the analyte.")]
    if row.low is None and row.high is None:
        errors["low"] = [_("Give at least one limit.")]
    for name, value in (("low", row.low), ("high", row.high)):
        if value is not None and value < 0:
            errors[name] = [_("No limit lies below zero.")]
    if row.low is not None and row.high is not None and row.low > row.high:
        errors["high"] = [_("The upper limit lies below the lower one.")]
    if row.valid_to is not None and row.valid_to < row.valid_from:
        errors["valid_to"] = [_("The range ends before it begins.")]
    if errors:
        raise Refused(errors)


def effect_of(row: ReferenceRange) -> int:
    """How many stored results would be read differently if `row` stood as given; writes nothing."""
    _require_plausible(row)
    rows = ranges_of(row.laboratory_id, [row.analyte])[row.analyte]
    new = range_row(row)
    given = replace(new, id=new.id or _NEWEST)
    others = [other for other in rows if other.id != new.id]
    return sum(1 for _result in _reread(row.laboratory_id, row.analyte, [*others, given]))


def _reapply(laboratory: Laboratory, analyte_code: str) -> None:
    """Read every result of this laboratory and analyte against the ranges as they now are.

    The participants' series are locked before the results are read for good: a save that is under
    way is waited for, and what it wrote is seen.
    """
    rows = ranges_of(laboratory.pk, [analyte_code])[analyte_code]
    touched = {
        result.panel.visit.participant_id for result in _reread(laboratory.pk, analyte_code, rows)
    }
    _bump_all(touched)
    now = timezone.now()
    changed = list(_reread(laboratory.pk, analyte_code, rows, participants=touched))
    for result in changed:
        result.changed_at = now
    fields = ["range", "range_low", "range_high", "flag", "changed_at"]
    Result.objects.bulk_update(changed, fields, batch_size=1_000)


def _reread(
    laboratory_id: int,
    analyte_code: str,
    rows: Sequence[RangeRow],
    participants: Collection[int] | None = None,
) -> Iterator[Result]:
    """The results that `rows` read differently, with the new range and flag put in."""
    protocols = _Protocols()
    results = Result.objects.filter(
        panel__laboratory=laboratory_id, analyte=analyte_code, canonical__isnull=False
    ).select_related("panel__visit__participant")
    if participants is not None:
        results = results.filter(panel__visit__participant__in=participants)
    for result in results.iterator(chunk_size=2_000):
        participant = result.panel.visit.participant
        on = result.panel.collected_on
        analyte = protocols.at(participant.site_id, on).analyte(analyte_code)
        row = choose(rows, participant.sex, on.year - participant.birth_year, on)
        low, high = in_canonical(analyte, row) if row else (None, None)
        range_id = row.id if row else None
        same = (result.range_id, result.range_low, result.range_high) == (range_id, low, high)
        if same or result.canonical is None:
            continue
        result.range_id, result.range_low, result.range_high = range_id, low, high
        result.flag = flag(result.canonical, result.comparator, low, high)
        yield result


class _Protocols:
    """The protocol of any site on any day, from one statement."""

    def __init__(self) -> None:
        self._by_site: dict[int, list[tuple[str, date]]] = defaultdict(list)
        for row in SiteProtocol.objects.all():
            self._by_site[row.site_id].append((row.version, row.effective_from))

    def at(self, site_id: int, on: date) -> ProtocolVersion:
        return registry.get(registry.effective(self._by_site[site_id], on))


def _bump_all(participants: Iterable[int]) -> None:
    """Raise the version of many series, locked in one order so that two of these can't deadlock."""
    ids = list(
        Series.objects.select_for_update()
        .filter(participant__in=list(participants))
        .order_by("pk")
        .values_list("pk", "participant_id")
    )
    Series.objects.filter(pk__in=[pk for pk, _participant in ids]).update(
        version=F("version") + 1, changed_at=timezone.now()
    )
    for _pk, participant_id in ids:
        hints.evaluate_soon(participant_id)
