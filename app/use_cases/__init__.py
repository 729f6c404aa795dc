"""Part of the application shell."""
