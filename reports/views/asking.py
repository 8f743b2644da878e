"""A page with one form and one service behind it: most of the administration is that."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise

from trial.access.exceptions import Refused
from trial.access.http import AuthenticatedHttpRequest
from trial.access.refusals import show_refusal

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Question:
    """What a form page says, and where it leads back to.

    `text` (paragraphs) and `note` stand above the form; `kind` is the kind of its button.
    """

    title: Text
    submit: Text
    back: str
    lead: Text = ""
    note: Text = ""
    icon: str = "check"
    kind: str = "primary"
    text: Sequence[Text] = ()
    menu: Text = ""
    menu_url: str = ""


def ask(
    request: AuthenticatedHttpRequest,
    form: forms.Form,
    question: Question,
    act: Callable[[Mapping[str, Any]], str],
) -> HttpResponse:
    """Show the form; once it is valid, do `act` with its data, say what it returns, and go back.

    What a service refuses stands at the fields, and nothing that was typed is lost.
    """
    if request.method == "POST" and form.is_valid():
        try:
            done = act(form.cleaned_data)
        except Refused as refused:
            show_refusal(form, refused)
        else:
            messages.success(request, done)
            return redirect(question.back)
    status = 422 if form.errors else 200
    context = {"form": form, "question": question}
    return render(request, "reports/people/form.html", context, status=status)


def typed(request: AuthenticatedHttpRequest) -> Mapping[str, Any] | None:
    """What was posted; None where the form is only asked for. An empty post is a post."""
    return request.POST if request.method == "POST" else None
