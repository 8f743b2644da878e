"""What safety puts beside forms of the casebook: reactions of an infusion that are no event yet,
the case of a line with its next limit, and what speaks against azathioprine."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from safety.cases import Kind
from safety.models import SafetyCase
from safety.selectors.azathioprine import DRUG, Against, AzathioprineWarning, azathioprine_warnings
from safety.selectors.reactions import unmade
from safety.wording import stage_name, tone_of
from trial.crf.panels import Panel
from trial.protocol.crf import Facts, Row
from trial.protocol.version import ProtocolVersion
from trial.web.formats import isodate, plain_number

TEMPLATE = "safety/_beside.html"
AGAINST = {
    Against.LEUKOCYTES: _(
        "The newest leukocyte count (%(value)s ×10⁹/L, %(day)s) is below the limit at which "
        "azathioprine is held."
    ),
    Against.PLATELETS: _(
        "The newest platelet count (%(value)s ×10⁹/L, %(day)s) is below the limit at which "
        "azathioprine is held."
    ),
    Against.BILIRUBIN: _(
        "Line %(line)s: bilirubin before the start of azathioprine (%(value)s µmol/L, %(day)s) was "
        "not below the limit."
    ),
    Against.BILIRUBIN_MISSING: _(
        "Line %(line)s: no bilirubin tells whether azathioprine could be started."
    ),
    Against.TPMT_MISSING: _("Line %(line)s: azathioprine was started, TPMT is not entered."),
    Against.NUDT15_MISSING: _("Line %(line)s: azathioprine was started, NUDT15 is not entered."),
}


def adverse_event(
    facts: Facts, participant: Any, protocol: ProtocolVersion, row: Row | None
) -> Panel | None:
    """Beside the list: reactions to be made events of, and all cases; beside a line, its case."""
    cases = _cases(participant, Kind.EVENT, row)
    reactions = unmade(participant.pk) if row is None else []
    if not cases and not reactions:
        return None
    return Panel(TEMPLATE, {"cases": cases, "reactions": reactions, "participant": participant})


def pregnancy(
    facts: Facts, participant: Any, protocol: ProtocolVersion, row: Row | None
) -> Panel | None:
    """The cases of the pregnancies."""
    cases = _cases(participant, Kind.PREGNANCY, row)
    if not cases:
        return None
    return Panel(TEMPLATE, {"cases": cases, "reactions": [], "participant": participant})


def aih_therapy(
    facts: Facts, participant: Any, protocol: ProtocolVersion, row: Row | None
) -> Panel | None:
    """What speaks against azathioprine, where it is taken or was begun; beside the list alone."""
    if row is not None or not any(one["drug"] == DRUG for one in facts.all("aih_therapy")):
        return None
    found = azathioprine_warnings(participant, facts)
    texts = [_against_text(one) for one in found if one.taking or one.line is not None]
    return Panel("safety/_azathioprine.html", {"texts": texts}) if texts else None


def _against_text(one: AzathioprineWarning) -> str:
    value = f"{one.value.comparator}{plain_number(one.value.value)}" if one.value else ""
    day = isodate(one.on) if one.on else ""
    return AGAINST[one.code] % {"value": value, "day": day, "line": one.line}


def _cases(participant: Any, kind: Kind, row: Row | None) -> list[Mapping[str, Any]]:
    found = SafetyCase.objects.filter(participant=participant, kind=kind).order_by("number")
    if row is not None:
        found = found.filter(number=row.number)
    now = timezone.now()
    return [
        {
            "pk": case.pk,
            "number": case.number,
            "due_at": case.due_at,
            "state": stage_name(case.stage, case.due_at, now),
            "tone": tone_of(case.stage, case.due_at, now),
        }
        for case in found
    ]
