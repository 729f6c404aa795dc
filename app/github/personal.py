"""One repository reached with a person's token: everything but check runs, which GitHub lets only Apps make."""

from functools import cache

from github.Auth import Token

from app.forge import Account
from app.github.api import RepositoryApi, parse
from app.github.connection import Request
from app.github.forge import GitHubForge, Identity
from app.github.grants import PersonalGrants
from app.github.wire import WireAccount, to_account
from app.github.world import World


def open_with_token(full_name: str, token: str, world: World) -> GitHubForge:
    """Return a repository `OWNER/NAME`, written to as the person that the token belongs to."""
    connection = world.connect(Token(token))
    api = RepositoryApi(full_name, grants=PersonalGrants(connection), pace=world.new_pace())

    def ask_who_we_are() -> Account:
        return to_account(
            parse(WireAccount, connection.send(Request("GET", "/user")).body, "a person")
        )

    return GitHubForge(api, Identity(me=cache(ask_who_we_are), app_id=lambda: None))
