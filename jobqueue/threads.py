"""Threads: one for each plain function, and a look at where Ctrl-C strikes."""

import asyncio
import contextvars
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from jobqueue.errors import is_a


def call_in_thread(name: str, function: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
    """Call a plain function in a thread of its own, with the context variables of this context.

    Nothing can stop a thread: in a pool, those that hang would starve the others, and Python waits for a pool's threads
    before it ends.
    """
    context, future = contextvars.copy_context(), Future[Any]()

    def call() -> None:
        try:
            future.set_result(context.run(function, *args))
        except (StopIteration, KeyboardInterrupt) as error:
            # No future carries the first: the job would time out. The second would end the loop; but Ctrl-C never
            # comes to a thread, so it's the handler's own.
            future.set_exception(RuntimeError(f"the handler raised {error!r}"))
        except BaseException as error:
            future.set_exception(error)

    future.set_running_or_notify_cancel()
    threading.Thread(target=call, name=name, daemon=True).start()
    return asyncio.wrap_future(future)


def is_ctrl_c(error: BaseException) -> bool:
    """Whether a KeyboardInterrupt in the loop may be a real one. asyncio.run and `jobqueue worker` catch the signal."""
    in_main = threading.current_thread() is threading.main_thread()
    caught = signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    return is_a(KeyboardInterrupt, error) and in_main and not caught
