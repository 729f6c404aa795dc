"""Looks an order up in the order service, over HTTP."""

import json
import os
from http.client import HTTPConnection
from urllib.parse import quote, urlsplit

from workflow import skill

_DEFAULT_URL = "http://127.0.0.1:8765"
_TIMEOUT_S = 10.0


class OrderServiceError(Exception):
    """The order service answered with an error; Flujo reads the class of the failure from `status`."""

    def __init__(self, status):
        self.status = status
        super().__init__(f"the order service answered HTTP {status}")


@skill(side_effects="idempotent")
def fetch_order(data, context):
    """Return the order as the service knows it; an unknown order and a ticket without one are answers, not failures."""
    if not data:
        return {"found": False, "reason": "the ticket names no order"}
    status, body = _get(_service_url(context), f"/orders/{quote(str(data), safe='')}")
    if status == 404:
        return {"found": False, "reason": f"there is no order {data}"}
    if status != 200:
        raise OrderServiceError(status)
    return {"found": True, **json.loads(body)}


def _service_url(context):
    return context.get("orders_url") or os.environ.get("ORDERS_URL") or _DEFAULT_URL


def _get(url, path):
    place = urlsplit(url)
    connection = HTTPConnection(place.hostname, place.port, timeout=_TIMEOUT_S)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()
