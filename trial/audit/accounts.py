"""Which events are about users' accounts: for administrators and data managers, not for sites."""

from trial.audit.events import Act

ACCOUNT_TABLES = ("access_user", "access_membership", "access_apitoken")
ACCOUNT_KINDS = tuple(
    f"act:{act}"
    for act in (
        Act.SIGNED_IN,
        Act.SIGNED_OUT,
        Act.SIGN_IN_FAILED,
        Act.TOKEN_ISSUED,
        Act.TOKEN_REVOKED,
    )
)
