"""Tables of names, one module an emitter; the order of `TABLES` is the order of precedence."""

from telemetry.volume.aliases.gen_ai import GEN_AI
from telemetry.volume.aliases.openinference import OPENINFERENCE
from telemetry.volume.aliases.own import OWN
from telemetry.volume.aliases.providers import CACHE_BESIDE_INPUT, find_price_name
from telemetry.volume.aliases.table import Alias, AliasTable, Meaning, Work

TABLES = (OWN, GEN_AI, OPENINFERENCE)

__all__ = [
    "CACHE_BESIDE_INPUT",
    "GEN_AI",
    "OPENINFERENCE",
    "OWN",
    "TABLES",
    "Alias",
    "AliasTable",
    "Meaning",
    "Work",
    "find_price_name",
]
