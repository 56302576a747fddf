"""enqueue_many gives each of its jobs the answer that it would get alone."""

from jobqueue import BadJob, NewJob, PayloadTooLarge, QueueFullError
from steps import take


async def test_each_of_many_jobs_gets_the_answer_that_it_would_get_alone(bounded):
    queue = await bounded(low=2)
    await queue.enqueue("task", job_id="known", priority="low")
    answers = await queue.enqueue_many(
        [
            NewJob("task", 1, "low", "first"),
            NewJob("", 1, "low"),
            NewJob("task", 1, "low", "late"),
            NewJob("task", 1, "low", "known"),
            NewJob("task", "x" * 300_000, "low"),
            NewJob("task", 1, "urgent"),
            NewJob("task", 1, "high", "first of high"),
            NewJob("task", 1, "high", "first of high"),
            NewJob("task", 1, "low", "first"),
            NewJob("task", 1, "high", "later", delay=60),
            NewJob("task", 1, delay=-1),
        ]
    )
    kinds = [answer if isinstance(answer, str) else type(answer) for answer in answers]
    assert kinds == [
        "first", BadJob, QueueFullError, "known", PayloadTooLarge, BadJob, "first of high", "first of high", "first",
        "later", BadJob,
    ]  # fmt: skip
    now = await queue.snapshot()
    assert (now.accepted, now.total("waiting"), now.total("delayed")) == (4, 3, 1)
    assert await queue.job("late") is None


async def test_the_first_of_hundreds_of_jobs_find_room_in_their_order(bounded):
    queue = await bounded(low=150)
    answers = await queue.enqueue_many(NewJob("task", n, "low", f"j{n}") for n in range(350))
    assert answers[:150] == [f"j{n}" for n in range(150)]
    assert {type(answer) for answer in answers[150:]} == {QueueFullError}
    assert [job.payload for job in await take(queue, tier="low", count=1000)] == list(range(150))


async def test_no_jobs_get_no_answers(queue):
    assert await queue.enqueue_many([]) == []
