"""allauth's adapter for second factors: secrets encrypted at rest, nothing that names a person."""

import base64
import hashlib

from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser


def _fernet() -> MultiFernet:
    """Keys from SECRET_KEY; its former values in SECRET_KEY_FALLBACKS still decrypt."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [hashlib.sha256(b"second factor:" + key.encode()).digest() for key in secrets]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


class SecondFactors(DefaultMFAAdapter):
    """Who reads a copy of the database can't compute anybody's codes from it."""

    def encrypt(self, text: str) -> str:
        return _fernet().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _fernet().decrypt(encrypted_text.encode()).decode()

    def get_totp_issuer(self) -> str:
        return str(settings.STUDY_NAME)

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        """The user name: an authenticator app shows and syncs it, so no address and no name."""
        return user.get_username()

    def _get_user_identifier(self, user: AbstractBaseUser) -> str:
        return user.get_username()
