"""A liver biopsy as the site took it; clinical rules §5.3. The central readings are not here.

Length, tracts and the local judgement are what visits/histology.py needs to tell whether the
biopsy can be scored. Too small a biopsy leaves the endpoint missing, never zero.
"""

import re
from datetime import timedelta

from trial.protocol.common_checks import answered, day_of
from trial.protocol.crf import (
    Case,
    Code,
    Form,
    Section,
    When,
    choice,
    day,
    line,
    moment,
    note,
    number,
    text,
    tick,
    yes_no,
)  # fmt: skip
from trial.protocol.edit_checks import Check
from trial.protocol.histology import HistologyParameters
from trial.protocol.label import Label

SIZE = HistologyParameters()
AROUND_VISIT = timedelta(days=28)  # [study default]
COMPLICATIONS = ("pain", "bleeding", "pneumothorax", "other_complication")
_BEFORE_TREATMENT = ("SCR", "D0")

FORM = Form(
    code="biopsy",
    app="visits",
    label=Label("Liver biopsy", "肝脏活检"),
    level="visit",
    domain="PR",
    icon="microscope",
    sections=(
        Section(
            "taken",
            Label("Biopsy", "活检"),
            (
                moment("taken_at", Label("Taken at", "活检日期和时间"), needed=True,
                       cdisc="PR.PRSTDTC"),
                choice(
                    "route", Label("Route", "途径"),
                    (
                        Code("percutaneous", Label("Percutaneous", "经皮"), "PERCUTANEOUS"),
                        Code("transjugular", Label("Transjugular", "经颈静脉")),
                    ),
                    needed=True, cdisc="SUPPPR.BXROUTE",
                ),
                number(
                    "gauge", Label("Needle", "穿刺针规格"), unit="G", low=12, high=24,
                    soft=(16, 18), needed=True, cdisc="SUPPPR.BXGAUGE",
                ),
                note("remark", Label("Remark", "备注"), cdisc="CO.COVAL"),
            ),
        ),
        Section(
            "sample",
            Label("Sample", "标本"),
            (
                number(
                    "core_mm", Label("Length of the core", "组织条长度"), unit="mm", decimals=1,
                    low=1, high=80, soft=(str(SIZE.core_mm), None), needed=True,
                    cdisc="MI.CORELEN",
                    help=Label(f"All pieces together. Ideal: {SIZE.core_mm_ideal} mm or more.",
                               f"各段合计；理想长度≥{SIZE.core_mm_ideal} mm。"),
                ),
                number(
                    "portal_tracts", Label("Complete portal tracts", "完整汇管区数"), low=0,
                    high=100, soft=(SIZE.portal_tracts, None), needed=True, cdisc="MI.PORTRCT",
                    help=Label(f"Ideal: {SIZE.portal_tracts_ideal} or more.",
                               f"理想数量≥{SIZE.portal_tracts_ideal}个。"),
                ),
                number(
                    "fragments", Label("Pieces", "组织碎片数"), low=1, high=50, needed=True,
                    cdisc="MI.FRAGMNTS", help=Label("1: not fragmented.", "1表示未碎裂。"),
                ),
                yes_no(
                    "adequate", Label("Adequate for assessment", "标本是否满足评估要求"),
                    needed=True, cdisc="MI.ADEQUATE",
                    help=Label("As judged at the site.", "由研究中心判断。"),
                ),
            ),
        ),
        Section(
            "stains",
            Label("Stains made", "已做染色"),
            (
                tick("stain_he", Label("HE", "HE染色"), cdisc="SUPPMI.STAINHE"),
                tick("stain_reticulin", Label("Reticulin", "网状纤维染色"),
                     cdisc="SUPPMI.STAINRET"),
                tick("stain_collagen",
                     Label("Trichrome or Sirius red", "三色染色（Masson）或天狼星红染色"),
                     cdisc="SUPPMI.STAINCOL"),
                tick("stain_pasd", Label("PAS after diastase", "PAS-D染色"),
                     cdisc="SUPPMI.STAINPAS"),
            ),
        ),
        Section(
            "complications",
            Label("Complications", "并发症"),
            (
                yes_no("complications", Label("Complications", "是否发生并发症"), needed=True,
                       cdisc="SUPPPR.BXCOMPL"),
                *(
                    tick(name, label, when=When("complications", ("yes",)), cdisc=f"SUPPPR.{code}")
                    for name, label, code in (
                        ("pain", Label("Pain", "疼痛"), "BXPAIN"),
                        ("bleeding", Label("Bleeding", "出血"), "BXBLEED"),
                        ("pneumothorax", Label("Pneumothorax", "气胸"), "BXPNEUMO"),
                        ("other_complication", Label("Other", "其他"), "BXOTHER"),
                    )
                ),
                text(
                    "other_which", Label("Which other complication", "其他并发症说明"),
                    needed=True, when=When("other_complication", ("yes",)),
                    cdisc="SUPPPR.BXOTHTXT",
                ),
                line(
                    "adverse_event", Label("Line of the adverse event", "对应不良事件编号"),
                    to="adverse_event", when=When("complications", ("yes",)), cdisc="RELREC.AESPID",
                ),
            ),
        ),
        Section(
            "central",
            Label("Central reading", "中心阅片"),
            (
                text(
                    "specimen", Label("Specimen number", "标本编号"), length=20, needed=True,
                    names_people=False, cdisc="BE.BEREFID",
                    help=Label("The code on the slides. It names neither participant nor visit.",
                               "切片上的编码，不得包含受试者编号或访视信息。"),
                ),
                yes_no("sent", Label("Sent to central reading", "是否已送中心阅片"), needed=True,
                       cdisc="BE.BEOCCUR"),
                day("sent_on", Label("Sent on", "寄送日期"), needed=True,
                    when=When("sent", ("yes",)), cdisc="BE.BESTDTC"),
                number(
                    "slides", Label("Slides sent", "寄送切片数"), low=1, high=100, needed=True,
                    when=When("sent", ("yes",)), cdisc="SUPPBE.SLIDES",
                ),
            ),
        ),
    ),
)  # fmt: skip


