"""A stranger's check of a list after the trial, with nothing but files (R-49, F-020).

Pure, and without a database. The hash that was published before the first participant is computed
again from the list and the salt. With seed and design the list is drawn again and compared; of a
minimisation, every decision is made again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from randomization import blocks, drawfile, listfile, minimisation
from randomization.blocks import Design, Slot
from randomization.commitment import holds
from randomization.drawfile import Draw
from randomization.minimisation import Counts, Scheme


class ReplayError(ValueError):
    """The check can't be made; the message says why."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked."""

    ok: bool
    text: str


@dataclass(frozen=True, slots=True)
class Disclosed:
    """What is disclosed after the trial: `seed` and `design` of a list that was drawn here."""

    salt: bytes
    commitment: str
    seed: bytes | None = None
    design: Mapping[str, Any] | None = None


def check(data: bytes, given: Disclosed) -> list[Finding]:
    """Everything that can be said of a list. Raises ReplayError for what can't be read."""
    draws = _draws(data) if drawfile.is_one(data) else None
    slots = _slots(data) if draws is None else [draw.slot for draw in draws]
    findings = [_committed(slots, given)]
    if given.seed is not None:
        again = _again(_design(given), given.seed)
        same = [(s.stratum, s.number, s.arm) for s in again] == [
            (s.stratum, s.number, s.arm) for s in slots
        ]
        text = "the seed gives this list" if same else "the seed gives ANOTHER list"
        findings.append(Finding(same, text))
    if draws is not None and given.design is not None:
        try:
            findings.append(_decided(draws, scheme_of(given.design)))
        except (KeyError, TypeError, ValueError) as error:
            raise ReplayError(f"file and design don't fit together: {error}") from error
    return findings


def _draws(data: bytes) -> list[Draw]:
    try:
        return drawfile.read(data)
    except drawfile.DrawFileError as error:
        raise ReplayError(str(error)) from error


def _slots(data: bytes) -> list[Slot]:
    try:
        return listfile.read_any(data)
    except listfile.ListFileError as error:
        raise ReplayError(str(error)) from error


def _committed(slots: Sequence[Slot], given: Disclosed) -> Finding:
    try:
        same = holds(given.commitment, slots, given.salt)
    except ValueError as error:
        raise ReplayError(str(error)) from error
    words = f"the published hash is that of this list, {len(slots)} lines"
    return Finding(same, words if same else "the published hash is that of ANOTHER list or salt")


def _design(given: Disclosed) -> Mapping[str, Any]:
    if given.design is None:
        raise ReplayError("a seed needs the design that it was used with")
    return given.design


def _again(design: Mapping[str, Any], seed: bytes) -> list[Slot]:
    """The list that `seed` gives, by the algorithm that the design names."""
    algorithm = design.get("algorithm")
    try:
        if algorithm == blocks.ALGORITHM:
            return blocks.generate(design_of(design), seed)
        if algorithm == minimisation.ALGORITHM:
            return minimisation.drawn(seed, int(design["slots"]), first=int(design["first"]))
    except (KeyError, TypeError, ValueError) as error:
        raise ReplayError(f"the design can't be used: {error}") from error
    raise ReplayError(f"the algorithm {algorithm!r} is not known here")


def design_of(design: Mapping[str, Any]) -> Design:
    """A design of permuted blocks as it was stored."""
    return Design(
        arms=tuple(design["arms"]),
        ratio=tuple(design["ratio"]),
        sizes=tuple(design["sizes"]),
        strata=tuple(design["strata"]),
        per_stratum=int(design["per_stratum"]),
        first=tuple(design.get("first", ())),
    )


def scheme_of(design: Mapping[str, Any]) -> Scheme:
    """A scheme of minimisation as it was stored."""
    preferred = Fraction(int(design["preferred"]), minimisation.PARTS)
    return Scheme(tuple(design["arms"]), dict(design["weights"]), preferred)


def _decided(draws: Sequence[Draw], scheme: Scheme) -> Finding:
    """Whether each arm follows from the draw and from those allocated before."""
    counts, used = Counts(), [draw for draw in draws if draw.arm]
    for draw in used:
        arm = minimisation.decide(scheme, counts.totals, draw.levels, draw.draw)
        if arm != draw.arm:
            return Finding(False, f"number {draw.number} was decided OTHERWISE than its draw says")
        counts.add(draw.levels, arm)
    return Finding(True, f"each of {len(used)} arms follows from its draw")
