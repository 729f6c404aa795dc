"""Cuts what we ask of GitHub out of its OpenAPI description: `python -m tests.e2e.contract.cut_openapi WHOLE`.

WHOLE is `generated/api.github.com.json` of the npm package @octokit/openapi 23.0.2 (MIT), 13 MB of the 404 MB in it;
`npm pack` fetches it. What is cut out goes to `github-openapi.json` beside this file: requests in full, of the answers
only the status codes.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import JsonValue

TARGET = Path(__file__).parent / "github-openapi.json"

_IN_REPOSITORY = {
    "": "get",
    "/branches/{branch}": "get",
    "/branches/{branch}/protection": "get",
    "/check-runs": "post",
    "/check-runs/{check_run_id}": "patch",
    "/collaborators/{username}/permission": "get",
    "/commits/{ref}/check-runs": "get",
    "/compare/{basehead}": "get",
    "/git/blobs": "post",
    "/git/blobs/{file_sha}": "get",
    "/git/commits": "post",
    "/git/commits/{commit_sha}": "get",
    "/git/ref/{ref}": "get",
    "/git/refs": "post",
    "/git/refs/{ref}": "patch delete",
    "/git/trees": "post",
    "/git/trees/{tree_sha}": "get",
    "/issues": "get post",
    "/issues/comments/{comment_id}": "get patch delete",
    "/issues/comments/{comment_id}/reactions": "post",
    "/issues/{issue_number}": "get patch",
    "/issues/{issue_number}/comments": "get post",
    "/issues/{issue_number}/labels": "post",
    "/issues/{issue_number}/labels/{name}": "delete",
    "/labels": "post",
    "/labels/{name}": "get",
    "/pulls": "get post",
    "/pulls/{pull_number}": "get patch",
    "/pulls/{pull_number}/files": "get",
    "/pulls/{pull_number}/merge": "put",
    "/pulls/{pull_number}/requested_reviewers": "post",
    "/rules/branches/{branch}": "get",
}
_ELSEWHERE = {
    "/app": "get",
    "/app-manifests/{code}/conversions": "post",
    "/app/hook/config": "get",
    "/app/hook/deliveries": "get",
    "/app/hook/deliveries/{delivery_id}/attempts": "post",
    "/app/installations": "get",
    "/app/installations/{installation_id}": "get",
    "/app/installations/{installation_id}/access_tokens": "post",
    "/installation/repositories": "get",
    "/meta": "get",
    "/user": "get",
    "/user/{account_id}": "get",
    "/users/{username}": "get",
}
OPERATIONS: Mapping[str, str] = {
    **_ELSEWHERE,
    **{"/repos/{owner}/{repo}" + path: verbs for path, verbs in _IN_REPOSITORY.items()},
}
_DROPPED = {"description", "summary", "x-github", "externalDocs", "tags", "example", "examples"}


def cut(whole: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return the part of GitHub's description that `OPERATIONS` names, and what it refers to."""
    paths: dict[str, JsonValue] = {}
    for path, verbs in OPERATIONS.items():
        found = _member(whole, "paths", path)
        paths[path] = {verb: _cut_operation(_member(found, verb)) for verb in verbs.split()}
    part: dict[str, JsonValue] = {
        "openapi": whole["openapi"],
        "info": {
            "title": "A part of GitHub's REST API",
            "version": _member(whole, "info")["version"],
        },
        "servers": [{"url": "https://api.github.com"}],
        "paths": paths,
        "components": {},
    }
    _add_components(part, whole)
    return part


def _cut_operation(operation: Mapping[str, JsonValue]) -> JsonValue:
    kept = {
        name: _strip(operation[name]) for name in ("parameters", "requestBody") if name in operation
    }
    codes = sorted(_member(operation, "responses"))
    return {
        "operationId": operation["operationId"],
        **kept,
        "responses": {code: {"description": code} for code in codes},
    }


def _strip(value: JsonValue, *, names_members: bool = False) -> JsonValue:
    """Leave out prose; a member that is only called `description` stays."""
    if isinstance(value, list):
        return [_strip(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _strip(inner, names_members=name == "properties")
        for name, inner in value.items()
        if names_members or name not in _DROPPED
    }


def _add_components(part: dict[str, JsonValue], whole: Mapping[str, JsonValue]) -> None:
    components: dict[str, dict[str, JsonValue]] = {}
    part["components"] = components  # type: ignore[assignment] # narrower than JsonValue can say
    waiting = [*_references(part)]
    while waiting:
        kind, name = waiting.pop().removeprefix("#/components/").split("/")
        if name in components.get(kind, {}):
            continue
        found = _strip(_member(whole, "components", kind)[name])
        components.setdefault(kind, {})[name] = found
        waiting += _references(found)


def _references(value: JsonValue) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _references(item)
    elif isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield str(value["$ref"])
        for inner in value.values():
            yield from _references(inner)


def _member(value: Mapping[str, JsonValue], *names: str) -> Mapping[str, JsonValue]:
    for name in names:
        found = value[name]
        assert isinstance(found, dict), name
        value = found
    return value


if __name__ == "__main__":
    described = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    TARGET.write_text(json.dumps(cut(described), indent=1, sort_keys=True) + "\n", encoding="utf-8")
