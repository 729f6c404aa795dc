"""What all models of the format have in common: strictness, names, and unions told apart by what is written."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Discriminator, Field, JsonValue

KIND_TAG = "kind="
JsonObject = dict[str, JsonValue]
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Reference = Annotated[str, Field(min_length=1, max_length=300)]


class SpecModel(BaseModel):
    """A part of a spec: unknown keys and other types are refused, and nothing changes after it is read."""

    # Built when first used: half of the time it takes to import the package otherwise goes into this.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


def _form_of(value: object) -> str | None:
    if isinstance(value, str):
        return "as=text"
    return "as=mapping" if isinstance(value, dict | BaseModel) else None


# Tags of unions hold a "=", so that in an error's location no tag is mistaken for a key of the document.
FORM = Discriminator(_form_of)
"""Tells text from a mapping, for what may be written as either."""
