"""huey on RedisHuey: a list, popped before the work. Priorities by PriorityRedisHuey, a sorted set."""

import huey as library
from host import CONCURRENCY, JOB, QUEUE, URL, WORKER, do
from huey.consumer import Consumer
from huey.utils import Error

DEAD = "its result, until it is read"
TUNED = {
    "starvation": {"queue": {"class": "PriorityRedisHuey"}},
    "fails": {"job": {"retries": 2}},
    "stopped": {"worker": {"graceful_signal": "TERM"}},
}
GARBAGE = [["RPUSH", "huey.redis.asked", "garbage"], ["RPUSH", "huey.redis.asked", b"\x80\x04garbage"]]
DOCUMENTED = {"killed": "a job is popped before it runs"}
UNASKED = {"lease": "it has none", "busy": "it has none"}

make = getattr(library, QUEUE.pop("class", "RedisHuey"))
huey = make("asked", url=URL, **QUEUE)
task = huey.task(name="do", **JOB)(do)
LEVELS = {"high": 10, "normal": 5, "low": 0}


def enqueue(job):
    priority = LEVELS[job.tier] if make.__name__.startswith("Priority") else None
    huey.enqueue(task.s(*job.args, id=job.id, **({"priority": priority} if priority else {})))


def work():
    Consumer(huey, workers=CONCURRENCY, **WORKER).run()


def dead():
    return [job for job, result in huey.all_results().items() if isinstance(huey.serializer.deserialize(result), Error)]
