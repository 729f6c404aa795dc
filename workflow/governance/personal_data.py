"""Finds personal data in an output: e-mail addresses, phone numbers, cards and IBANs, by more than their looks.

A detector, so it may miss some: phone numbers are known by their international prefix (`+49 …`), because without one
any row of digits is a phone number somewhere.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum

from pydantic import JsonValue

MAX_CHARACTERS = 100_000
"""What is looked at of an output; a third of a second at worst. A longer one is `UNSCANNED` too."""

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}", re.UNICODE)
_CARD = re.compile(r"(?<![\d-])\d(?:[ -]?\d){12,18}(?![\d-])")
_CARD_BEGINNINGS = re.compile(r"3[04-9]|4|5[0-8]|6|2[2-7]|81")
_IBAN = re.compile(r"(?<![0-9A-Za-z])[A-Za-z]{2}\d{2}(?:[ -]?[0-9A-Za-z]){11,30}")
_SHORTEST_IBAN = 15
_FEWEST_DIGITS = 2


class PersonalData(StrEnum):
    """A kind of personal data."""

    CARD = "card"
    EMAIL = "email"
    IBAN = "iban"
    PHONE = "phone"
    UNSCANNED = "unscanned"
    """The rest of an output that is too long to be looked at whole: what it holds is unknown."""


def find_personal_data(value: JsonValue) -> tuple[PersonalData, ...]:
    """Return the kinds of personal data in a value's texts, keys and whole numbers, in alphabetical order."""
    found: set[PersonalData] = set()
    left = MAX_CHARACTERS
    for text in _texts(value):
        found |= {kind for kind, holds in _DETECTORS.items() if holds(text[:left])}
        left -= len(text)
        if left < 0:
            found.add(PersonalData.UNSCANNED)
            break
    return tuple(sorted(found))


def _texts(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, int) and not isinstance(value, bool):
        yield str(value)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _texts(item)


def _holds_email(text: str) -> bool:
    from email_validator import EmailNotValidError, validate_email

    for candidate in _EMAIL.findall(text):
        try:
            validate_email(candidate.rstrip(".-"), check_deliverability=False)
        except EmailNotValidError:
            continue
        return True
    return False


def _holds_phone(text: str) -> bool:
    if "+" not in text and "＋" not in text:
        return False
    from phonenumbers import PhoneNumberMatcher

    return bool(PhoneNumberMatcher(text, None).has_next())


def _holds_card(text: str) -> bool:
    return any(_is_card(re.sub("[ -]", "", candidate)) for candidate in _CARD.findall(text))


def _is_card(digits: str) -> bool:
    from stdnum import luhn

    known = _CARD_BEGINNINGS.match(digits) is not None and len(set(digits)) >= _FEWEST_DIGITS
    return known and bool(luhn.is_valid(digits))


def _holds_iban(text: str) -> bool:
    return any(_begins_with_iban(candidate) for candidate in _IBAN.findall(text))


def _begins_with_iban(candidate: str) -> bool:
    """The words after an IBAN look as if they belonged to it; its country says how long it is."""
    from stdnum import iban

    compact = re.sub("[ -]", "", candidate).upper()
    return any(iban.is_valid(compact[:end]) for end in range(_SHORTEST_IBAN, len(compact) + 1))


_DETECTORS: Mapping[PersonalData, Callable[[str], bool]] = {
    PersonalData.CARD: _holds_card,
    PersonalData.EMAIL: _holds_email,
    PersonalData.IBAN: _holds_iban,
    PersonalData.PHONE: _holds_phone,
}
