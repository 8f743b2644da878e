"""The two diagnosis scores from the diagnosis form, the sex and the laboratory (§4.1, §4.2). Pure.

An answer "not done", "indeterminate" or a positive without a titre says nothing of the points:
what it leaves open stays open. The laboratory's results come as multiples of its upper limits.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from patients import iaihg_revised, iaihg_simplified
from patients.iaihg_revised import HistologyFindings, Response, RevisedInputs
from patients.iaihg_simplified import Histology, SimplifiedInputs
from patients.points import Measured, Score, ViralMarkers
from trial.protocol.answers import truth
from trial.protocol.diagnosis import RevisedScoreParameters
from trial.protocol.titres import titre
from trial.protocol.truth import Truth, any_true

Answers = Mapping[str, Any]
_BIOPSIED = ("typical", "compatible", "atypical", "no_hepatitis")


@dataclass(frozen=True, slots=True)
class LabFacts:
    """What the laboratory adds: IgG and gamma globulin in xULN, and ALP to AST (or ALT)."""

    igg: Measured | None = None
    globulins: Measured | None = None
    enzyme_ratio: Measured | None = None


@dataclass(frozen=True, slots=True)
class Scores:
    """`revised_after` is None where nobody was treated before entry, or that isn't known."""

    simplified: Score
    revised_before: Score
    revised_after: Score | None


def scores_of(
    answers: Answers,
    sex: Literal["F", "M"] | None,
    labs: LabFacts,
    parameters: RevisedScoreParameters,
) -> Scores:
    """All scores of a diagnosis form as far as it is filled in."""
    revised = _revised(answers, sex, labs)
    after = None
    if answers.get("treated_before") is True:
        after = iaihg_revised.score_after(revised, _response(answers), parameters)
    return Scores(
        simplified=iaihg_simplified.simplified_score(_simplified(answers, labs)),
        revised_before=iaihg_revised.score_before(revised, parameters),
        revised_after=after,
    )


def viral_of(answers: Answers) -> ViralMarkers:
    """The viral markers of the form (§1.2 E3); another virus counts where one was looked for."""
    other = answers.get("other_virus")
    return ViralMarkers(
        hav_igm=_result(answers, "hav_igm"),
        hbsag=_result(answers, "hbsag"),
        anti_hcv=_result(answers, "anti_hcv"),
        hcv_rna=_result(answers, "hcv_rna"),
        hev_igm=_result(answers, "hev_igm"),
        other=False if other == "not_done" else truth(other or ""),
    )


def _simplified(answers: Answers, labs: LabFacts) -> SimplifiedInputs:
    histology = answers.get("histology")
    return SimplifiedInputs(
        ana=_titre(answers, "ana"),
        sma=_titre(answers, "sma"),
        lkm=_titre(answers, "lkm1"),
        sla=_result(answers, "sla_lp"),
        igg=labs.igg,
        histology=Histology(histology) if histology else None,
        viral=viral_of(answers),
    )


def _revised(answers: Answers, sex: Literal["F", "M"] | None, labs: LabFacts) -> RevisedInputs:
    grams = answers.get("alcohol_g")
    return RevisedInputs(
        sex=sex,
        enzyme_ratio=labs.enzyme_ratio,
        globulins=labs.globulins,
        igg=labs.igg,
        ana=_titre(answers, "ana"),
        sma=_titre(answers, "sma"),
        lkm1=_titre(answers, "lkm1"),
        ama=_result(answers, "ama"),
        viral=viral_of(answers),
        hepatotoxic_drugs=answers.get("hepatotoxic_drugs"),
        alcohol=None if grams is None else Measured(Decimal(grams)),
        histology=_findings(answers),
        other_autoimmune_disease=answers.get("autoimmune"),
        other_autoantibodies=any_true(_result(answers, "other_antibody"),
                                      _result(answers, "sla_lp")),
        hla_dr3_or_dr4=any_true(_result(answers, "hla_dr3"), _result(answers, "hla_dr4")),
    )  # fmt: skip


def _findings(answers: Answers) -> HistologyFindings:
    if answers.get("histology") not in _BIOPSIED:
        return HistologyFindings()
    return HistologyFindings(
        interface=answers.get("interface"),
        lymphoplasmacytic=answers.get("lymphoplasmacytic"),
        rosettes=answers.get("rosettes"),
        biliary=answers.get("biliary"),
        other=answers.get("other_changes"),
    )


def _response(answers: Answers) -> Response | None:
    said = answers.get("response")
    return Response(said) if said in {one.value for one in Response} else None


def _titre(answers: Answers, name: str) -> Measured | None:
    found = titre(answers.get(name) or "")
    return None if found is None else Measured(found.value, found.comparator)


def _result(answers: Answers, name: str) -> Truth:
    return truth(answers.get(name) or "")
