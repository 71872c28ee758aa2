"""The API: routers translate, make one call inward and translate back. Its contract is openapi.json."""

from typing import Any

from ninja import NinjaAPI
from ninja.operation import Operation

from review.api import insights, learning, me, queues, reviews, submissions, videos
from review.api.auth import AUTH
from review.api.errors import errors_translate


class SpotterAPI(NinjaAPI):
    """An operation's id is its function's name: short, and unique by test."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        return operation.view_func.__name__


def _api_make() -> NinjaAPI:
    made = SpotterAPI(title="Spotter", version="1.0.0", urls_namespace="api", auth=AUTH, docs_url="/docs")
    errors_translate(made)
    for module in (me, queues, reviews, submissions, videos, insights, learning):
        made.add_router("", module.router)
    return made


def openapi_schema() -> dict[str, Any]:
    """What openapi.json holds."""
    return dict(api.get_openapi_schema(path_prefix="/api/"))


api = _api_make()
