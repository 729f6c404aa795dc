"""One file per kind of change, each turning it into a sentence; `SENTENCES` lists them."""

from diff_ux.sentences.describe import SENTENCES, describe_changes
from diff_ux.sentences.merging import abridge
from diff_ux.sentences.prompts import Rewording, list_rewordings
from diff_ux.sentences.sentence import WEIGHTS, Sentence

__all__ = [
    "SENTENCES",
    "WEIGHTS",
    "Rewording",
    "Sentence",
    "abridge",
    "describe_changes",
    "list_rewordings",
]
