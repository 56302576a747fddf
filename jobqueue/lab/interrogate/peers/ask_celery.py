"""Celery on kombu's Redis transport: a list per priority, a hash of unacknowledged messages, restored after an hour."""

import json

from celery import Celery
from host import CONCURRENCY, JOB, QUEUE, URL, WORKER, do
from redis import Redis

DEAD = "its result, if those are kept, for a day"
TUNED = {
    "killed killed_first in_transit cut restarted": {
        "queue": {"visibility_timeout": 4, "unacked_restore_interval": 1, "unacked_restore_throttle": 1},
        "worker": {"task_acks_late": True, "task_reject_on_worker_lost": True, "worker_prefetch_multiplier": 1},
    },
    "starvation": {"queue": {"queues": "high,normal,low"}},
    "lease busy": {
        "queue": {"visibility_timeout": 2, "unacked_restore_interval": 1, "unacked_restore_throttle": 1},
        "worker": {"task_acks_late": True},
    },
    "fails": {"queue": {"results": True}, "job": {"max_retries": 2, "default_retry_delay": 1}},
    "poison": {"worker": {"task_acks_late": True, "task_reject_on_worker_lost": True}},
}
GARBAGE = [["LPUSH", "celery", "garbage"], ["LPUSH", "celery", '{"body": "x", "headers": {}, "properties": {}}']]
DOCUMENTED = {"killed": "acknowledged before it runs, unless acks_late; restored after visibility_timeout, an hour"}

url = URL.replace("unix://", "redis+socket://")
queues, results = QUEUE.pop("queues", None), QUEUE.pop("results", False)
app = Celery("asked", broker=url, backend=url if results else None)
flags = {name: WORKER.pop(name) for name in list(WORKER) if name.startswith("--")}
app.conf.update(broker_transport_options=QUEUE, broker_connection_retry_on_startup=True, **WORKER)
retry = {"autoretry_for": (Exception,)} if JOB else {}
task = app.task(do, name="do", **retry, **JOB)
LEVELS = {"high": 0, "normal": 3, "low": 9}


def enqueue(job):
    where = {"queue": job.tier} if queues else {"priority": LEVELS[job.tier]}
    task.apply_async(job.args, task_id=job.id, **where)


def work():
    options = {"--concurrency": CONCURRENCY, "--loglevel": "WARNING"} | ({"-Q": queues} if queues else {}) | flags
    app.worker_main(["worker", *(str(word) for option in options.items() for word in option if word is not True)])


def dead():
    redis = Redis.from_url(URL)
    kept = [json.loads(redis.get(key)) for key in redis.scan_iter("celery-task-meta-*")]
    return [result["task_id"] for result in kept if result["status"] == "FAILURE"]
