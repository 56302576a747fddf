"""dramatiq: a list of ids, a hash of messages, a set per worker of those it holds. Priority only among prefetched."""

import os
import sys

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from host import CONCURRENCY, JOB, QUEUE, URL, WORKER, do

DEAD = "the dead-letter queue default.XQ, for a week"
TUNED = {
    "killed killed_first in_transit": {"queue": {"heartbeat_timeout": 3000, "maintenance_chance": 1000000}},
    "lease busy": {"queue": {"heartbeat_timeout": 1000, "maintenance_chance": 1000000}},
    "fails": {"job": {"max_retries": 2, "min_backoff": 100, "max_backoff": 200}},
    "poison": {"queue": {"heartbeat_timeout": 1000, "maintenance_chance": 1000000}, "job": {"max_retries": 2}},
}
GARBAGE = [
    ["RPUSH", "dramatiq:default", "an id of no job"],
    ["HSET", "dramatiq:default.msgs", "spoiled", "garbage"],
    ["RPUSH", "dramatiq:default", "spoiled"],
]
DOCUMENTED = {"killed": "a worker counts as dead a minute after its last heartbeat; one command in 1,000 checks it"}

broker = RedisBroker(url=URL, **QUEUE)
dramatiq.set_broker(broker)
LEVELS = {"high": 0, "normal": 50, "low": 100}
actors = {t: dramatiq.actor(do, actor_name=f"do_{t}", priority=p, **JOB) for t, p in LEVELS.items()}


def enqueue(job):
    message = actors[job.tier].message(*job.args)
    broker.enqueue(message.copy(message_id=job.id))


def work():
    options = {"--processes": 1, "--threads": CONCURRENCY} | {k: v for k, v in WORKER.items() if k[0] == "-"}
    os.environ |= {name: str(value) for name, value in WORKER.items() if name not in options}
    flat = [str(word) for option in options.items() for word in option]
    os.execv(sys.executable, [sys.executable, "-m", "dramatiq", "ask_dramatiq", *flat])


def dead():
    letters = broker.client.hvals("dramatiq:default.XQ.msgs")
    return [dramatiq.Message.decode(letter).message_id for letter in letters]
