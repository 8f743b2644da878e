"""Edit checks of the AIH treatment; clinical rules §7.1 to §7.3."""

from datetime import date
from decimal import Decimal

from trial.protocol.casebook.genotype import TESTED
from trial.protocol.common_checks import (
    ends_before_start,
    ongoing_with_end,
)
from trial.protocol.crf import Case, Row
from trial.protocol.edit_checks import Check
from trial.protocol.label import Label
from trial.protocol.partial import earliest, latest, parse
from trial.protocol.therapy import AzathioprineParameters, Steroid, SteroidParameters

_AZATHIOPRINE, _STEROIDS = AzathioprineParameters(), SteroidParameters()
_THIOPURINES = ("azathioprine", "mercaptopurine")
# No regimen of §7.2 comes near it: more is a pulse, or a decimal point that slipped.
_MUCH_PREDNISOLONE = Decimal(100)  # mg a day
_FIVE = Decimal(5)


def _sure_days(row: Row) -> tuple[date, date] | None:
    """The first and the last day on which a line's drug is surely taken; None if not known."""
    if not row["started"] or (row["ongoing"] is not True and not row["stopped"]):
        return None
    last = date.max if row["ongoing"] is True else earliest(row["stopped"])
    return latest(row["started"]), last


def _takes_over(new: Row, old: Row) -> bool:
    """Whether the new line begins on the whole day that ends the old: a change of the dose."""
    return bool(
        old["stopped"]
        and parse(old["stopped"]).whole
        and old["stopped"] == new["started"]
        and latest(old["started"]) < earliest(old["stopped"])
    )


def _share_a_day(one: Row, other: Row) -> bool:
    """Whether two lines surely share a day; that of a change of the dose does not count."""
    days, others = _sure_days(one), _sure_days(other)
    if days is None or others is None:
        return False
    first, last = max(days[0], others[0]), min(days[1], others[1])
    changed = first == last and (_takes_over(one, other) or _takes_over(other, one))
    return first <= last and not changed


def _overlaps(case: Case) -> bool:
    """Whether an earlier line of the same drug shares a day: asked of the later line alone."""
    return any(
        row["drug"] == case["drug"] and row.number < case.row.number and _share_a_day(case.row, row)
        for row in case.others()
    )


def _weight(case: Case) -> Decimal | None:
    """The line's own weight, else the newest of the vital signs not after its beginning."""
    own: Decimal | None = case["weight_kg"]
    if own is not None:
        return own
    measured = [
        (row["measured_on"], row["weight_kg"])
        for row in case.facts.all("vital_signs")
        if row["weight_kg"] is not None
        and row["measured_on"] is not None
        and row["measured_on"] <= latest(case["started"])
    ]
    return max(measured)[1] if measured else None


def _too_much_per_kg(case: Case) -> bool:
    weight = _weight(case)
    if case["drug"] != "azathioprine" or weight is None:
        return False
    return bool(case["daily_mg"] > _AZATHIOPRINE.warning_per_kg * weight)


def _gene_unknown(case: Case) -> bool:
    """Whether TPMT or NUDT15 is not known; a genotype form that is not there knows neither."""
    if case["drug"] not in _THIOPURINES:
        return False
    rows = case.facts.all("genotype")
    return not any(row["tpmt"] in TESTED and row["nudt15"] in TESTED for row in rows)


def _poor_metaboliser(case: Case) -> bool:
    rows = case.facts.all("genotype")
    return case["drug"] in _THIOPURINES and any("poor" in (r["tpmt"], r["nudt15"]) for r in rows)


def _much_steroid(case: Case) -> bool:
    if case["drug"] not in set(Steroid):
        return False
    equal_to_five = _STEROIDS.equal_to_five[Steroid(case["drug"])]
    if equal_to_five is None:
        return False
    return bool(case["daily_mg"] * _FIVE > _MUCH_PREDNISOLONE * equal_to_five)


def _budesonide_in_cirrhosis(case: Case) -> bool:
    rows = case.facts.all("diagnosis")
    return case["drug"] == "budesonide" and any(row["cirrhosis"] is True for row in rows)


CHECKS = (
    ends_before_start("AT-01", "aih_therapy", "started", "stopped"),
    ongoing_with_end("AT-02", "aih_therapy", "ongoing", "stopped"),
    Check(
        "AT-03", "aih_therapy", ("started", "drug", "ongoing", "stopped"), "soft",
        Label(
            "Another line of the same drug shares a day with this one; has the dose before ended?",
            "与同一药物的另一条记录时间重叠；前一剂量是否已结束？",
        ),
        _overlaps, needs=("started", "drug"),
    ),
    Check(
        "AT-04", "aih_therapy", ("daily_mg", "drug", "weight_kg", "started"), "soft",
        Label(
            f"Azathioprine above {_AZATHIOPRINE.warning_per_kg} mg/kg a day.",
            f"硫唑嘌呤超过每日{_AZATHIOPRINE.warning_per_kg} mg/kg。",
        ),
        _too_much_per_kg, needs=("daily_mg", "drug", "started"), reads=("vital_signs",),
    ),
    Check(
        "AT-05", "aih_therapy", ("drug",), "soft",
        Label(
            "TPMT and NUDT15 have to be known before azathioprine or mercaptopurine.",
            "使用硫唑嘌呤或巯嘌呤前须有TPMT和NUDT15检测结果。",
        ),
        _gene_unknown, reads=("genotype",),
    ),
    Check(
        "AT-06", "aih_therapy", ("drug",), "soft",
        Label(
            "The participant is a poor metaboliser (TPMT or NUDT15): risk of severe cytopenia.",
            "受试者为慢代谢型（TPMT或NUDT15）：有严重血细胞减少风险。",
        ),
        _poor_metaboliser, reads=("genotype",),
    ),
    Check(
        "AT-07", "aih_therapy", ("daily_mg", "drug"), "soft",
        Label(
            f"More than {_MUCH_PREDNISOLONE} mg of prednisolone a day, or its equal.",
            f"超过每日{_MUCH_PREDNISOLONE} mg泼尼松龙等效剂量。",
        ),
        _much_steroid,
    ),
    Check(
        "AT-08", "aih_therapy", ("drug",), "soft",
        Label("Budesonide is avoided in cirrhosis.", "肝硬化患者应避免使用布地奈德。"),
        _budesonide_in_cirrhosis, reads=("diagnosis",),
    ),
)  # fmt: skip
