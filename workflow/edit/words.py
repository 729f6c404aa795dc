"""A few words changed in text that runs over several lines: folded (`>`), quoted or plain."""

import re
from itertools import takewhile

from workflow.edit.source import Source, Splice
from workflow.yaml_io.yaml_tree import Node

_WORD = re.compile(r"\S+")
_HEADER = re.compile(r"[|>][^\r\n]*")
_SAFE_WORD = re.compile(r"[^\s\"'\\#:]+")


def change_words(source: Source, node: Node, text: str) -> list[Splice] | None:
    """Change only the words of a scalar that differ, keeping its line breaks; None where that isn't simple."""
    written = source.text[node.start : source.content_end(node)]
    if node.style == "|" or len(written.splitlines()) < 2:
        return None
    header = _HEADER.match(written)
    spots = list(_WORD.finditer(written, header.end() if header else 0))
    said = list(_WORD.finditer(node.text))
    new = text.split()
    if len(spots) != len(said) or not new:
        return None
    head, tail = _common_ends([word.group() for word in said], new)
    spots, said = spots[head : len(spots) - tail], said[head : len(said) - tail]
    words = new[head : len(new) - tail]
    if not _is_simple(spots, said, words):
        return None
    replacing = " ".join(words)
    if node.text[: said[0].start()] + replacing + node.text[said[-1].end() :] != text:
        return None
    return [Splice(node.start + spots[0].start(), node.start + spots[-1].end(), replacing)]


def _is_simple(spots: list[re.Match[str]], said: list[re.Match[str]], words: list[str]) -> bool:
    """Whether the words are written as they are read, and can be."""
    same = [spot.group() for spot in spots] == [word.group() for word in said]
    return bool(said) and same and all(map(_SAFE_WORD.fullmatch, words))


def _common_ends(old: list[str], new: list[str]) -> tuple[int, int]:
    """Return how many words are the same in front and behind, leaving at least one of each side between."""
    most = min(len(old), len(new)) - 1
    head = min(_count_same(old, new), most)
    return head, min(_count_same(old[::-1], new[::-1]), most - head)


def _count_same(old: list[str], new: list[str]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))
