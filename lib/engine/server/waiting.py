"""Waiting for the device thread, as long as the client waits."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from fastapi import Request

from .errors import RequestError

T = TypeVar("T")


async def from_device(
    submit: Callable[[Callable[[T | Exception], None]], threading.Event],
) -> T:
    """Waits for what the device thread reports; a cancelled wait cancels the work."""
    event_loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = event_loop.create_future()

    def settle(result: T | Exception) -> None:
        if future.done():
            return
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)

    cancelled = submit(lambda result: _call_soon(event_loop, settle, result))
    try:
        return await future
    finally:
        cancelled.set()


def _call_soon(
    event_loop: asyncio.AbstractEventLoop, settle: Callable[[Any], None], result: Any
) -> None:
    # A server that is shutting down has closed its loop; nobody waits any more.
    if not event_loop.is_closed():
        event_loop.call_soon_threadsafe(settle, result)


async def unless_disconnected(request: Request, parts: list[Awaitable[T]]) -> list[T]:
    """All results; work for a client that went away is cancelled.

    Raises:
        RequestError: If the client went away.
    """
    work: asyncio.Future[list[T]] = asyncio.ensure_future(asyncio.gather(*parts))
    gone = asyncio.ensure_future(_disconnected(request))
    try:
        either: set[asyncio.Future[Any]] = {work, gone}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            raise RequestError(499, "ClientClosedRequest", "The client closed the connection")
        return work.result()
    finally:
        gone.cancel()
        work.cancel()


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
