"""The wrong ideas about a worker's one step: what each is called, and what it means."""

#: Of every bug: its id in the catalogue of failures, and what it means. The facts are put before it.
MEANS = {
    "ack-before-work": (
        "F36",
        "the job is lost: it is acknowledged, so nobody will ever be given it again, but it has not run.",
    ),
    "acks-failure": ("F36", "Whatever is acknowledged will not be tried again: this job is lost without having run."),
    "blocks-for-ever": ("F60", "Then nothing can be told to it, not even to stop. It should return soon."),
    "delete-before-work": (
        "F36",
        "the job is lost: it is still pending, but what there was to do stood in the entry, and that is deleted.",
    ),
    "deletes-failure": ("F36", "What there was to do stood in the entry: whoever is given the job next finds nothing."),
    "deletes-consumer": (
        "F13",
        "the job is lost: the rows of a consumer are deleted together with it, and nobody is told.",
    ),
    "hard-coded-names": (None, "Use the names it is given: many workers share this code."),
    "hands-over-something-else": (None, "What there is to do stands in the fields, and handlers want all of them."),
    "marked-before-work": (
        "F37",
        "the job is lost: it is delivered again, but taken for done, because it is marked as such before it has run.",
    ),
    "never-handles": ("F10", "Being read is not being run. `handle(fields)` must be awaited for it."),
    "no-pel": (
        "F36",
        "the job is lost: it was read, but never was in the PEL, so no reaper can know that somebody had it.",
    ),
    "not-acknowledged": ("F10", "When its lease has passed it will be reaped and run again, and so on, for ever."),
    "reads-nothing-new": ("F06", "Does it ask for new entries, or for those that are pending already?"),
    "reads-too-many": (
        "F18",
        "The lease of each begins when it is read, not when its turn comes; and other workers stand idle beside it.",
    ),
    "reads-without-group": ("F10", "What a group did not deliver is in no PEL, and any other worker may read it, too."),
    "requeues-failure": (None, "Who tries again, and when, is not decided here: leave the entry as it is."),
    "retries-at-once": ("F53", "What has just failed mostly fails again. Leave the entry pending, and return."),
    "runs-twice": ("F37", "Once is enough, when nothing fails."),
    "stumbles-over-nothing": (None, "An empty queue is ordinary: the reply has no entries, and that is no error."),
    "takes-others": ("F30", "It is another worker's, and that worker is at it. The job will run twice, or not at all."),
    "trims-jobs": ("F03", "Whatever trims a stream deletes entries, whether somebody has run them or not."),
    "two-workers": ("F12", "Two workers at once ran the same job, without a crash and without delay."),
    "two-workers-lose": ("F12", "Two workers at once, without a crash."),
    "waits-too-long": (
        "F60",
        "A worker that is asked to stop should not keep everybody waiting. It should return soon.",
    ),
    "work-in-background": (
        "F36",
        "It returns while the handler still runs: if it has acknowledged by then, nobody will notice a crash.",
    ),
}

#: What is allowed, and worth knowing.
REMARKS = {
    "crash": "A worker that dies after its work and before `XACK` leaves a job that will run twice. At-least-once "
    "allows it, and no order of commands avoids it: make the work idempotent (F37).",
    "pass_time": "If the lease passes while the work goes on, the reaper gives the job to somebody else, and it runs "
    "twice. That is what heartbeats are for (F23).",
}
