"""A lot in words: its facts, its tests beside their limits, what was decided about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from randomization.release import Disposition, Finding, Verdict
from randomization.sealed.disposing import MEANINGS, NAMES
from randomization.sealed.models import Lot, LotDisposition, LotTest
from randomization.sealed.product import Known, intact, made_of, unchanged
from trial.protocol import registry
from trial.protocol.product import ReleaseTest
from trial.web.formats import clock, isodate, localized

Text = str | Promise
TONES = {Verdict.PASS: "green", Verdict.FAIL: "red", Verdict.OPEN: "amber"}
ICONS = {
    Verdict.PASS: "circle-check",
    Verdict.FAIL: "alert-circle",
    Verdict.OPEN: "circle-dashed",
}


def verdict_name(verdict: Verdict) -> str:
    """Passes, fails, open."""
    names = {Verdict.PASS: _("passes"), Verdict.FAIL: _("fails"), Verdict.OPEN: _("open")}
    return names[verdict]


@dataclass(frozen=True, slots=True)
class Mark:
    """A verdict by colour, shape and word."""

    tone: str
    icon: str
    word: str

    @classmethod
    def of(cls, verdict: Verdict, needed: bool = True) -> "Mark":
        if verdict is Verdict.OPEN and not needed:
            return cls("grey", "minus", _("not needed"))
        return cls(TONES[verdict], ICONS[verdict], verdict_name(verdict))


@dataclass(frozen=True, slots=True)
class Line:
    """One test: result, limits, verdict, when and by whom it was recorded."""

    finding: Finding
    result: str
    limits: str
    mark: Mark
    recorded: LotTest | None


def lines(lot: Known) -> list[Line]:
    """Every test of the lot's specification."""
    return [
        Line(
            one,
            _result(one),
            limits(one.test),
            Mark.of(one.verdict, one.needed),
            lot.tests.get(one.test.code),
        )
        for one in lot.findings
    ]


def _result(one: Finding) -> str:
    if one.result is None:
        return ""
    if isinstance(one.result, Decimal):
        return f"{plain(one.result)} {one.test.unit}".strip()
    return localized(dict(one.test.choices)[one.result])


def limits(test: ReleaseTest) -> str:
    """The limits of a test as one reads them: "≥ 85 %", "≤ 5, at most 8", "negative"."""
    if test.choices:
        return localized(dict(test.choices)[test.passing])
    if test.high is None and test.low is None:
        return _("recorded only")
    if test.target is not None and test.high is not None:
        words = {"target": plain(test.target), "high": plain(test.high)}
        return _("≤ %(target)s, at most %(high)s") % words
    low = f"≥ {plain(test.low)}" if test.low else ""
    top = test.high if test.high != 100 or test.unit != "%" else None
    high = f"≤ {plain(top)}" if top is not None else ""
    return f"{', '.join(part for part in (low, high) if part)} {test.unit}".strip()


def plain(number: Decimal) -> str:
    """Without zeros that say nothing: 0.5, 31, 100."""
    return f"{number.normalize():f}"


def kind_of(lot: Lot) -> str:
    """Cells or placebo, in a word."""
    return _("Cells") if made_of(lot) == "cells" else _("Placebo")


@dataclass(frozen=True, slots=True)
class Listed:
    """A lot as a line of the list."""

    lot: Lot
    kind: str
    mark: Mark
    state: Text
    tone: str


STATE_TONES = {
    Disposition.QUARANTINE: "amber",
    Disposition.RELEASED: "green",
    Disposition.CONDITIONAL: "blue",
    Disposition.REJECTED: "red",
    Disposition.RECALLED: "red",
    Disposition.DESTROYED: "grey",
}


def of_kind(one: Known) -> Listed:
    """The line of a lot."""
    state = Disposition(one.lot.disposition)
    return Listed(one.lot, kind_of(one.lot), Mark.of(one.verdict), NAMES[state], STATE_TONES[state])


def facts(lot: Lot, zone: str) -> Sequence[tuple[Text, object]]:
    """The record of a lot (clinical rules §8.2)."""
    names = {arm.code: localized(arm.name) for arm in registry.get(lot.protocol_version).arms}
    anticoagulant = f"{lot.get_anticoagulant_display()} {lot.anticoagulant_amount}".strip()
    return [
        (_("Made for"), names.get(lot.arm, lot.arm)),
        (_("Donor"), lot.donor.code if lot.donor else ""),
        (_("Master cell bank"), lot.master_bank),
        (_("Working cell bank"), lot.working_bank),
        (_("Culture medium"), lot.culture_medium),
        (_("Passage"), lot.passage),
        (_("Harvested on"), isodate(lot.harvested_on)),
        (_("Manufactured"), clock(lot.manufactured_at, zone)),
        (_("Expires"), clock(lot.expires_at, zone)),
        (_("Formulation"), lot.formulation),
        (_("Anticoagulant"), anticoagulant),
        (_("Material of the bag"), lot.bag_material),
        (_("Volume of a bag"), _amount(lot.bag_volume_ml, "mL")),
        (_("Cells in a bag"), _amount(lot.total_cells, "× 10⁶")),
        (_("Viable cells in a bag"), _amount(lot.viable_cells, "× 10⁶")),
        (_("Viable cells per mL"), _amount(_per_ml(lot), "× 10⁶/mL")),
        (_("Certificate of analysis"), lot.coa_name),
        ("SHA-256", lot.coa_sha256),
        (_("Specification"), _("protocol %(number)s") % {"number": lot.protocol_version}),
        (_("Recorded"), f"{clock(lot.made_at, zone)}, {lot.made_by}"),
    ]


def _amount(number: Decimal | None, unit: str) -> str:
    return "" if number is None else f"{plain(number)} {unit}"


def _per_ml(lot: Lot) -> Decimal | None:
    if lot.viable_cells is None or lot.bag_volume_ml is None:
        return None
    return (lot.viable_cells / lot.bag_volume_ml).quantize(Decimal("0.01"))


@dataclass(frozen=True, slots=True)
class Decided:
    """A signed decision as it has to be shown (21 CFR 11.50)."""

    row: LotDisposition
    state: Text
    meaning: Text
    at: str
    holds: str  # "intact", "changed" since, or "mismatch" with its own hash


def decisions(lot: Known, zone: str) -> list[Decided]:
    """Every decision about the lot, newest first; only the newest can be behind the record."""
    rows = list(lot.lot.dispositions.order_by("-number"))
    return [_decided(row, lot, zone, newest=place == 0) for place, row in enumerate(rows)]


def _decided(row: LotDisposition, lot: Known, zone: str, *, newest: bool) -> Decided:
    state = Disposition(row.disposition)
    holds = "intact" if intact(row) else "mismatch"
    if holds == "intact" and newest and not unchanged(row, lot):
        holds = "changed"
    return Decided(row, NAMES[state], MEANINGS[state], clock(row.signed_at, zone), holds)
