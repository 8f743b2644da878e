"""Genotypes asked for before azathioprine; clinical rules §7.2, §7.3.

Whether azathioprine may be given without them, or with a poor metaboliser's, is a check of the AIH
treatment.
"""

from trial.protocol.crf import Code, Form, Question, Section, When, choice, partial_day
from trial.protocol.label import Label

_METABOLISERS = (
    Code("normal", Label("Normal metaboliser", "正常代谢型"), "NORMAL METABOLIZER"),
    Code(
        "intermediate", Label("Intermediate metaboliser", "中间代谢型"),
        "INTERMEDIATE METABOLIZER",
    ),
    Code("poor", Label("Poor metaboliser", "慢代谢型"), "POOR METABOLIZER"),
    Code("not_tested", Label("Not tested", "未检测"), "NOT DONE"),
)  # fmt: skip
TESTED = ("normal", "intermediate", "poor")

_METHODS = (
    Code("pcr", Label("PCR", "聚合酶链反应（PCR）"), "PCR"),
    Code("sequencing", Label("Sequencing", "测序"), "SEQUENCING"),
    Code("activity", Label("Enzyme activity", "酶活性测定"), "ENZYME ACTIVITY"),
    Code("other", Label("Other", "其他")),
)


def _gene(name: str, label: Label) -> tuple[Question, ...]:
    """A gene's result with its method and day, named after it."""
    tested = When(name, TESTED)
    return (
        choice(name, label, _METABOLISERS, needed=True, cdisc=f"GF.{name.upper()}"),
        choice(
            f"{name}_method", Label(f"{label.en}: method", f"{label.zh}：检测方法"), _METHODS,
            when=tested, needed=True, cdisc="GF.GFMETHOD",
        ),
        partial_day(
            f"{name}_on", Label(f"{label.en}: tested on", f"{label.zh}：检测日期"), when=tested,
            needed=True, cdisc="GF.GFDTC",
        ),
    )  # fmt: skip


FORM = Form(
    code="genotype",
    app="patients",
    label=Label("TPMT and NUDT15 genotype", "TPMT与NUDT15基因型"),
    level="participant",
    domain="GF",
    icon="dna-2",
    sections=(
        Section(
            "genotype",
            Label("Genotype", "基因型"),
            (
                *_gene("tpmt", Label("TPMT", "硫嘌呤甲基转移酶（TPMT）")),
                *_gene("nudt15", Label("NUDT15", "NUDT15")),
            ),
            help=Label(
                "Before azathioprine is started. NUDT15 matters most in East Asians.",
                "开始使用硫唑嘌呤前检测。东亚人群中NUDT15最为重要。",
            ),
        ),
    ),
)
