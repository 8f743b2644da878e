"""Sign-in: allauth's, with failed attempts counted and kept by django-axes."""

from allauth.account.views import LoginView
from axes.decorators import axes_dispatch, axes_form_invalid
from django.contrib.auth.decorators import login_not_required
from django.utils.decorators import method_decorator


@method_decorator(login_not_required, name="dispatch")
@method_decorator(axes_dispatch, name="post")  # a GET names no user: all would be locked out
@method_decorator(axes_form_invalid, name="form_invalid")
class SignIn(LoginView):
    """The sign-in page; after five failures the user and address are locked out for a while."""
