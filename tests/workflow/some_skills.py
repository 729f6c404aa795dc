"""Functions at the top level of a module, as users write skills."""


def shorten(data: str) -> str:
    return data[:10]


def is_short(data: str, n: int = 10) -> bool:
    return len(data) <= n
