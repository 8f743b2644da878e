"""Pages about people: accounts, roles, sites, the delegation log, trainings, the access review."""

from django.urls import path, re_path

from reports.views import (
    access_review,
    delegations,
    role_grants,
    site_admin,
    trainings,
    user_access,
    users,
)

app_name = "people"
SITE = r"(?P<code>\d{2})"

urlpatterns = [
    path("admin/users/", users.users, name="users"),
    path("admin/users/new/", users.user_new, name="user_new"),
    path("admin/users/<int:pk>/", users.user, name="user"),
    path("admin/users/<int:pk>/edit/", users.user_edit, name="user_edit"),
    path("admin/users/<int:pk>/deactivate/", users.user_deactivate, name="user_deactivate"),
    path("admin/users/<int:pk>/reactivate/", users.user_reactivate, name="user_reactivate"),
    path("admin/users/<int:pk>/training/", users.user_training, name="user_training"),
    path("admin/users/<int:pk>/link/", user_access.user_link, name="user_link"),
    path("admin/users/<int:pk>/factors/", user_access.user_factors, name="user_factors"),
    path("admin/users/<int:pk>/sessions/", user_access.user_sessions, name="user_sessions"),
    path("admin/users/<int:pk>/roles/new/", role_grants.role_new, name="role_new"),
    path("admin/roles/<int:pk>/end/", role_grants.role_end, name="role_end"),
    path("admin/role-requests/", role_grants.grants, name="grants"),
    path("admin/role-requests/<int:pk>/decide/", role_grants.grant_decide, name="grant_decide"),
    path("admin/sites/", site_admin.sites, name="sites"),
    path("admin/sites/new/", site_admin.site_new, name="site_new"),
    re_path(rf"^admin/sites/{SITE}/$", site_admin.site, name="site"),
    re_path(rf"^admin/sites/{SITE}/edit/$", site_admin.site_edit, name="site_edit"),
    re_path(rf"^admin/sites/{SITE}/adopt/$", site_admin.site_adopt, name="site_adopt"),
    re_path(rf"^admin/sites/{SITE}/principal/$", site_admin.site_principal, name="site_principal"),
    path("admin/access-review/", access_review.review, name="review"),
    path("admin/access-review/file/", access_review.review_file, name="review_file"),
    path("admin/access-review/done/", access_review.review_done, name="review_done"),
    path("delegation/", delegations.logs, name="logs"),
    re_path(rf"^delegation/{SITE}/$", delegations.log, name="log"),
    re_path(rf"^delegation/{SITE}/new/$", delegations.log_new, name="log_new"),
    re_path(rf"^delegation/{SITE}/(?P<pk>\d+)/end/$", delegations.log_end, name="log_end"),
    path("trainings/", trainings.trainings, name="trainings"),
    path("trainings/<slug:kind>/", trainings.training, name="training"),
]
