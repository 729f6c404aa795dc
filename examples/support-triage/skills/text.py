"""Reads a ticket: cleans its text, finds the order it is about, and the facts it mentions."""

import html
import re
import unicodedata
from collections.abc import Mapping

from workflow import skill

_TAG = re.compile(r"<[^<>]{1,200}>")
_QUOTED = re.compile(r"^\s*>.*$", re.MULTILINE)
_SIGNATURE = re.compile(r"\n(?:--\s*\n|Sent from my |Von meinem |Get Outlook for ).*", re.DOTALL)
_ORDER = re.compile(
    r"\b(?P<prefix>[A-Z]{1,2})-?(?P<coded>\d{4,6})\b"
    r"|\border\s*(?:no\.?|number|id)?\s*[:#]?\s*(?P<plain>\d{4,6})\b",
    re.IGNORECASE,
)
_PREFIXES = ("A", "B", "EU")
_DEFAULT_PREFIX = "A"

_FACTS = {
    "amounts": re.compile(r"(?:[$€£]\s?\d+(?:[.,]\d{2})?|\b\d+(?:[.,]\d{2})?\s?(?:USD|EUR|GBP|€))"),
    "emails": re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b"),
    "error_codes": re.compile(r"\b(?:HTTP\s?[45]\d\d|E\d{3,5}|ERR_[A-Z_]{3,40}|50[0234])\b"),
    "dates": re.compile(
        r"\b(?:\d{4}-\d{2}-\d{2}|\d{1,2}\.\d{1,2}\.\d{4}"
        r"|\d{1,2} (?:January|February|March|April|May|June|July|August|September|October"
        r"|November|December))\b"
    ),
}


@skill(side_effects="pure")
def normalise_ticket(data):
    """Return the ticket with clean text: no markup, quotes or signature; its order number in canonical form."""
    ticket = data if isinstance(data, Mapping) else {"text": data}
    subject = _clean(str(ticket.get("subject", "")))
    text = _clean(str(ticket.get("text", "")))
    return {
        "id": str(ticket.get("id", "")),
        "customer": _clean(str(ticket.get("customer", ""))),
        "subject": subject,
        "text": text,
        "order_id": find_order_id(f"{subject}\n{text}"),
        "is_loud": _is_loud(text),
    }


@skill(side_effects="pure")
def extract_entities(data):
    """Return the amounts, e-mail addresses, error codes and dates a text mentions, each once and in order."""
    text = str(data or "")
    return {name: list(dict.fromkeys(found.findall(text))) for name, found in _FACTS.items()}


def find_order_id(text):
    """Return the first order number as `A-10482`; None when there is none."""
    for match in _ORDER.finditer(text):
        prefix = (match["prefix"] or _DEFAULT_PREFIX).upper()
        if prefix in _PREFIXES:
            return f"{prefix}-{match['coded'] or match['plain']}"
    return None


def _clean(text):
    text = html.unescape(_TAG.sub(" ", text))
    text = unicodedata.normalize("NFKC", text)
    text = _SIGNATURE.sub("", _QUOTED.sub("", text))
    return " ".join(text.split())


def _is_loud(text):
    letters = [letter for letter in text if letter.isalpha()]
    capitals = sum(letter.isupper() for letter in letters)
    return "!!" in text or (len(letters) > 20 and capitals > len(letters) / 2)
