"""The receiver of OTLP over HTTP: bodies are checked, written down durably, and only then acknowledged."""
