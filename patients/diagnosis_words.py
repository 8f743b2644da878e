"""The diagnosis scores as they are shown: each item with its points and what it rests on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from patients.points import Item, Score, Verdict
from trial.crf.values import text_of
from trial.protocol.casebook.forms import BY_CODE
from trial.protocol.crf import Values
from trial.web.formats import localized

_SIMPLIFIED: Mapping[str, tuple[str | Promise, tuple[str, ...]]] = {
    "autoantibodies": (gettext_lazy("Autoantibodies"), ("ana", "sma", "lkm1", "sla_lp")),
    "igg": (gettext_lazy("IgG"), ("IGG",)),
    "histology": (gettext_lazy("Histology"), ("histology",)),
    "viral_hepatitis": (
        gettext_lazy("No viral hepatitis"),
        ("hav_igm", "hbsag", "anti_hcv", "hcv_rna", "hev_igm", "other_virus"),
    ),
}
_REVISED: Mapping[str, tuple[str | Promise, tuple[str, ...]]] = {
    "sex": (gettext_lazy("Female sex"), ()),
    "enzyme_ratio": (gettext_lazy("ALP to AST or ALT"), ("ALP", "AST", "ALT")),
    "globulins_or_igg": (gettext_lazy("Globulins or IgG"), ("IGG", "GLOBG")),
    "autoantibodies": (gettext_lazy("ANA, SMA or LKM-1"), ("ana", "sma", "lkm1")),
    "ama": (gettext_lazy("AMA"), ("ama",)),
    "viral_markers": (gettext_lazy("Viral markers"), _SIMPLIFIED["viral_hepatitis"][1]),
    "hepatotoxic_drugs": (gettext_lazy("Hepatotoxic drugs"), ("hepatotoxic_drugs",)),
    "alcohol": (gettext_lazy("Alcohol"), ("alcohol_g",)),
    "histology": (
        gettext_lazy("Histology"),
        ("interface", "lymphoplasmacytic", "rosettes", "biliary", "other_changes"),
    ),
    "other_autoimmune_disease": (gettext_lazy("Other autoimmune disease"), ("autoimmune",)),
    "other_autoantibodies": (gettext_lazy("Other autoantibodies"), ("sla_lp", "other_antibody")),
    "hla": (gettext_lazy("HLA-DR3 or DR4"), ("hla_dr3", "hla_dr4")),
    "response": (gettext_lazy("Response to treatment"), ("response",)),
}
_NAMES: Mapping[str, str | Promise] = {
    "IGG": gettext_lazy("IgG"),
    "GLOBG": gettext_lazy("Gamma globulin"),
}
_VERDICTS: Mapping[Verdict, tuple[str | Promise, str]] = {
    Verdict.DEFINITE: (gettext_lazy("definite AIH"), "green"),
    Verdict.PROBABLE: (gettext_lazy("probable AIH"), "green"),
    Verdict.NEITHER: (gettext_lazy("neither probable nor definite AIH"), "red"),
    Verdict.OPEN: (gettext_lazy("open until what is missing is known"), "amber"),
}


@dataclass(frozen=True, slots=True)
class ItemLine:
    """One item: its points ("2", or "0 to 2" while open) and (what, answer) it rests on."""

    name: str
    points: str
    open: bool
    rests_on: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class ScoreLines:
    """One score as a table. `total`: "7", or "4 to 8" while something is missing."""

    name: str
    total: str
    verdict: str
    tone: str
    missing: Sequence[str]
    items: Sequence[ItemLine]
    excluded: bool


def simplified_lines(score: Score, answers: Values, labs: Mapping[str, str]) -> ScoreLines:
    """The simplified score; `labs` are the laboratory's results as text by analyte."""
    return _lines(_("Simplified score (IAIHG 2008)"), score, _SIMPLIFIED, answers, labs)


def revised_lines(
    score: Score, answers: Values, labs: Mapping[str, str], *, after: bool
) -> ScoreLines:
    """The revised score before treatment, or after it."""
    name = _("Revised score (1999), after treatment")
    if not after:
        name = _("Revised score (1999), before treatment")
    return _lines(name, score, _REVISED, answers, labs)


def span(possible: Sequence[int]) -> str:
    """The points that are possible: "2", or "0 to 2"."""
    if len(possible) == 1:
        return str(possible[0])
    return _("%(low)s to %(high)s") % {"low": possible[0], "high": possible[-1]}


def _lines(
    name: str,
    score: Score,
    words: Mapping[str, tuple[str | Promise, tuple[str, ...]]],
    answers: Values,
    labs: Mapping[str, str],
) -> ScoreLines:
    verdict, tone = _VERDICTS[score.verdict]
    return ScoreLines(
        name=name,
        total=span(score.possible),
        verdict=str(verdict),
        tone=tone,
        missing=[str(words[code][0]) for code in score.missing],
        items=[_item(item, words[item.code], answers, labs) for item in score.items],
        excluded=score.excluded,
    )


def _item(
    item: Item, words: tuple[str | Promise, tuple[str, ...]], answers: Values,
    labs: Mapping[str, str],
) -> ItemLine:  # fmt: skip
    name, sources = words
    rests_on = [*_answered(sources, answers), *_measured(sources, labs)]
    return ItemLine(str(name), span(item.possible), item.open, rests_on)


def _answered(sources: Iterable[str], answers: Values) -> list[tuple[str, str]]:
    form = BY_CODE["diagnosis"]
    return [
        (
            localized(form.question(name).label),
            text_of(form.question(name), answers.get(name), UTC) or _("not answered"),
        )
        for name in sources
        if not name.isupper()
    ]


def _measured(sources: Iterable[str], labs: Mapping[str, str]) -> list[tuple[str, str]]:
    """The laboratory's results; ALT stands in for AST and is not missed beside it."""
    wanted = [name for name in sources if name.isupper()]
    found = [(str(_NAMES.get(name, name)), labs[name]) for name in wanted if name in labs]
    if found or not wanted:
        return found
    missing = [name for name in wanted if name != "ALT"]
    return [(str(_NAMES.get(name, name)), _("not measured at screening")) for name in missing]
