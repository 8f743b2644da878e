"""Two who do the same at once: what the first one did stands, the second is told."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError

from trial.access.exceptions import Refused


@contextmanager
def refused_if(constraint: str, refusal: Refused) -> Iterator[None]:
    """Raise `refusal` where the database refuses by a constraint of this name, or with it in its
    name. Stands inside the transaction, around all that it writes."""
    try:
        yield
    except IntegrityError as error:
        if constraint not in str(error):
            raise
        raise refusal from error