def _off_visit(case: Case) -> bool:
    on = case.row.on
    return on is not None and abs(day_of(case["taken_at"]) - on) > AROUND_VISIT


def _before_consent(case: Case) -> bool:
    consented = case.person.consented_on
    return consented is not None and day_of(case["taken_at"]) < consented


def _baseline_after_treatment(case: Case) -> bool:
    """A biopsy of the infusion's own day counts as before it, as symptoms do."""
    first = case.person.day0_on
    early_visit = case.row.visit in _BEFORE_TREATMENT
    return early_visit and first is not None and day_of(case["taken_at"]) > first


def _too_small(case: Case) -> bool:
    """One of the two that is too small decides, whether or not the other is known."""
    if case["adequate"] is not True:
        return False
    short = answered(case, "core_mm") and case["core_mm"] < SIZE.core_mm
    few = answered(case, "portal_tracts") and case["portal_tracts"] < SIZE.portal_tracts
    return bool(short or few)


def _none_ticked(case: Case) -> bool:
    return case["complications"] is True and not any(case[name] for name in COMPLICATIONS)


def _no_event(case: Case) -> bool:
    ticked = case["complications"] is True and any(case[name] for name in COMPLICATIONS)
    return ticked and not answered(case, "adverse_event")


def _sent_before_taken(case: Case) -> bool:
    return bool(case["sent_on"] < day_of(case["taken_at"]))


def _unstained(case: Case) -> bool:
    return case["sent"] is True and not case["stain_he"]


def _names_visit(case: Case) -> bool:
    """W48 stands in "BX-W48-1", but not in "BXW481"."""
    visit = case.row.visit.upper()
    parts = re.findall(r"[A-Z]+[0-9]*|[0-9]+", case["specimen"].upper())
    return visit in parts


def _specimen_twice(case: Case) -> bool:
    mine = case["specimen"].upper()
    return any((row["specimen"] or "").upper() == mine for row in case.others())


CHECKS = (
    Check(
        "BX-02", FORM.code, ("taken_at",), "soft",
        Label(f"Taken more than {AROUND_VISIT.days} days before or after the visit.",
              f"活检日期与访视日期相差超过{AROUND_VISIT.days}天。"), _off_visit,
    ),
    Check(
        "BX-03", FORM.code, ("taken_at",), "soft",
        Label("Taken before consent was given.", "活检早于签署知情同意书的日期。"), _before_consent,
    ),
    Check(
        "BX-04", FORM.code, ("taken_at",), "soft",
        Label("The biopsy of before treatment was taken after the first infusion.",
              "治疗前的活检晚于首次输注日期。"), _baseline_after_treatment,
    ),
    Check(
        "BX-05", FORM.code, ("adequate", "core_mm", "portal_tracts"), "soft",
        Label(f"Judged adequate with a core under {SIZE.core_mm} mm or fewer than "
              f"{SIZE.portal_tracts} portal tracts.",
              f"组织条短于{SIZE.core_mm} mm或汇管区少于{SIZE.portal_tracts}个，却判断为满足要求。"),
        _too_small, needs=("adequate",),
    ),
    Check(
        "BX-06", FORM.code, ("complications", *COMPLICATIONS), "soft",
        Label("There were complications, but none is ticked.", "有并发症，但未勾选任何一项。"),
        _none_ticked, needs=("complications",),
    ),
    Check(
        "BX-07", FORM.code, ("adverse_event", *COMPLICATIONS), "soft",
        Label("A complication is an adverse event: its line is missing.",
              "并发症应记录为不良事件：未填写对应编号。"),
        _no_event, needs=("complications",),
    ),
    Check(
        "BX-10", FORM.code, ("sent_on", "taken_at"), "hard",
        Label("Sent before it was taken.", "寄送日期早于活检日期。"), _sent_before_taken,
    ),
    Check(
        "BX-11", FORM.code, ("stain_he", "sent"), "soft",
        Label("Sent to central reading without an HE stain.", "送中心阅片的标本未做HE染色。"),
        _unstained, needs=("sent",),
    ),
    Check(
        "BX-12", FORM.code, ("specimen",), "soft",
        Label("The specimen number names the visit, which central readers must not learn.",
              "标本编号包含访视名称；中心阅片者不得获知访视信息。"), _names_visit,
    ),
    Check(
        "BX-13", FORM.code, ("specimen",), "hard",
        Label("Another biopsy has this specimen number.", "该标本编号已用于另一次活检。"),
        _specimen_twice,
    ),
)  # fmt: skip
