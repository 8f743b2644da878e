"""Reading about participants."""

from collections.abc import Mapping

from patients.models import Answer, Participant
from trial.access.selectors import protocol_at
from trial.protocol.criteria import Criterion, Eligibility, EligibilityParameters, decide
from trial.protocol.version import ProtocolVersion

SCORE = "I2"  # the criterion that is answered by the simplified score


def screening_protocol(participant: Participant) -> ProtocolVersion:
    """The protocol version under which the participant is screened."""
    return protocol_at(participant.site, participant.screened_on)


def criteria_for(participant: Participant, protocol: ProtocolVersion) -> tuple[Criterion, ...]:
    """The criteria that are asked of this participant."""
    return tuple(c for c in protocol.criteria if not (c.female_only and participant.sex == "M"))


def eligibility_of(participant: Participant) -> Eligibility:
    """The decision over the answers given so far, under the protocol at screening."""
    return eligibility_under(participant, screening_protocol(participant))


def eligibility_under(participant: Participant, protocol: ProtocolVersion) -> Eligibility:
    """The decision over the answers given so far; `criteria` may be prefetched."""
    rows = participant.criteria.all()
    answers = {row.criterion: Answer(row.answer) for row in rows}
    score = next((row.value for row in rows if row.criterion == SCORE), None)
    return decision(participant, answers, score, protocol)


def decision(
    participant: Participant,
    answers: Mapping[str, Answer],
    score: int | None,
    protocol: ProtocolVersion,
) -> Eligibility:
    """The decision over answers by criterion and the simplified score, stored or just typed."""
    known = {
        criterion.code: _known(participant, criterion, answers.get(criterion.code))
        for criterion in protocol.criteria
    }
    bounds = protocol.eligibility
    return decide(
        known,
        _age(participant, known.get("AGE"), bounds),
        participant.sex,
        score,
        bounds.minimum_score,
        criteria=protocol.criteria,
        age_low=bounds.age_low,
        age_high=bounds.age_high,
    )


def _known(participant: Participant, criterion: Criterion, answer: Answer | None) -> bool | None:
    """Yes, no, or None while it is open.

    "Not applicable" meets a criterion about fertile women, unless childbearing is possible.
    """
    if answer is None or answer == Answer.UNKNOWN:
        return None
    if answer == Answer.NOT_APPLICABLE:
        fertile = participant.childbearing_potential is not False
        return None if fertile or not criterion.female_only else criterion.kind == "inclusion"
    return answer == Answer.YES


def possible_ages(participant: Participant) -> tuple[int, int]:
    """The two ages the participant can have had at screening: only the year is kept (R-52)."""
    older = participant.screened_on.year - participant.birth_year
    return older - 1, older


def _age(
    participant: Participant, confirmed: bool | None, bounds: EligibilityParameters
) -> int | None:
    """Age at screening, as far as the year of birth tells; None where it can't decide.

    Where just one of the two possible ages is within the bounds, the site's recorded answer to
    the age criterion decides.
    """
    ages = possible_ages(participant)
    within = [age for age in ages if bounds.age_low <= age <= bounds.age_high]
    if len(within) == 1:
        return within[0] if confirmed else None
    return ages[1]
