"""Equal sentences about several subjects, told as one: "**Retry** `a`, `b` and `c` up to 2 times"."""

from collections.abc import Hashable, Sequence
from dataclasses import replace

from diff_ux.sentences.sentence import Sentence
from diff_ux.words import Line, Named, Piece, brief, without_asides


def merge_equal(sentences: Sequence[Sentence]) -> tuple[Sentence, ...]:
    """Join sentences that differ only in whom they are about; each stands where its first one stood."""
    groups: dict[Hashable, list[Sentence]] = {}
    for index, sentence in enumerate(sentences):
        groups.setdefault(_template(sentence) or index, []).append(sentence)
    return tuple(_join(group) for group in groups.values())


def abridge(sentences: Sequence[Sentence]) -> tuple[Line, ...]:
    """Return what changes about whom, without the figures; what then reads the same becomes one line."""
    bare = [replace(one, pieces=without_asides(one.pieces)) for one in sentences]
    return tuple(brief(one.line) for one in merge_equal(bare))


def _template(sentence: Sentence) -> Hashable:
    """Return what equal sentences share; None for a sentence that can't be told of others too."""
    if sum(isinstance(piece, Named) for piece in sentence.pieces) != 1:
        return None
    pieces = tuple(_blank(piece) for piece in sentence.pieces)
    return sentence.icon, pieces, sentence.about, sentence.weight


def _blank(piece: Piece) -> Piece:
    return Named((), piece.noun) if isinstance(piece, Named) else piece


def _join(group: Sequence[Sentence]) -> Sentence:
    first = group[0]
    told = [piece for sentence in group for piece in sentence.pieces if isinstance(piece, Named)]
    names = tuple(dict.fromkeys(name for piece in told for name in piece.names))
    pieces = tuple(
        replace(piece, names=names) if isinstance(piece, Named) else piece for piece in first.pieces
    )
    return replace(first, pieces=pieces)
