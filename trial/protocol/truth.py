"""Three-valued logic (Kleene) where something may not be known; None is "unknown"."""

Truth = bool | None


def all_true(*terms: Truth) -> Truth:
    """AND: one false decides, whatever else is unknown."""
    if any(term is False for term in terms):
        return False
    return None if any(term is None for term in terms) else True


def any_true(*terms: Truth) -> Truth:
    """OR: one true decides, whatever else is unknown."""
    if any(term is True for term in terms):
        return True
    return None if any(term is None for term in terms) else False


def negate(term: Truth) -> Truth:
    """NOT: unknown stays unknown."""
    return None if term is None else not term
