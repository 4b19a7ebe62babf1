"""Sign-in by the LMS's OpenID Connect, and what each party may do at the hub.

Nobody is an administrator of the hub: such a person could enter every trainee's notebook, and no
work of the academy needs it. The LMS starts and stops servers with a service token.
"""

from typing import Any

from oauthenticator.generic import GenericOAuthenticator
from tornado.httpclient import HTTPClientError

from hub_config.settings import Settings

REFRESH_SECONDS = 30
ROLES = {"role:trainee", "role:instructor", "role:administrator"}


class AcademyAuthenticator(GenericOAuthenticator):
    async def refresh_user(self, user: Any, handler: Any = None, **kwargs: Any) -> Any:
        """A silent LMS changes nobody's rights: who works in a notebook can go on and save.

        A refusal of the LMS, as for an account that was deactivated, still ends the sign-in.
        """
        try:
            return await super().refresh_user(user, handler, **kwargs)
        except (OSError, HTTPClientError) as error:
            self.log.warning("The LMS did not say whether %s may stay: %s", user.name, error)
            return True


def sign_in(c: Any, settings: Settings) -> None:
    accounts = f"{settings.lms_origin}/accounts/oauth"
    c.JupyterHub.authenticator_class = AcademyAuthenticator
    c.Authenticator.enable_auth_state = True
    c.Authenticator.auto_login = True
    c.Authenticator.manage_groups = True
    c.Authenticator.auth_refresh_age = REFRESH_SECONDS
    c.Authenticator.admin_users = set()
    oauth = c.AcademyAuthenticator
    oauth.login_service = "AI Academy LMS"
    oauth.client_id = "jupyterhub"
    oauth.client_secret = settings.client_secret
    oauth.basic_auth = True
    oauth.enable_pkce = True
    oauth.authorize_url = f"{accounts}/authorize"
    oauth.token_url = f"{accounts}/token"
    oauth.userdata_url = f"{accounts}/userinfo"
    oauth.oauth_callback_url = f"{settings.hub_origin}/hub/oauth_callback"
    oauth.scope = ["openid", "profile", "groups"]
    oauth.username_claim = "preferred_username"
    oauth.auth_state_groups_key = "oauth_user.groups"
    oauth.allowed_groups = ROLES
    oauth.logout_redirect_url = settings.lms_origin


def services(c: Any, settings: Settings, *, culler: list[str]) -> None:
    c.JupyterHub.services = [
        {"name": "lms", "api_token": settings.api_token, "display": False},
        {"name": "idle-culler", "command": culler},
    ]
    c.JupyterHub.load_roles = [
        {
            "name": "lms",
            "description": "make users, start, watch and stop their servers; never enter one",
            "scopes": ["admin:users", "servers"],
            "services": ["lms"],
        },
        {
            "name": "idle-culler",
            "description": "see when servers were last used, stop them",
            "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
            "services": ["idle-culler"],
        },
    ]
