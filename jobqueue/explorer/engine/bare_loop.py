"""The answers that asyncio wants of any event loop, from one without sockets, threads or debugging."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any, NoReturn, TypeVar, TypeVarTuple

from jobqueue.explorer.fences.trespass import LOOP_METHODS, trespass

T = TypeVar("T")
Args = TypeVarTuple("Args")


class BareLoop(asyncio.AbstractEventLoop):
    """A loop that's always running, and that refuses everything which would reach outside its process."""

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return False

    def run_forever(self) -> NoReturn:
        raise RuntimeError("This event loop is already running")

    def run_until_complete(self, future: Any) -> NoReturn:
        if asyncio.iscoroutine(future):
            future.close()  # or Python complains that it was never awaited
        raise RuntimeError("This event loop is already running")

    def run_in_executor(self, executor: Executor | None, func: Callable[[*Args], T], *args: *Args) -> asyncio.Future[T]:
        """Run the function immediately, as if its thread were infinitely fast: threads aren't interleaved."""
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def call_exception_handler(self, context: object) -> None:
        pass  # the scheduler looks at every task itself, in a fixed order

    def get_exception_handler(self) -> None:
        return None

    def set_exception_handler(self, handler: object) -> None:
        pass

    def get_task_factory(self) -> None:
        return None

    def set_task_factory(self, factory: object) -> None:
        pass

    def set_default_executor(self, executor: object) -> None:
        pass

    def get_debug(self) -> bool:
        return False

    def set_debug(self, enabled: bool) -> None:
        pass

    async def shutdown_asyncgens(self) -> None:
        pass

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        pass


def _make_refusal(name: str) -> Callable[..., NoReturn]:
    def refuse(self: BareLoop, *args: object, **options: object) -> NoReturn:
        raise trespass(LOOP_METHODS[name], f"loop.{name}")

    return refuse


for _name in LOOP_METHODS:
    setattr(BareLoop, _name, _make_refusal(_name))
