"""GitHub over its REST API, carried by PyGithub: the forge, the code host, and the App itself.

Answers are read here and leave as the values of `app.forge`; no error of PyGithub or requests leaves either.
"""

from app.github.addresses import DEFAULT_API_URL, Address, parse_address
from app.github.app import GitHubApp
from app.github.app_key import AppKey, read_app_key
from app.github.code_host import GitHubCodeHost
from app.github.forge import GitHubForge
from app.github.manifest import CreatedApp, describe_app, exchange_code, registration_url
from app.github.permissions import EVENTS, PERMISSIONS, AppPermission, describe_permissions
from app.github.personal import open_with_token
from app.github.world import World

__all__ = [
    "DEFAULT_API_URL",
    "EVENTS",
    "PERMISSIONS",
    "Address",
    "AppKey",
    "AppPermission",
    "CreatedApp",
    "GitHubApp",
    "GitHubCodeHost",
    "GitHubForge",
    "World",
    "describe_app",
    "describe_permissions",
    "exchange_code",
    "open_with_token",
    "parse_address",
    "read_app_key",
    "registration_url",
]
