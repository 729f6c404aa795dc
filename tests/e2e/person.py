"""Somebody who uses GitHub by hand: commits, merges, comments, protects; none of it through our client."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import requests

_SESSION = requests.Session()


@dataclass(frozen=True)
class Person:
    """A person at one repository."""

    url: str
    authorization: str
    repository: str

    def get(self, path: str) -> Any:
        return self.send("GET", path)

    def send(self, verb: str, path: str, body: object = None) -> Any:
        """Ask for something below the repository and return the answer; raises for a refusal."""
        answer = self.try_to(verb, path, body)
        assert answer.ok, f"{verb} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.text else None

    def try_to(self, verb: str, path: str, body: object = None) -> requests.Response:
        return _SESSION.request(
            verb,
            f"{self.url}/repos/{self.repository}{path}",
            data=None if body is None else json.dumps(body),
            headers={"Authorization": self.authorization, "User-Agent": "a person"},
            timeout=10,
        )

    def head(self, branch: str = "main") -> str:
        return str(self.get(f"/git/ref/heads/{quote(branch)}")["object"]["sha"])

    def commit(
        self, files: Mapping[str, bytes | None], *, branch: str = "main", message: str = "By hand"
    ) -> str:
        """Commit to a branch; None removes a file."""
        commit = self.make_commit(self.head(branch), files, message)
        self.send("PATCH", f"/git/refs/heads/{quote(branch)}", {"sha": commit})
        return commit

    def make_commit(
        self, parent: str, files: Mapping[str, bytes | None], message: str = "By hand"
    ) -> str:
        base = self.get(f"/git/commits/{parent}")["tree"]["sha"]
        items = [self._item(path, content) for path, content in files.items()]
        tree = self.send("POST", "/git/trees", {"base_tree": base, "tree": items})["sha"]
        body = {"message": message, "tree": tree, "parents": [parent]}
        return str(self.send("POST", "/git/commits", body)["sha"])

    def branch(self, name: str, at: str) -> None:
        self.send("POST", "/git/refs", {"ref": f"refs/heads/{name}", "sha": at})

    def comment(self, number: int, body: str) -> int:
        return int(self.send("POST", f"/issues/{number}/comments", {"body": body})["id"])

    def protect(self, branch: str, *, checks: list[str], approvals: int = 0) -> None:
        reviews = {"required_approving_review_count": approvals} if approvals else None
        rules = {
            "required_status_checks": {"strict": False, "contexts": checks} if checks else None,
            "enforce_admins": True,
            "required_pull_request_reviews": reviews,
            "restrictions": None,
        }
        self.send("PUT", f"/branches/{branch}/protection", rules)

    def _item(self, path: str, content: bytes | None) -> dict[str, str | None]:
        item: dict[str, str | None] = {"path": path, "mode": "100644", "type": "blob", "sha": None}
        if content is not None:
            body = {"content": base64.b64encode(content).decode(), "encoding": "base64"}
            item["sha"] = self.send("POST", "/git/blobs", body)["sha"]
        return item
