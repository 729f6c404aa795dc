"""`python -m app` is `flujo`."""

from app.cli import main

main()
