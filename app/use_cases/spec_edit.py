"""What is to be written for an accepted proposal, fixed before anything happens."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SpecEdit:
    """New bytes for the spec of a stored proposal; `blob_before` is the content they were made for: the edit's lock.

    `sentences` say in the commit message what changes and why.
    """

    proposal_id: str
    blob_before: str
    content: bytes
    spec_sha256_after: str
    sentences: tuple[str, ...] = ()
