"""What a learner's function may do to the process, and the server, in which it is tried. Each takes (redis, stream)."""

import asyncio
import builtins
import contextlib
import ctypes
import gc
import multiprocessing
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time

import redis.asyncio

COMMANDS = [
    ("CONFIG SET maxmemory 1", "changes-the-server"),
    ("ACL SETUSER default off", "changes-the-server"),
    ("SHUTDOWN NOSAVE", "changes-the-server"),
    ("SCRIPT FLUSH", "changes-the-server"),
    ("CLIENT KILL TYPE normal SKIPME no", "changes-the-server"),
    ("CLIENT PAUSE 100000", "changes-the-server"),
    ("CLIENT REPLY OFF", "changes-the-server"),
    ("DEBUG SLEEP 100", "changes-the-server"),
    ("REPLICAOF 127.0.0.1 1", "changes-the-server"),
    ("SWAPDB 0 1", "changes-the-server"),
    ("MONITOR", "cannot-be-tried"),
    ("WAIT 1 0", "cannot-be-tried"),
    ("SUBSCRIBE news", "cannot-be-tried"),
    ("CONFIG GET maxmemory", None),
    ("FLUSHALL", "deletes-the-stream"),
    ("SELECT 1", None),
    ("QUIT", None),
    ("RESET", None),
    ("MOVE orders 1", None),
    ("EXPIREAT orders", None),
    ("XREADGROUP BLOCK soon", None),
    ("EVALSHA abc 0", None),
    ("NONSENSE", None),
]


async def deletes_the_stream(redis, stream):
    await redis.delete(stream)


async def turns_the_stream_into_a_text(redis, stream):
    await redis.set(stream, "text")


async def destroys_the_groups(redis, stream):
    for group in await redis.xinfo_groups(stream):
        await redis.xgroup_destroy(stream, group["name"])


async def leaves_a_function(redis, stream):
    code = "#!lua name=mine\nredis.register_function('mine', function() return 1 end)"
    await redis.function_load(code)
    await redis.fcall("mine", 0)


async def leaves_much_elsewhere(redis, stream):
    await redis.eval("redis.call('SELECT', 3) redis.call('SET', 'x', string.rep('x', 1000000))", 0)


async def patches_redis(redis_client, stream):
    redis.asyncio.Redis.xadd = redis.asyncio.Redis.execute_command = None


async def patches_asyncio(redis, stream):
    asyncio.sleep = asyncio.create_task = asyncio.Future = None


async def patches_time_and_chance(redis, stream):
    time.time = time.monotonic = random.random = random.uniform = None


async def patches_builtins(redis, stream):
    builtins.len = builtins.isinstance = builtins.print = None


async def forgets_all_modules(redis, stream):
    sys.modules.clear()


async def forgets_all_modules_but_one(redis, stream):
    sys.modules.clear()
    sys.modules["os"] = os


async def exits(redis, stream):
    sys.exit(3)


async def exits_in_a_task(redis, stream):
    async def end():
        sys.exit(3)

    await asyncio.create_task(end())


async def exits_at_once(redis, stream):
    os._exit(3)


async def aborts(redis, stream):
    os.abort()


async def interrupts(redis, stream):
    raise KeyboardInterrupt


async def generator_exit(redis, stream):
    raise GeneratorExit


async def crashes(redis, stream):
    ctypes.string_at(0)


async def raises_a_signal(redis, stream):
    signal.raise_signal(signal.SIGKILL)


async def kills_itself(redis, stream):
    os.kill(os.getpid(), signal.SIGKILL)


async def kills_its_parent(redis, stream):
    os.kill(os.getppid(), signal.SIGKILL)


async def forks(redis, stream):
    os.fork()


async def starts_a_shell(redis, stream):
    os.system("sleep 1000 &")  # noqa: ASYNC221


async def starts_a_process(redis, stream):
    subprocess.Popen(["sleep", "1000"])  # noqa: ASYNC220


async def starts_one_with_asyncio(redis, stream):
    await asyncio.create_subprocess_exec("sleep", "1000")


def a_context(name):
    async def uses_multiprocessing(redis, stream):
        multiprocessing.get_context(name).Process(target=time.sleep, args=(1000,)).start()

    return uses_multiprocessing


async def leaves_a_thread(redis, stream):
    threading.Thread(target=threading.Event().wait, daemon=False).start()


async def opens_a_socket(redis, stream):
    socket.create_connection(("127.0.0.1", 1))


async def opens_one_with_asyncio(redis, stream):
    await asyncio.open_connection("127.0.0.1", 1)


async def listens(redis, stream):
    await asyncio.start_server(print, "127.0.0.1", 0)


async def stops_the_loop(redis, stream):
    asyncio.get_running_loop().stop()


async def closes_the_loop(redis, stream):
    asyncio.get_running_loop().close()


async def runs_a_loop(redis, stream):
    asyncio.get_running_loop().run_until_complete(asyncio.sleep(1))


