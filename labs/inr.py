"""INR from a prothrombin time (clinical rules §2.4)."""

from decimal import ROUND_HALF_UP, Context, Decimal, DecimalException, localcontext

HUNDREDTH = Decimal("0.01")


def inr_from_pt(pt: Decimal | None, mnpt: Decimal | None, isi: Decimal | None) -> Decimal | None:
    """(PT / MNPT) ** ISI to two decimals, half up; PT and MNPT in seconds.

    None without all three: a ratio lacking the lot's ISI or the laboratory's MNPT is no INR.
    """
    if pt is None or mnpt is None or isi is None:
        return None
    if not all(part.is_finite() and part > 0 for part in (pt, mnpt, isi)):
        return None
    with localcontext(Context(prec=28)):
        try:
            return ((pt / mnpt) ** isi).quantize(HUNDREDTH, rounding=ROUND_HALF_UP)
        except DecimalException:  # an exponent beyond any laboratory's has no INR
            return None
