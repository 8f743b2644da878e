"""Forms of the casebook filled in by calling the service, as their pages do."""

from collections.abc import Mapping
from typing import Any

from patients.models import Participant
from tests.factories.study import SETUP, visit_of
from trial.crf import services
from trial.crf.models import MODELS
from trial.crf.owner import Owner
from trial.crf.values import mark_of
from trial.protocol.casebook.forms import BY_CODE
from visits.models import Visit
from visits.services import schedule

__all__ = ["BY_CODE", "DIAGNOSIS", "NEW", "fill", "hold", "strike"]

NEW = services.NEW


class _Explained(dict[str, str]):
    """Every soft check is explained."""

    def get(self, key: str, default: Any = None) -> str:
        return "seen in the file"


def fill(
    participant: Participant,
    code: str,
    answers: Mapping[str, Any],
    *,
    number: int | None = None,
    visit: Visit | None = None,
    reason: str = "",
    by: Any = SETUP,
) -> Any:
    """Answer questions of a form, section by section; what soft checks say is explained.

    `number` NEW (of a form of lines, if not given) adds a line. Returns the row.
    """
    form = BY_CODE[code]
    owner = Owner(participant, visit)
    at = number if number is not None else (NEW if form.repeats else 1)
    for section in form.sections:
        names = [one.name for one in section.questions]
        typed = {name: answers[name] for name in names if name in answers}
        if not typed:
            continue
        row = MODELS[code].objects.filter(number=at, **owner.keys).first()
        stored = {name: getattr(row, name) for name in names} if row else {}
        entry = services.Entry(
            form=form, section=section, values={**stored, **typed}, base=mark_of(stored),
            number=at, answers=_Explained(),
        )  # fmt: skip
        at = services.save(owner=owner, entry=entry, by=by, reason=reason).number
    return MODELS[code].objects.get(number=at, **owner.keys)


def hold(participant: Participant, code: str) -> Visit:
    """Hold a visit on its target date."""
    visit = visit_of(participant, code)
    on = visit.target_on or participant.screened_on
    return schedule.hold(visit=visit, held_on=on, by=SETUP)


def strike(participant: Participant, code: str, number: int, reason: str = "wrong person") -> None:
    """Strike a line."""
    owner = Owner(participant)
    services.strike(owner=owner, form=BY_CODE[code], number=number, by=SETUP, reason=reason)


# A whole diagnosis: with IgG of 1.2 times the upper limit the simplified score is 8.
DIAGNOSIS: Mapping[str, Any] = {
    "diagnosed_on": "2024-06", "treated_before": False,
    "ana": "80", "ana_method": "iif", "ana_on": "2024-06",
    "sma": "lt40", "sma_method": "iif", "sma_on": "2024-06",
    "lkm1": "lt40", "lkm1_method": "iif", "lkm1_on": "2024-06",
    "sla_lp": "negative", "sla_lp_on": "2024-06", "ama": "negative", "ama_on": "2024-06",
    "other_antibody": "not_done",
    "viral_on": None, "hav_igm": "negative", "hbsag": "negative", "anti_hcv": "negative",
    "hcv_rna": "not_done", "hev_igm": "negative", "other_virus": "not_done",
    "hepatotoxic_drugs": False, "alcohol_g": 0, "autoimmune": False, "hla_dr3": "not_done",
    "hla_dr4": "not_done",
    "histology": "typical", "biopsy_on": "2024-06", "interface": True, "lymphoplasmacytic": True,
    "rosettes": True, "emperipolesis": True, "biliary": False, "other_changes": False,
    "afp": True, "liver_imaging": "ultrasound", "lesion": "none",
    "doppler": True, "portal_vein": "no", "hepatic_veins": "no", "cirrhosis": False,
}  # fmt: skip
