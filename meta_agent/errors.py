"""Errors of this package.

MetaAgentError
└── SettingsError    settings no estimate can be made with; the message names the setting
"""


class MetaAgentError(Exception):
    """Root of the errors raised by `meta_agent`."""


class SettingsError(MetaAgentError):
    """Raised for a setting out of range; carries its `name`."""

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        self.reason = reason
        super().__init__(f"{name!r} {reason}")
