"""What a central reader answers about one biopsy, as a form; clinical rules §5.

It is no form of the casebook: the site never sees it, and it belongs to a reader's specimen. Its
questions are asked only of a biopsy that the reader finds adequate: an inadequate one has no score,
not the score 0 (§5.3).
"""

from dataclasses import replace

from trial.protocol.casebook.histology_scores import CONSENSUS, FEATURES, GRADE, STAGE
from trial.protocol.crf import Form, Question, Section, When, note, yes_no
from trial.protocol.label import Label

ADEQUATE = yes_no(
    "adequate", Label("Adequate for scoring", "标本是否足以评分"), needed=True,
    cdisc="MI.ADEQUATE",
    help=Label("If not, nothing is scored: the result is missing, not zero.",
               "若不足以评分，则不作任何评分：结果为缺失，而非零分。"),
)  # fmt: skip


def _if_adequate(questions: tuple[Question, ...]) -> tuple[Question, ...]:
    """The same questions, asked of an adequate biopsy; what depends on another one of them keeps
    its condition, which then depends on this."""
    return tuple(
        one if one.when else replace(one, when=When("adequate", ("yes",))) for one in questions
    )


FORM = Form(
    code="histology_reading",
    app="visits",
    label=Label("Central reading", "中心阅片"),
    level="visit",
    domain="MI",
    icon="microscope",
    sections=(
        Section("sample", Label("Sample", "标本"), (ADEQUATE,)),
        Section("grade", Label("Activity (mHAI)", "炎症活动度（mHAI）"), _if_adequate(GRADE)),
        Section("stage", Label("Fibrosis", "纤维化"), _if_adequate(STAGE)),
        Section("features", Label("Features", "组织学特征"), _if_adequate(FEATURES)),
        Section(
            "conclusion", Label("Conclusion", "结论"),
            (
                *_if_adequate((CONSENSUS,)),
                note("remark", Label("Remark", "备注"), cdisc="CO.COVAL"),
            ),
        ),
    ),
)  # fmt: skip
