"""Which events are about users' accounts: for administrators and data managers, not for sites."""

from trial.audit.events import Act

ACCOUNT_TABLES = (
    "access_user",
    "access_membership",
    "access_apitoken",
    "access_accessreview",
    "access_rolegrant",
    "access_securityalert",
    "access_setuplink",
)
ACCOUNT_KINDS = tuple(
    f"act:{act}"
    for act in (
        Act.SIGNED_IN,
        Act.SIGNED_OUT,
        Act.SIGN_IN_FAILED,
        Act.TOKEN_ISSUED,
        Act.TOKEN_REVOKED,
        Act.SIGN_IN_LOCKED,
        Act.SESSION_ENDED,
        Act.SESSION_CLIENT_CHANGED,
        Act.SESSION_ADDRESS_CHANGED,
        Act.PASSWORD_CHANGED,
        Act.PASSWORD_EXPIRED,
        Act.SETUP_LINK_ISSUED,
        Act.SETUP_LINK_USED,
        Act.FACTOR_ADDED,
        Act.FACTOR_RENAMED,
        Act.FACTOR_REMOVED,
        Act.FACTORS_RESET,
        Act.RECOVERY_CODES_MADE,
        Act.RECOVERY_CODES_SHOWN,
        Act.RECOVERY_CODE_USED,
        Act.REAUTH_FAILED,
        Act.REAUTH_LOCKED,
        Act.USER_CREATED,
        Act.USER_DEACTIVATED,
        Act.USER_REACTIVATED,
        Act.ROLE_REQUESTED,
        Act.ROLE_GRANTED,
        Act.ROLE_REFUSED,
        Act.ROLE_ENDED,
        Act.ACCESS_REVIEWED,
    )
)
