"""RQ: a list of ids, a hash per job, and a work horse forked for each. Priority is the order of a worker's queues."""

from host import JOB, URL, WORKER
from redis import Redis
from rq import Queue, Retry, worker
from rq.registry import FailedJobRegistry

DEAD = "the failed registry, for a year"
TUNED = {
    "killed killed_first": {
        "worker": {"job_monitoring_interval": 1, "maintenance_interval": 2},
        "job": {"retry": 2},
    },
    "in_transit": {"worker": {"queues": "normal", "maintenance_interval": 2}, "job": {"retry": 2}},
    "starvation": {"worker": {"class": "RoundRobinWorker"}},
    "lease busy": {"job": {"job_timeout": 2}},
    "fails poison": {"job": {"retry": 2}},
}
GARBAGE = [
    ["RPUSH", "rq:queue:normal", "an id of no job"],
    ["HSET", "rq:job:spoiled", "data", "garbage", "created_at", "2026-01-01T00:00:00.000000Z", "origin", "normal"],
    ["RPUSH", "rq:queue:normal", "spoiled"],
]
DOCUMENTED = {"killed": "an abandoned job fails a minute after its last heartbeat, at a maintenance every 10 minutes"}

connection = Redis.from_url(URL)
queues = {tier: Queue(tier, connection=connection) for tier in ("high", "normal", "low")}


def enqueue(job):
    options = dict(JOB)
    if "retry" in options:
        options["retry"] = Retry(max=options["retry"])
    queues[job.tier].enqueue("host.do", *job.args, job_id=job.id, **options)


def work():
    kind = getattr(worker, WORKER.pop("class", "Worker"))
    names = WORKER.pop("queues", "high,normal,low").split(",")  # from one queue alone a job is moved, not popped
    kind([queues[name] for name in names], connection=connection, **WORKER).work(logging_level="WARNING")


def dead():
    return [job for queue in queues.values() for job in FailedJobRegistry(queue=queue).get_job_ids()]


def replay(ids):
    for job in ids:
        FailedJobRegistry(queue=queues["normal"]).requeue(job)
