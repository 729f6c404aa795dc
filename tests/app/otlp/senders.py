"""A receiver in this process over a real log, and requests to it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx2
from starlette.testclient import TestClient

from app.otlp.backlog import Backlog
from app.otlp.routes import build_app
from app.otlp.tenants import Tenants
from app.segments.blocks import iterate_frames
from app.segments.frames import Frame
from app.segments.group_commit import GroupCommit
from app.segments.log import list_segments
from tests.app.segments.folders import World, open_world

PROTOBUF = {"content-type": "application/x-protobuf"}
JSON = {"content-type": "application/json"}


class Sender:
    """Sends to a receiver, and looks at what it wrote down."""

    def __init__(self, world: World, client: TestClient) -> None:
        self.world = world
        self.client = client

    def send(self, body: bytes, headers: Mapping[str, str] = PROTOBUF) -> httpx2.Response:
        """Post a body to `/v1/traces`."""
        return self.client.post("/v1/traces", content=body, headers=dict(headers))

    @property
    def written(self) -> list[Frame]:
        """All frames of the log."""
        segments = list_segments(self.world.folder.segments)
        return [frame for segment in segments for frame in iterate_frames(segment)]


@contextmanager
def open_sender(
    path: Path,
    *,
    on_loopback: bool = True,
    max_backlog_bytes: int = 2**40,
    max_pending_bytes: int = 2**26,
    url: str = "http://127.0.0.1",
    keep_text: bool = False,
) -> Iterator[Sender]:
    """Give a sender to a receiver over an empty folder."""
    world = open_world(path)
    texts = GroupCommit(world.folder.texts) if keep_text else None
    log = GroupCommit(world.folder.segments, max_pending_bytes=max_pending_bytes)
    app = build_app(
        log,
        Tenants(world.store, on_loopback=on_loopback),
        Backlog(world.folder, world.store, limit_bytes=max_backlog_bytes),
        is_worked_off=lambda: True,
        texts=texts,
    )
    try:
        with TestClient(app, base_url=url) as client:
            yield Sender(world, client)
    finally:
        log.close()
        if texts:
            texts.close()
