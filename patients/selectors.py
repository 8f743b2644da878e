"""Reading about participants."""

from patients.models import Answer, Participant
from trial.access.selectors import protocol_at
from trial.protocol.criteria import Eligibility, EligibilityParameters, decide

_KNOWN = {Answer.YES.value: True, Answer.NO.value: False}


def eligibility_of(participant: Participant) -> Eligibility:
    """The decision over the answers given so far, under the protocol at screening."""
    protocol = protocol_at(participant.site, participant.screened_on)
    rows = {row.criterion: row for row in participant.criteria.all()}
    answers = {code: _KNOWN.get(row.answer) for code, row in rows.items()}
    bounds = protocol.eligibility
    return decide(
        answers,
        _age(participant, answers.get("AGE"), bounds),
        participant.sex,
        rows["I2"].value if "I2" in rows else None,
        bounds.minimum_score,
        criteria=protocol.criteria,
        age_low=bounds.age_low,
        age_high=bounds.age_high,
    )


def _age(
    participant: Participant, confirmed: bool | None, bounds: EligibilityParameters
) -> int | None:
    """Age at screening, as far as the year of birth tells; None where it can't decide.

    Only the year is kept (R-52), so a participant is one of two ages. Where just one of them is
    within the bounds, the site's recorded answer to the age criterion decides.
    """
    older = participant.screened_on.year - participant.birth_year
    ages = (older - 1, older)
    within = [age for age in ages if bounds.age_low <= age <= bounds.age_high]
    if len(within) == 1:
        return within[0] if confirmed else None
    return older
