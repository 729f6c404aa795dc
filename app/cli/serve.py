"""`flujo serve`: take telemetry over OTLP/HTTP, and turn it into statistics."""

from typing import Annotated

import typer

from app.cli.output import print_text
from app.cli.serving import (
    DEFAULT_DATA,
    DatabaseOption,
    DataOption,
    KeepTextOption,
    choose_database,
)
from app.segments.texts import TEXT_DAYS


def serve(
    host: Annotated[str, typer.Option(help="address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0: any free one")] = 8080,
    data: DataOption = DEFAULT_DATA,
    database: DatabaseOption = None,
    history: Annotated[
        str | None, typer.Option(help="folder or URL for Parquet files [default: in the data]")
    ] = None,
    keep_days: Annotated[
        int | None, typer.Option(min=1, help="forget what is older [default: keep all]")
    ] = None,
    keep_text: KeepTextOption = False,
    keep_text_days: Annotated[
        int, typer.Option(min=1, help="forget texts that are older")
    ] = TEXT_DAYS,
) -> None:
    """Receive spans at /v1/traces until interrupted; beyond loopback only with ingest tokens."""
    # The web server is imported late: every other command would pay for it.
    from app.bootstrap.serving import ServeOptions, serve_forever

    options = ServeOptions(
        host, port, data, choose_database(database), history, keep_days, keep_text, keep_text_days
    )
    serve_forever(options, announce=lambda address: print_text(f"listening on {address}"))
