"""The symptom checklist of every visit; clinical rules §11.

The questions are made from the items of the study's checklist (trial/protocol/symptoms.py), in its
order: form and rules cannot drift apart. `ratings` turns answers into what visits/symptoms.py
counts with.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from trial.protocol.common_checks import on_visit_day
from trial.protocol.crf import (
    Case,
    Code,
    Form,
    Question,
    Section,
    Values,
    blank,
    choice,
    day,
    note,
    number,
    yes_no,
)  # fmt: skip
from trial.protocol.edit_checks import Check
from trial.protocol.label import Label
from trial.protocol.symptoms import Group, Item, Scale, SymptomParameters

# Asked about once a rating on the 0-10 scale is so much above baseline [study default: §11 states
# no threshold].
WORSENING = 4
BASELINE = ("D0", "SCR")  # the later one counts where it has an answer

CHECKLIST = SymptomParameters()

SEVERITY = (
    Code("none", Label("None", "无")),
    Code("mild", Label("Mild", "轻度"), "MILD"),
    Code("moderate", Label("Moderate", "中度"), "MODERATE"),
    Code("severe", Label("Severe", "重度"), "SEVERE"),
)
WEST_HAVEN = (
    Code("0", Label("0: no abnormality", "0级：无异常")),
    Code("1", Label("1: trivial lack of awareness, euphoria or anxiety, shortened attention span",
                    "1级：轻微认知障碍，欣快或焦虑，注意力时间缩短")),
    Code("2", Label("2: lethargy or apathy, disoriented in time, changed personality",
                    "2级：嗜睡或淡漠，时间定向障碍，性格改变")),
    Code("3", Label("3: somnolent to semi-stupor but responsive, confused, grossly disoriented",
                    "3级：昏睡但可唤醒，意识模糊，明显定向障碍")),
    Code("4", Label("4: coma", "4级：昏迷")),
)  # fmt: skip
_CODES: Mapping[Scale, tuple[Code, ...]] = {Scale.SEVERITY: SEVERITY, Scale.WEST_HAVEN: WEST_HAVEN}

# What each item is called in both languages, and its test code in SDTM.
_WORDS: Mapping[str, tuple[str, str, str]] = {
    "fatigue": ("Fatigue", "乏力", "FATIGUE"),
    "pruritus": ("Itching", "瘙痒", "PRURITUS"),
    "jaundice": ("Jaundice", "黄疸", "JAUNDICE"),
    "joint_pain": ("Joint pain", "关节痛", "JOINTPN"),
    "abdominal_pain": ("Right upper quadrant or abdominal pain", "右上腹痛或腹痛", "ABDPAIN"),
    "anorexia": ("Loss of appetite", "食欲减退", "ANOREXIA"),
    "nausea": ("Nausea", "恶心", "NAUSEA"),
    "weight_loss": ("Weight loss", "体重下降", "WTLOSS"),
    "malaise": ("Malaise", "全身不适", "MALAISE"),
    "dark_urine": ("Dark urine", "尿色加深", "DKURINE"),
    "pale_stool": ("Pale stool", "大便颜色变浅", "PLSTOOL"),
    "fever": ("Fever", "发热", "FEVER"),
    "rash_acne": ("Rash or acne", "皮疹或痤疮", "RASHACNE"),
    "amenorrhoea": ("Absent periods", "闭经", "AMENORRH"),
    "distension": ("Abdominal distension", "腹胀", "DISTENSN"),
    "oedema": ("Oedema", "水肿", "OEDEMA"),
    "sleep": ("Sleep disturbance", "睡眠障碍", "SLEEP"),
    "mood": ("Mood disturbance", "情绪障碍", "MOOD"),
    "hepatomegaly": ("Enlarged liver", "肝大", "HEPATOMG"),
    "splenomegaly": ("Enlarged spleen", "脾大", "SPLENOMG"),
    "ascites": ("Ascites", "腹水", "ASCITES"),
    "spider_naevi": ("Spider naevi", "蜘蛛痣", "SPIDERNV"),
    "encephalopathy": ("Encephalopathy (West Haven)", "肝性脑病（West Haven分级）", "HEPENCEP"),
    "moon_face": ("Moon face", "满月脸", "MOONFACE"),
    "striae": ("Striae", "皮肤紫纹", "STRIAE"),
    "hirsutism": ("Excessive hair", "多毛", "HIRSUT"),
    "cataract": ("Cataract", "白内障", "CATARACT"),
    "bone_pain": ("Bone pain", "骨痛", "BONEPAIN"),
}  # fmt: skip

_HELP: Mapping[str, Label] = {
    "fatigue": Label("0 none, 10 the worst imaginable.", "0为无，10为能想象的最严重程度。"),
    "pruritus": Label("0 none, 10 the worst imaginable.", "0为无，10为能想象的最严重程度。"),
    # Conditions know only the row, not the participant: SYM-03 and SYM-04 see to it.
    "amenorrhoea": Label(
        "Only women are asked. Leave blank where no periods are expected, as after menopause.",
        "仅询问女性；绝经等无月经者留空。",
    ),
}


def _question(item: Item) -> Question:
    english, chinese, code = _WORDS[item.code]
    label = Label(english, chinese)
    more: dict[str, Any] = {
        "cdisc": f"QS.{code}",
        "help": _HELP.get(item.code),
        "needed": item.code != "amenorrhoea",
    }
    if item.scale is Scale.NRS:
        return number(item.code, label, low=0, high=item.scale.highest, **more)
    if item.scale is Scale.PRESENCE:
        return yes_no(item.code, label, **more)
    return choice(item.code, label, _CODES[item.scale], **more)


def _questions(group: Group) -> tuple[Question, ...]:
    return tuple(_question(item) for item in CHECKLIST.items if item.group == group)


def score(item: Item, answer: Any) -> int | None:
    """An answer as the rating it stands for, in whole steps from 0; None without an answer."""
    if blank(answer):
        return None
    if item.scale in _CODES:
        return [one.code for one in _CODES[item.scale]].index(answer)
    return int(answer)


def ratings(values: Values) -> dict[str, int | None]:
    """A row's answers as the checklist's scores by item."""
    return {item.code: score(item, values.get(item.code)) for item in CHECKLIST.items}


FORM = Form(
    code="symptoms",
    app="visits",
    label=Label("Symptoms and signs", "症状与体征"),
    level="visit",
    domain="QS",
    icon="heartbeat",
    sections=(
        Section(
            "symptoms",
            Label("Symptoms", "症状"),
            (
                day("assessed_on", Label("Asked on", "评估日期"), needed=True, cdisc="QS.QSDTC"),
                *_questions("symptom"),
            ),
            help=Label("As the participant says.", "按受试者自述填写。"),
        ),
        Section("signs", Label("Signs", "体征"), _questions("sign")),
        Section(
            "steroid_effects",
            Label("Effects of steroids", "激素不良反应"),
            (*_questions("steroid"), note("remark", Label("Remark", "备注"), cdisc="CO.COVAL")),
            help=Label(
                "Weight and blood pressure are vital signs, glucose is a laboratory value.",
                "体重和血压见生命体征，血糖见实验室检查。",
            ),
        ),
    ),
)


def baseline(case: Case, name: str) -> Any:
    """The answer at day 0, else at screening; None unless its visit was before this one."""
    for visit in BASELINE:
        row = next((row for row in case.facts.all(FORM.code) if row.visit == visit), None)
        if row is not None and not row.not_done and not blank(row[name]):
            earlier = row.on is not None and case.row.on is not None and row.on < case.row.on
            return row[name] if earlier else None
    return None


def _worse(name: str, case: Case) -> bool:
    before = baseline(case, name)
    return before is not None and case[name] - before >= WORSENING


def _man(case: Case) -> bool:
    return case.person.sex == "M"


def _woman_not_asked(case: Case) -> bool:
    """Of childbearing potential, and the line is blank."""
    person = case.person
    fertile = person.sex == "F" and person.childbearing_potential is True
    return fertile and blank(case["amenorrhoea"])


CHECKS = (
    *(
        Check(
            id_, FORM.code, (name,), "soft",
            Label(f"{en} is worse than at baseline by {WORSENING} points or more.",
                  f"{zh}较基线加重{WORSENING}分或以上。"),
            partial(_worse, name),
        )
        for id_, name, en, zh in (
            ("SYM-01", "fatigue", "Fatigue", "乏力"),
            ("SYM-02", "pruritus", "Itching", "瘙痒"),
        )
    ),
    Check(
        "SYM-03", FORM.code, ("amenorrhoea",), "soft",
        Label("Absent periods are asked of women only.", "闭经仅询问女性。"), _man,
    ),
    Check(
        "SYM-04", FORM.code, ("amenorrhoea",), "soft",
        Label("A woman of childbearing potential was not asked about absent periods.",
              "有生育能力的女性未评估闭经。"),
        _woman_not_asked, needs=("assessed_on",),
    ),
    on_visit_day("SYM-06", FORM, "assessed_on"),
)  # fmt: skip
