"""Protocol 1.0, with the study defaults wherever the registry record is silent.

To be confirmed by the sponsor: dose, number of infusions, masking, the minimum simplified score,
the visit windows, and the relapse rule that is the endpoint (clinical rules §1.3).
"""

from datetime import date

from trial.protocol.allocation import AllocationParameters
from trial.protocol.criteria import CRITERIA, EligibilityParameters
from trial.protocol.critical import CriticalFields
from trial.protocol.diagnosis import RevisedScoreParameters
from trial.protocol.dictionary import ANALYTES
from trial.protocol.dosing import Arm, DosingParameters
from trial.protocol.endpoints import EndpointParameters
from trial.protocol.histology import HistologyParameters
from trial.protocol.label import Label
from trial.protocol.product import ProductParameters
from trial.protocol.safety import SafetyParameters
from trial.protocol.schedule import VisitDefinition, VisitKind
from trial.protocol.symptoms import SymptomParameters
from trial.protocol.therapy import AzathioprineParameters, SteroidParameters
from trial.protocol.version import ProtocolVersion

# In the order of a usual paper report. INR, creatinine and sodium are not in the protocol's list
# but MELD cannot be computed without them (clinical rules §1.5); total protein gives the absolute
# gamma globulin where a laboratory reports only the share.
_FOLLOW_UP = (
    *("ALT", "AST", "ALP", "GGT", "BILI"),
    *("PROT", "ALB", "PREALB", "GLOBG", "IGG"),
    *("PT", "INR", "CREAT", "SODIUM"),
)
_HAEMATOLOGY = ("WBC", "NEUT", "LYM", "HGB", "PLAT")
_INFUSION = _FOLLOW_UP + _HAEMATOLOGY
_SCREENING = (*_FOLLOW_UP, "GLUC", "AFP", *_HAEMATOLOGY)


# Case report forms at every visit, in the order of the page.
_EVERY = ("vital_signs", "symptoms")
_TREATED = (*_EVERY, "adherence")


def _week(
    week: int, window: int, kind: VisitKind, panel: tuple[str, ...], order: int, *more: str
) -> VisitDefinition:
    name = Label(f"Week {week}", f"第{week}周")
    forms = (*_TREATED, *more)
    return VisitDefinition(f"W{week}", name, week, window, window, kind, panel, order, forms)


_VISITS = (
    # Day -28 to day -1 around a target of day -14.
    VisitDefinition(
        "SCR",
        Label("Screening", "筛选"),
        -2,
        14,
        13,
        "screening",
        _SCREENING,
        1,
        (*_EVERY, "biopsy"),
    ),
    VisitDefinition("D0", Label("Day 0", "第0天"), 0, 0, 0, "baseline", _INFUSION, 2, _EVERY),
    _week(4, 3, "infusion", _INFUSION, 3),
    _week(8, 3, "infusion", _INFUSION, 4),
    _week(12, 7, "follow_up", _FOLLOW_UP, 5, "blinding_guess"),
    _week(24, 14, "follow_up", _FOLLOW_UP, 6),
    _week(36, 14, "follow_up", _FOLLOW_UP, 7),
    _week(48, 14, "follow_up", _FOLLOW_UP, 8, "biopsy"),
    _week(72, 21, "follow_up", _FOLLOW_UP, 9),
    _week(96, 21, "follow_up", _FOLLOW_UP, 10, "biopsy"),
    VisitDefinition(
        "UNS",
        Label("Unscheduled", "计划外访视"),
        None,
        0,
        0,
        "unscheduled",
        _INFUSION,
        11,
        (*_TREATED, "biopsy"),
    ),
)

VERSION = ProtocolVersion(
    number="1.0",
    issued_on=date(2011, 10, 1),
    title=Label(
        "Umbilical cord mesenchymal stem cells for patients with autoimmune hepatitis",
        "脐带间充质干细胞治疗自身免疫性肝炎",
    ),
    visits=_VISITS,
    analytes=ANALYTES,
    criteria=CRITERIA,
    eligibility=EligibilityParameters(),
    endpoints=EndpointParameters(),
    arms=(
        Arm("A", Label("Conventional treatment plus UC-MSC", "常规治疗联合脐带间充质干细胞")),
        Arm("B", Label("Conventional treatment plus placebo", "常规治疗联合安慰剂")),
    ),
    dosing=DosingParameters(),
    critical=CriticalFields(),
    allocation=AllocationParameters(),
    product=ProductParameters(),
    safety=SafetyParameters(),
    steroids=SteroidParameters(),
    azathioprine=AzathioprineParameters(),
    revised_score=RevisedScoreParameters(),
    histology=HistologyParameters(),
    symptoms=SymptomParameters(),
)
