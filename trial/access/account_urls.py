"""Addresses of one's own account, below /account/."""

from django.urls import path

from trial.access.views import alerts, password, security, tokens

app_name = "security"
urlpatterns = [
    path("set-up/<str:key>/", password.setup, name="setup"),
    path("password/", password.setup_password, name="setup-password"),
    path("security/", security.overview, name="overview"),
    path("security/app/", security.app_add, name="app-add"),
    path("security/keys/add/", security.key_add, name="key-add"),
    path("security/keys/<int:pk>/name/", security.key_rename, name="key-rename"),
    path("security/factors/<int:pk>/remove/", security.factor_remove, name="factor-remove"),
    path("security/codes/", security.codes, name="codes"),
    path("security/codes/make/", security.codes_make, name="codes-make"),
    path("security/sessions/end/", security.sessions_end, name="sessions-end"),
    path("security/sessions/<str:mark>/end/", security.session_end, name="session-end"),
    path("security/tokens/issue/", tokens.issue, name="token-issue"),
    path("security/tokens/<int:pk>/revoke/", tokens.revoke, name="token-revoke"),
    path("alerts/", alerts.alerts, name="alerts"),
    path("alerts/<int:pk>/seen/", alerts.alert_seen, name="alert-seen"),
]
