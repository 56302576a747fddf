"""Builds the new entry from the four fields it knows; whatever else the job carried is dropped.

bug: changes-fields
"""

from dataclasses import asdict, dataclass


@dataclass
class Job:
    id: str
    task: str
    payload: str
    attempt: int

    @classmethod
    def parse(cls, fields):
        return cls(fields["id"], fields["task"], fields["payload"], int(fields["attempt"]))


async def settle_failure(redis, stream, group, entry_id, fields, error, max_attempts):
    job = Job.parse(fields)
    async with redis.pipeline(transaction=True) as pipe:
        if job.attempt < max_attempts:
            job.attempt += 1
            pipe.xadd(stream, asdict(job))
        else:
            pipe.xadd(f"{stream}:dead", asdict(job) | {"error": error})
        pipe.xack(stream, group, entry_id)
        pipe.xdel(stream, entry_id)
        await pipe.execute()