async def raises_in_a_callback(redis, stream):
    asyncio.get_running_loop().call_soon([].pop)
    await asyncio.sleep(1)


async def cancels_all(redis, stream):
    for task in asyncio.all_tasks():
        task.cancel()
    await redis.xlen(stream)


async def handles_signals(redis, stream):
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    while True:
        pass


async def goes_elsewhere(redis, stream):
    os.chdir("/")
    os.environ.clear()
    sys.path.clear()


async def closes_everything(redis, stream):
    os.closerange(0, 256)


async def changes_limits(redis, stream):
    gc.disable()
    sys.setrecursionlimit(60)


async def recurses(redis, stream):
    await recurses(redis, stream)


async def prints_much(redis, stream):
    for _ in range(100):
        print("x" * 100_000)


async def raises_without_words(redis, stream):
    class Wordless(Exception):
        def __str__(self):
            raise ValueError("no words")

    raise Wordless


async def raises_with_many_words(redis, stream):
    raise ValueError("x" * 10_000_000)


async def swallows_everything(redis, stream):
    for bad in (lambda: sys.exit(1), lambda: os.fork(), lambda: os._exit(1)):
        with contextlib.suppress(BaseException):
            bad()
    with contextlib.suppress(BaseException):
        await redis.config_set("maxmemory", 1)


async def takes_all_memory(redis, stream):
    kept = []
    while True:
        kept.append(len(kept))


async def takes_it_at_once(redis, stream):
    return list(range(10**10))


async def takes_all_memory_in_redis(redis, stream):
    await redis.eval("local t = {} while true do t[#t + 1] = string.rep('x', 10000000) .. #t end", 0)


async def begins_a_transaction_and_no_more(redis, stream):
    await redis.execute_command("MULTI")


async def raises_what_ends_programs_when_printed(redis, stream):
    class Deadly(BaseException):
        def __str__(self):
            raise SystemExit(3)

    raise Deadly


async def raises_what_has_no_class(redis, stream):
    class Odd(type):
        @property
        def __name__(cls):
            raise RuntimeError("no name")

    class Elusive(Exception, metaclass=Odd):
        @property
        def __class__(self):
            raise RuntimeError("no class")

        def __getattribute__(self, name):
            raise RuntimeError("no attributes")

    raise Elusive


async def never_ends_in_redis(redis, stream):
    await redis.eval("while true do end", 0)


#: A deed, and the bug that a checker names, which may be any if it is None.
DEEDS = [
    (deletes_the_stream, "deletes-the-stream"),
    (turns_the_stream_into_a_text, "deletes-the-stream"),
    (destroys_the_groups, "destroys-the-group"),
    (leaves_a_function, None),
    (leaves_much_elsewhere, None),
    (patches_redis, None),
    (patches_asyncio, None),
    (patches_time_and_chance, None),
    (patches_builtins, "breaks-the-checker"),
    (forgets_all_modules, "breaks-the-checker"),
    (forgets_all_modules_but_one, "breaks-the-checker"),
    (exits, "ends-the-program"),
    (exits_in_a_task, "ends-the-program"),
    (exits_at_once, "ends-the-program"),
    (aborts, "ends-the-program"),
    (interrupts, "ends-the-program"),
    (generator_exit, "raises"),
    (crashes, "ends-the-program"),
    (raises_a_signal, "ends-the-program"),
    (kills_itself, "ends-the-program"),
    (kills_its_parent, "sends-a-signal"),
    (forks, "starts-a-process"),
    (starts_a_shell, "starts-a-process"),
    (starts_a_process, "starts-a-process"),
    (starts_one_with_asyncio, "starts-a-process"),
    (a_context("fork"), "starts-a-process"),
    (a_context("spawn"), "starts-a-process"),
    (leaves_a_thread, None),
    (opens_a_socket, "own-connection"),
    (opens_one_with_asyncio, "own-connection"),
    (listens, "own-connection"),
    (stops_the_loop, "stops-the-loop"),
    (closes_the_loop, "stops-the-loop"),
    (runs_a_loop, "raises"),
    (raises_in_a_callback, "raises"),
    (cancels_all, "raises"),
    (handles_signals, "sends-a-signal"),
    (goes_elsewhere, None),
    (closes_everything, "ends-the-program"),
    (changes_limits, None),
    (recurses, "raises"),
    (prints_much, None),
    (raises_without_words, "raises"),
    (raises_with_many_words, "raises"),
    (swallows_everything, None),
    (takes_all_memory, "uses-too-much-memory"),
    (takes_it_at_once, "uses-too-much-memory"),
    (never_ends_in_redis, "endless-script"),
    (takes_all_memory_in_redis, None),
    (begins_a_transaction_and_no_more, "cannot-be-tried"),
    (raises_what_ends_programs_when_printed, "raises"),
    (raises_what_has_no_class, "raises"),
]
