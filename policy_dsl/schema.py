"""The types an expression is checked against before it ever runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias, Union


class Kind(StrEnum):
    """What a value is, its parts left out, as a person calls it; as a type, `LIST` and `MAP` hold anything."""

    NUMBER = "a number"
    TEXT = "a text"
    BOOL = "true or false"
    NULL = "null"
    ANY = "anything"
    LIST = "a list"
    MAP = "a map"


NUMBER = Kind.NUMBER
TEXT = Kind.TEXT
BOOL = Kind.BOOL
NULL = Kind.NULL
ANY = Kind.ANY


@dataclass(frozen=True, slots=True)
class ListType:
    """A list whose items all have one type."""

    item: "Type"


@dataclass(frozen=True, slots=True)
class MapType:
    """A map from texts nobody knows beforehand to values of one type."""

    value: "Type"


@dataclass(frozen=True, slots=True, eq=False)
class RecordType:
    """A map with known fields; compared by identity, so that a schema can be a cache key."""

    fields: Mapping[str, "Type"]


@dataclass(frozen=True, slots=True)
class OptionalType:
    """A value that may be null or missing."""

    inner: "Type"


Type: TypeAlias = Union[Kind, ListType, MapType, RecordType, OptionalType]  # noqa: UP007 - forward references


def required(of_type: Type) -> Type:
    """Return the type of the value when there is one."""
    return required(of_type.inner) if isinstance(of_type, OptionalType) else of_type


def kind(of_type: Type) -> Kind:
    """Return the kind of the value when there is one."""
    if type(of_type) is Kind:
        return of_type
    found = required(of_type)
    if isinstance(found, Kind):
        return found
    return Kind.LIST if isinstance(found, ListType) else Kind.MAP


def fits(of_type: Type, *kinds: Kind) -> bool:
    """Tell whether a value of the type can be of one of the kinds; null fits, for it makes the result unknown."""
    found = of_type if type(of_type) is Kind else kind(of_type)
    return found in kinds or found is ANY or found is NULL


def disjoint(left: Type, right: Type) -> bool:
    """Tell whether no value has both types."""
    return not fits(left, kind(right)) and not fits(right)


def join(left: Type, right: Type) -> Type:
    """Return the type of a value that has one of the two types."""
    if left == right:
        return left
    if left is NULL:
        return OptionalType(right)
    if right is NULL:
        return OptionalType(left)
    return OptionalType(required(left)) if required(left) == required(right) else ANY
