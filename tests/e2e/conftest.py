"""A GitHub for tests, fresh for each; afterwards every request of ours is held against GitHub's own description."""

from collections.abc import Iterator

import pytest

from tests.e2e.contract.requests_checked import check_requests
from tests.e2e.github_server import GitHubServer, start_server, why_not


@pytest.fixture(autouse=True)
def every_request_is_documented() -> Iterator[None]:
    yield
    check_requests()


@pytest.fixture
def github() -> GitHubServer:
    if why_not():
        pytest.skip(why_not())
    server = start_server()
    server.reset()
    return server
