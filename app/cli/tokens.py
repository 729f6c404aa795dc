"""`flujo tokens`: who may send telemetry for which repository."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from app.cli.output import Format, FormatOption, print_json, print_text
from app.cli.serving import DEFAULT_DATA, DatabaseOption, DataOption, open_data
from app.errors import BadInputError
from app.store import IngestToken, choose_telemetry_name, create_token, list_tokens, revoke_token

tokens = typer.Typer(help="Who may send telemetry for which repository.", no_args_is_help=True)

RepositoryOption = Annotated[str, typer.Option("--repository", help="like acme/support")]
_MAX_NAME = 200


@tokens.command()
def create(
    repository: RepositoryOption,
    data: DataOption = DEFAULT_DATA,
    database: DatabaseOption = None,
    output: FormatOption = Format.TEXT,
) -> None:
    """Make a token; it is shown this once."""
    _, store = open_data(data, database)
    with store.transaction() as rows:
        name = choose_telemetry_name(rows, _check_name(repository))
        token, secret = create_token(rows, name, at=datetime.now(UTC))
    _show([token], output, secret=secret)


@tokens.command()
def rotate(
    repository: RepositoryOption,
    data: DataOption = DEFAULT_DATA,
    database: DatabaseOption = None,
    output: FormatOption = Format.TEXT,
) -> None:
    """Make a new token, and revoke the repository's others."""
    _, store = open_data(data, database)
    now = datetime.now(UTC)
    with store.transaction() as rows:
        name = choose_telemetry_name(rows, _check_name(repository))
        for old in list_tokens(rows, name):
            revoke_token(rows, old.id, at=now)
        token, secret = create_token(rows, name, at=now)
    _show([token], output, secret=secret)


@tokens.command()
def revoke(
    token_id: Annotated[str, typer.Argument(metavar="ID", show_default=False)],
    data: DataOption = DEFAULT_DATA,
    database: DatabaseOption = None,
    output: FormatOption = Format.TEXT,
) -> None:
    """End a token at once."""
    _, store = open_data(data, database)
    with store.transaction() as rows:
        token = revoke_token(rows, token_id, at=datetime.now(UTC))
    _show([token], output)


@tokens.command("list")
def list_all(
    repository: Annotated[str, typer.Option("--repository", help="only this one's")] = "",
    data: DataOption = DEFAULT_DATA,
    database: DatabaseOption = None,
    output: FormatOption = Format.TEXT,
) -> None:
    """List tokens; never their secrets, which nobody has."""
    _, store = open_data(data, database)
    with store.snapshot() as rows:
        found = list_tokens(rows, repository)
    _show(found, output)


def _check_name(repository: str) -> str:
    if not repository.isprintable() or not 0 < len(repository) <= _MAX_NAME or " " in repository:
        raise BadInputError("a repository's name is like acme/support, without spaces")
    return repository


def _show(
    shown: list[IngestToken] | tuple[IngestToken, ...], output: Format, *, secret: str | None = None
) -> None:
    if output is Format.JSON:
        print_json({"tokens": [_to_json(token) for token in shown], "secret": secret})
        return
    for token in shown:
        ended = f"  revoked {token.revoked_at:%Y-%m-%d %H:%M}" if token.revoked_at else ""
        print_text(f"{token.id}  {token.created_at:%Y-%m-%d %H:%M}  {token.repository}{ended}")
    if secret:
        print_text(f"token, shown this once: {secret}")
    if not shown:
        print_text("no tokens")


def _to_json(token: IngestToken) -> dict[str, object]:
    return {
        "id": token.id,
        "repository": token.repository,
        "created_at": token.created_at.isoformat(),
        "revoked_at": token.revoked_at.isoformat() if token.revoked_at else None,
    }
