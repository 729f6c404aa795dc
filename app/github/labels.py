"""Labels over the API. See https://docs.github.com/en/rest/issues/labels."""

from dataclasses import dataclass

from pydantic import JsonValue

from app.errors import GitHubNotFoundError, GitHubRefusedError
from app.forge import Label
from app.github.api import RepositoryApi, in_path
from app.github.permissions import WRITE_THREADS


@dataclass(frozen=True, slots=True)
class GitHubLabels:
    """Implements `app.forge.Labels`."""

    api: RepositoryApi

    def ensure(self, label: Label) -> None:
        """Create a label unless there is one of that name."""
        if self._exists(label.name):
            return
        body: JsonValue = {
            "name": label.name,
            "color": label.colour,
            "description": label.description,
        }
        try:
            self.api.write("POST", "/labels", body, scope=WRITE_THREADS)
        except GitHubRefusedError:
            if not self._exists(label.name):
                raise

    def add(self, number: int, names: tuple[str, ...]) -> None:
        """Put labels on an issue or a pull request."""
        if names:
            path = f"/issues/{number}/labels"
            self.api.write("POST", path, {"labels": [*names]}, scope=WRITE_THREADS)

    def remove(self, number: int, name: str) -> None:
        """Take a label off."""
        path = f"/issues/{number}/labels/{in_path(name)}"
        try:
            self.api.write("DELETE", path, scope=WRITE_THREADS)
        except GitHubNotFoundError:
            return

    def _exists(self, name: str) -> bool:
        try:
            self.api.read(f"/labels/{in_path(name)}")
        except GitHubNotFoundError:
            return False
        return True
