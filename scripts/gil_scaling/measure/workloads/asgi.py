"""Requests to an ASGI application that is called in its own process: routing, JSON and coroutines, without sockets.

Each task sends `requests` orders of `items` items, one after the other. `framework` is none, an application of a few lines, or
starlette; unsupported where the build does not have it. On the backend asyncio_threads each worker has an event loop and all
share the application, as in a threaded server; on blocking backends each task has its own loop. With the GIL: threads take as
long as sequential, so servers start a process per CPU. Without it: threads scale with the CPUs, less what the application that they share
costs: its routes, its functions, its data.
"""

import json
from functools import cache

from gil_scaling.measure.optional import explain_missing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    Message = dict[str, Any]
    Application = Callable[[Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Any]
    Argument = tuple[int, int, int, str]


def available(framework: str = "none") -> "str | None":
    """None, or why this build cannot."""
    return explain_missing(framework) if framework in _APPLICATIONS and framework != "none" else None


def tasks(requests: int = 500, items: int = 20, count: int = 8, framework: str = "none") -> "list[Argument]":
    """`count` tasks that each send `requests` requests."""
    if framework not in _APPLICATIONS:
        raise ValueError(f"framework: no framework {framework!r}. Known: {', '.join(_APPLICATIONS)}.")
    return [(number, requests, items, framework) for number in range(count)]


def task(argument: "Argument") -> int:
    """The total of an order, sent from an event loop of its own."""
    import asyncio  # here, because each process would pay for it

    return asyncio.run(task_async(argument))


async def task_async(argument: "Argument") -> int:
    """The total of an order; all requests send the same one."""
    number, requests, items, framework = argument
    application = _application(framework)
    order = json.dumps({"items": [(number + place) % len(_PRICES) for place in range(items)]}).encode()
    answers = {await _post(application, order) for _ in range(requests)}
    (answer,) = answers
    total: int = json.loads(answer)["total"]
    return total


_SCOPE = {
    "type": "http",
    "asgi": {"version": "3.0"},
    "http_version": "1.1",
    "method": "POST",
    "scheme": "http",
    "path": "/orders",
    "raw_path": b"/orders",
    "root_path": "",
    "query_string": b"",
    "headers": [(b"content-type", b"application/json")],
    "client": ("127.0.0.1", 50000),
    "server": ("127.0.0.1", 80),
}


async def _post(application: "Application", body: bytes) -> bytes:
    """The body of the answer to a request; raises ValueError unless its status is 200."""
    answers: list[Message] = []

    async def receive() -> "Message":
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: "Message") -> None:
        answers.append(message)

    await application(dict(_SCOPE), receive, send)
    if answers[0]["status"] != 200:
        raise ValueError(f"the answer has the status {answers[0]['status']}")
    return b"".join(message["body"] for message in answers[1:])


_PRICES = {number: number * 7 % 100 for number in range(100)}  # all requests read it


def _price_order(order: "dict[str, list[int]]") -> "dict[str, Any]":
    """What the handlers answer: each item with its price, and the total."""
    lines = [{"item": item, "price": _PRICES[item]} for item in order["items"]]
    return {"lines": lines, "total": sum(line["price"] for line in lines)}


@cache
def _application(framework: str) -> "Application":
    return _APPLICATIONS[framework]()


def _make_plain() -> "Application":
    """An application of its own."""
    headers = [(b"content-type", b"application/json")]

    async def post_order(receive: "Any", send: "Any") -> None:
        message = await receive()
        body = json.dumps(_price_order(json.loads(message["body"]))).encode()
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    routes = {("POST", "/orders"): post_order}

    async def application(scope: "Message", receive: "Any", send: "Any") -> None:
        await routes[scope["method"], scope["path"]](receive, send)

    return application


def _make_starlette() -> "Application":
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    async def post_order(request: "Any") -> "Any":
        return JSONResponse(_price_order(await request.json()))

    application: Application = Starlette(routes=[Route("/orders", post_order, methods=["POST"])])
    return application


_APPLICATIONS: "dict[str, Callable[[], Application]]" = {"none": _make_plain, "starlette": _make_starlette}
