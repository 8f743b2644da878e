"""The site's addresses, app by app."""

from allauth.account import views as account
from django.conf import settings
from django.urls import include, path

from labs.services.evaluation import waiting_too_long
from trial.access.views import password
from trial.access.views.sign_in import SignIn, second_factor
from trial.web.health import register_check

register_check("evaluations", waiting_too_long)

# The pages of pharmacy and unblinding are there only where the sealed login is (docs/adr/0014).
SEALED = [path("", include("trial.sealed_urls"))] if settings.SEALED else []

urlpatterns = [
    *SEALED,
    path("", include("trial.web.urls")),
    path("", include("labs.urls")),
    path("", include("visits.urls")),
    path("", include("reports.paper_urls")),
    path("", include("visits.casebook_urls")),
    path("participants/", include("patients.urls")),
    path("product/", include("visits.product_urls")),
    path("safety/", include("safety.urls")),
    path("reading/", include("visits.reading_urls")),
    path("histology/", include("visits.histology_urls")),
    path("", include("randomization.urls")),
    path("", include("safety.liver_urls")),
    path("", include("reports.urls")),
    path("", include("reports.people_urls")),
    path("api/", include("reports.api.urls")),
    path("accounts/login/", SignIn.as_view(), name="account_login"),
    path("accounts/logout/", account.logout, name="account_logout"),
    path("accounts/signup/", account.signup, name="account_signup"),
    path("accounts/code/", second_factor, name="mfa_authenticate"),
    path("accounts/password/", password.change, name="account_change_password"),
    path("accounts/confirm/", password.reauthenticate, name="account_reauthenticate"),
    path("account/", include("trial.access.account_urls")),
]
