"""The wrong ideas about reaping: what each is called, and what it means."""

#: Of every bug: its id in the catalogue of failures, and what it means. The facts are put before it.
MEANS = {
    "ack-then-requeue": (
        "F20",
        "the job is gone: it is not pending any more, and nothing of it is waiting. No error says so, and no later run "
        "of any reaper will find it.",
    ),
    "ack-without-requeue": (
        "F20",
        "Acknowledging only deletes a row of the PEL. Nothing failed, and still nobody will ever be given that job.",
    ),
    "age-is-not-idle": (
        "F23",
        "How old an entry is says nothing about how long its worker has been silent: a job may have waited for long.",
    ),
    "another-stream": (None, "Workers read the stream they always read: who is going to read that one?"),
    "attempt-not-counted": (
        "F22",
        "A job that kills its worker will be reaped and run for ever: its attempts are never used up.",
    ),
    "attempt-wrong": ("F22", "Each reaping uses up one attempt."),
    "attempts-start-over": (
        "F16",
        "How often an entry was delivered is not how often its job was tried: each attempt has an entry of its own.",
    ),
    "changes-fields": (None, "All fields must come along, or the next worker gets another job."),
    "claim-without-requeue": ("F10", "Claiming moves a row of the PEL to another name. It makes nobody work."),
    "delete-then-requeue": (
        "F20",
        "the job is gone: its row is still in the PEL, but what there was to do stood in the entry, which is deleted.",
    ),
    "deleted-stays-pending": ("F04", "Nobody can run it, and each run of the reaper meets it again, for ever."),
    "deletes-consumer": (
        "F13",
        "The rows of a consumer are deleted together with it, those of fresh jobs too, and nobody is told.",
    ),
    "endless": ("F27", "It gets the same page again and again: what is on it is fresh, and so it stays there."),
    "first-page-only": (
        "F27",
        "One reply does not hold them all, and what it does hold may be fresh. What lies behind is never reached.",
    ),
    "frees-anothers-lock": ("F28", "A lock that anybody may take away protects nobody: a job runs twice."),
    "ghost": ("F04", "An entry can be pending and yet be gone from the stream: then there is nothing to requeue."),
    "hard-coded-lease": ("F23", "Does it look at that argument?"),
    "hard-coded-names": (None, "Use the names it is given: a reaper serves more than one stream."),
    "judges-consumers": (
        "F68",
        "Whether a consumer is alive is not the question: each entry has an idle time of its own.",
    ),
    "lock-without-ttl": ("F28", "A lock outlives its holder: an hour later, no reaper works any more."),
    "lost-after-a-crash": ("F20", "the job is lost by the run after it."),
    "lost-between-two": ("F20", "Each of the two reapers took it for the other's."),
    "never-looks-again": ("F10", "The next run does not pick up what the last one left: the job is pending for ever."),
    "not-deleted": (
        "F02",
        "Acknowledging deletes a row of the PEL, not the entry. Nobody will ever delete this one: the stream grows for "
        "good, and XLEN is no depth.",
    ),
    "reaps-fresh": (
        "F23",
        "Its worker is still at it, and the job will run twice. Are both numbers in the same unit? Idle times and "
        "stale_after_ms are milliseconds.",
    ),
    "reaps-nothing": ("F10", "They are pending with workers that are silent, and nobody else will come for them."),
    "renews-fresh": ("F26", "Whoever looks must not touch: now each run of the reaper renews every lease."),
    "requeue-without-ack": ("F22", "At the next run the old one is stale again, and so on. The job multiplies."),
    "requeues-twice": ("F29", "It will run as often as that."),
    "rewinds-the-group": (
        "F15",
        "A group knows nothing but how far it has delivered. Set back, it delivers again what others are working on.",
    ),
    "steals-fresh": ("F26", "Now its worker does not own any more what it works on."),
    "stops-early": (None, "The rest would have to wait for later runs, and each of those leaves a rest."),
    "stuck-between-two": ("F10", "Each of the two reapers left it to the other."),
    "stumbles-over-deleted": (
        "F04",
        "An entry can be pending and yet be gone from the stream. What comes after it is never reaped, at no run.",
    ),
    "stumbles-over-the-other": (
        None,
        "What it had listed was not there any more: somebody had been quicker. Whatever else is stale is left alone.",
    ),
    "swallows-errors": (
        "F46",
        "the reaper is refused, does not mind, and removes the old entry: the job is gone.",
    ),
    "takes-its-own": (None, "A new entry must wait for a worker. Who runs one that is pending with the reaper?"),
    "takes-waiting": (None, "It waited for a worker, delivered to nobody. A reaper has nothing to do with such jobs."),
    "trims-jobs": ("F03", "Whatever trims a stream deletes entries, whether somebody has run them or not."),
    "two-reapers": ("F29", "Whoever was second did not notice that somebody had been first."),
}

#: What is allowed, and worth knowing.
REMARKS = {
    "doubled": "A reaper that dies between adding the new entry and removing the old one leaves a job that runs twice. "
    "At-least-once allows it: a duplicate beats a loss.",
    "leftover": "A reaper that dies between `XACK` and `XDEL` leaves an entry that nobody will ever delete: "
    "XLEN counts it for good (F01).",
    "old news": "A heartbeat may come after it has listed a job, and before it takes it: then it takes what is not "
    "stale any more, and the job runs twice. Look again, in the same step that takes it, and it need not (F23).",
    "late": "A worker that is late, but alive, is reaped too, and its job runs twice: a reaper proves silence, "
    "not death (F23).",
    "half a script": "If Redis is out of memory, the script stops half-way: what it removed is gone, and what it "
    "wanted to add is refused. An error in Lua does not undo what came before it (F41, F46).",
}
