"""Patches written into YAML text: what a patch doesn't name stays as it was, byte for byte."""

from workflow.edit.transaction import edit_text

__all__ = ["edit_text"]
