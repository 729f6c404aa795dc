"""The command line: thin commands over the use cases, one file each."""

from app.cli.main import main

__all__ = ["main"]
