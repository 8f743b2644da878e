"""What a query asks, in the reader's language. A new check adds its sentences here."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trial.quality.models import Query

# By the check's code, with the finding's own code where it has several.
_SENTENCES: Mapping[str, str | Promise] = {
    "labs.soft:soft_low": gettext_lazy(
        "%(value)s lies below %(limit)s %(unit)s, which is unusual. Is it right?"
    ),
    "labs.soft:soft_high": gettext_lazy(
        "%(value)s lies above %(limit)s %(unit)s, which is unusual. Is it right?"
    ),
    "labs.soft:unit_suspected": gettext_lazy(
        "%(value)s would be usual in another unit. Are number and unit right?"
    ),
    "labs.incomplete": gettext_lazy(
        "More than %(days)s days after the visit, %(filled)s of %(expected)s values are answered. "
        "Please enter the others, or say why they were not done."
    ),
    "labs.dialysis": gettext_lazy(
        "Whether there was dialysis is not answered, so that MELD cannot be computed."
    ),
}


def question_text(query: Query) -> str:
    """What is asked: a person's own words, or the sentence of the check that asks."""
    if not query.check_code:
        return query.text
    key = ":".join(filter(None, (query.check_code, query.params.get("code", ""))))
    sentence = _SENTENCES.get(key)
    return str(sentence) % query.params if sentence else query.check_code


def reason_text(query: Query) -> str:
    """The reason of a change that a query led to; it names the query in the trail (R-13)."""
    words = {"number": query.pk, "text": " ".join(question_text(query).split())[:300]}
    return _("Query #%(number)s: %(text)s") % words
