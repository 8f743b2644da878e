"""User names: written in one way, and never given to a second person (R-28)."""

import unicodedata

from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.db.models import Func
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MAX_LENGTH = 60
# Chinese names are written beside Latin letters; letters of other scripts only look like them.
_TOGETHER = frozenset({"LATIN", "CJK"})


class Normalized(Func):
    """The text in Unicode's compatibility form, in which full-width letters are letters."""

    function = "NORMALIZE"
    template = "%(function)s(%(expressions)s, NFKC)"
    arity = 1


def canonical(username: str) -> str:
    """The name as it is stored: in Unicode form NFKC, without spaces around it."""
    return unicodedata.normalize("NFKC", username).strip()


def fault_of(username: str) -> str | Promise | None:
    """Why a canonical name can't be given; None if it can, as far as the name itself goes."""
    if not username or len(username) > MAX_LENGTH:
        return _("A user name has 1 to 60 characters.")
    try:
        UnicodeUsernameValidator()(username)
    except ValidationError:
        return _("A user name consists of letters, digits and @ . + - _ only.")
    scripts = {unicodedata.name(sign, "?").split()[0] for sign in username if sign.isalpha()}
    if len(scripts) > 1 and not scripts <= _TOGETHER:
        return _("A user name does not mix alphabets: the letters could be taken for others.")
    return None
