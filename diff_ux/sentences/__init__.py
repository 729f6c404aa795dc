"""One file per kind of change, each turning it into a sentence; `SENTENCES` lists them."""

from diff_ux.sentences.describe import SENTENCES, describe_changes
from diff_ux.sentences.sentence import Data, Sentence, Verb

__all__ = ["SENTENCES", "Data", "Sentence", "Verb", "describe_changes"]
