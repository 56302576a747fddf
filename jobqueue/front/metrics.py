"""Figures of a queue for Prometheus."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from jobqueue.status import Snapshot


class OneInstant:
    """A collector of one snapshot, so that the figures of one scrape agree with each other."""

    def __init__(self, queue: str, now: Snapshot):
        self.queue, self.now = queue, now

    def collect(self) -> Iterator[Metric]:
        jobs = GaugeMetricFamily("jobqueue_jobs", "Jobs in a place now", labels=["queue", "tier", "place"])
        oldest_is = "Seconds the oldest waiting job has waited; 0 if none waits"
        oldest = GaugeMetricFamily("jobqueue_oldest_wait_seconds", oldest_is, labels=["queue", "tier"])
        for tier, counts in self.now.tiers.items():
            for place in ("waiting", "pending", "delayed"):
                jobs.add_metric([self.queue, tier, place], getattr(counts, place))
            oldest.add_metric([self.queue, tier], counts.oldest or 0)
        letters = GaugeMetricFamily("jobqueue_dead_letters", "Dead letters now", labels=["queue"])
        letters.add_metric([self.queue], self.now.dead)
        yield from (jobs, oldest, letters)
        for name in ("accepted", "done", "retried", "reaped", "discarded", "cancelled", "foreign"):
            total = CounterMetricFamily(f"jobqueue_{name}", "See jobqueue.Snapshot", labels=["queue"])
            total.add_metric([self.queue], getattr(self.now, name))
            yield total
