"""The wrong ideas about finding orphans."""

from jobqueue.lab.check.ideas import Ideas

IDEAS = Ideas("""
hard-coded-names: So it can only ever look after a single queue.
takes-waiting (F06): Reading with `>` delivers new entries. So a job that waited now belongs to a consumer that won't
    run it.
removes (F13): So that job is lost to every worker.
takes-away (F26): So it's pending under a consumer that won't run it, and it looks fresh.
resets-the-clock (F26): So the next one to look takes it for fresh, and the orphan stays where it is.
not-ids: So the caller doesn't get entry ids, as texts.
counts-what-is-not-pending (F01): The stream holds all entries, and the pending list is another structure. So a job that
    nobody has lost is taken for an orphan.
counts-fresh (F23): Its worker is still busy with it. So a job that's running is taken for an orphan, and runs twice.
finds-none: Redis counts idle times in milliseconds, and another unit does that. So no orphan is ever met.
finds-some (F10): Any consumer's entry can be an orphan. So these jobs stay pending for good.
judges-consumers (F68): A consumer that is alive can hold an entry that it never saw, because the reply was lost. So
    that job stays pending for good.
one-page (F27): The pending list comes in pages. So everything after the first page is never looked at.
only-a-prefix (F27): Fresh entries stand in front of the stale ones and fill the first page. So no orphan is ever met.
twice: Two pages that share an entry do that. So the caller requeues that job twice.
""")
