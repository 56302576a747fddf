"""Descriptions of the front's answers for OpenAPI, made of the very types that are sent.

FastAPI would make them itself, but only of types that it encodes, too, and our own are encoded by msgspec.
"""

from typing import Any

import msgspec
from fastapi import FastAPI

from jobqueue.dead import DeadLetter
from jobqueue.status import JobStatus


class Accepted(msgspec.Struct):
    id: str


class Page(msgspec.Struct):
    letters: list[DeadLetter]
    #: The last letter, if there may be more after it.
    after: str | None


class Replayed(msgspec.Struct):
    replayed: int


class Policy(msgspec.Struct, forbid_unknown_fields=True):
    policy: str | None


class Probe(msgspec.Struct):
    front: str


class ErrorAnswer(msgspec.Struct, kw_only=True):
    """The body of every error. Come back after `retry_after` seconds, if it's there."""

    detail: str
    retry_after: float | msgspec.UnsetType = msgspec.UNSET
    #: Of a tier that's full.
    tier: str | msgspec.UnsetType | None = msgspec.UNSET
    depth: int | msgspec.UnsetType | None = msgspec.UNSET
    capacity: int | msgspec.UnsetType | None = msgspec.UNSET
    #: If Redis didn't answer: ask again with this id.
    job_id: str | msgspec.UnsetType = msgspec.UNSET


_TYPES = (Accepted, JobStatus, Page, DeadLetter, Replayed, Policy, Probe, ErrorAnswer)
_COMPONENTS = msgspec.json.schema_components(
    _TYPES,
    schema_hook=lambda _: {"description": "any JSON"},  # for `object`, a payload
    ref_template="#/components/schemas/{name}",
)[1]
for _name in ("DeadLetter", "JobStatus"):  # of an entry that wasn't ours, or a hash changed by hand, it's any text
    _COMPONENTS[_name]["properties"]["tier"] = {"type": ["string", "null"]}


def answers(type: type, status: int = 200, conflict: type | None = None) -> dict[int | str, dict[str, Any]]:
    """The answers of a route that aren't ErrorAnswers: `type` with this status, and perhaps another type with 409."""
    kinds = {status: type} | ({409: conflict} if conflict else {})
    return {code: _describe(kind) for code, kind in kinds.items()}


def _describe(type: type) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{type.__name__}"}
    return {"description": type.__name__, "content": {"application/json": {"schema": schema}}}


#: All errors: what isn't described otherwise.
ERROR_ANSWER = _describe(ErrorAnswer)


class DescribedApp(FastAPI):
    """An app whose description has our types, too."""

    def openapi(self) -> dict[str, Any]:
        described = super().openapi()
        described.setdefault("components", {}).setdefault("schemas", {}).update(_COMPONENTS)
        return described
