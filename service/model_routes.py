"""The calls under `/v1/models`: which versions there are, and which one answers."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from service.activation import Activation
from service.body import JsonRoute
from service.gate import needs
from service.routes import problems
from service.versions import Current, Versions
from service.wire import Activate

LINKS: Final = {
    "activate": {
        "operationId": "activate_v1_models__version__activate_post",
        "parameters": {"version": "$response.body#/versions/0/version"},
        "description": "The name of a version is what its activation asks for.",
    }
}


def model_router(activation: Activation) -> APIRouter:
    """Make the routes for whoever runs the service."""
    router = APIRouter(prefix="/v1/models", route_class=JsonRoute, tags=["models"], dependencies=[needs("admin")])

    @router.get("", responses={200: {"links": LINKS}, **problems(400, 401, 403, 413, 415, 421, 429, 500)})
    async def models() -> Versions:
        """List the versions of the model, whether each can be served, and which one answers."""
        return await activation.look()

    @router.post(
        "/{version}/activate",
        responses=problems(400, 401, 403, 404, 408, 409, 413, 415, 421, 422, 429, 500, 503),
    )
    async def activate(version: str, body: Activate | None = None) -> Current:
        """Load a version, examine it, and let it answer from now on. Where it fails, the one before goes on."""
        return await activation.activate(version, accepts_taxonomy=body is not None and body.accept_taxonomy)

    return router
