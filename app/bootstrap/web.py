"""The web application: FastAPI, with the routes of telemetry as they are, for those must be fast."""

from collections.abc import Iterable

from fastapi import APIRouter, FastAPI
from starlette.routing import BaseRoute


def build_web(routes: Iterable[BaseRoute], *routers: APIRouter) -> FastAPI:
    """Return the application; it describes itself to nobody."""
    web = FastAPI(title="Flujo", openapi_url=None, docs_url=None, redoc_url=None)
    web.router.routes.extend(routes)
    for router in routers:
        web.include_router(router)
    return web
