"""Several real servers on this machine: a cluster that can lose a master, and a master with its sentinel."""

import contextlib
import tempfile
from pathlib import Path

import redis
from redis.crc import key_slot

from helpers import eventually, free_port
from jobqueue.server.binary import find_server
from jobqueue.server.leash import Leashed

#: Milliseconds of silence after which the others call a node dead.
DEAD_AFTER_MS = 500

SLOTS = 16384


class Node:
    """One server at 127.0.0.1, on a free port; `options` as on its command line."""

    def __init__(self, folder, *, sentinel="", **options):
        self.port = free_port()
        self.folder = folder / str(self.port)
        self.folder.mkdir()
        command = [find_server()]
        if sentinel:
            (self.folder / "sentinel.conf").write_text(sentinel, encoding="utf-8")
            command += [str(self.folder / "sentinel.conf"), "--sentinel"]
        options |= {"port": self.port, "dir": self.folder, "save": "", "repl-diskless-sync-delay": 0}
        if sentinel:
            options = {"port": self.port, "dir": self.folder}
        command += [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", str(value))]
        with (self.folder / "log").open("wb") as log:
            self.process = Leashed(command, stdout=log, stderr=log)
        self.client = redis.Redis(port=self.port, decode_responses=True)
        try:
            eventually(self.answers)
        except BaseException:
            self.end()
            raise

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def answers(self):
        with contextlib.suppress(redis.ConnectionError):
            return self.client.ping()

    def info(self, section):
        return self.client.info(section)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def end(self):
        self.client.close()
        self.kill()


class Cluster:
    """Three masters that share the slots, and a replica of the one that owns `slot`: `async with` is not needed."""

    def __init__(self, folder, slot):
        bus = {"cluster_enabled": "yes", "cluster_node_timeout": DEAD_AFTER_MS}
        self.nodes = [Node(folder, **bus, cluster_port=free_port(), cluster_config_file="nodes") for _ in range(4)]
        *self.masters, self.replica = self.nodes
        bounds = [SLOTS * n // 3 for n in range(4)]
        for node, first, end in zip(self.masters, bounds[:-1], bounds[1:], strict=True):
            node.client.execute_command("CLUSTER ADDSLOTSRANGE", first, end - 1)
            node.client.execute_command("CLUSTER SET-CONFIG-EPOCH", 1 + self.masters.index(node))
        for node in self.nodes[1:]:
            self.meet(node)
        eventually(lambda: all(node.client.cluster("info")["cluster_known_nodes"] == "4" for node in self.nodes))
        self.master = self.masters[next(n for n, end in enumerate(bounds[1:]) if slot < end)]
        self.replica.client.execute_command("CLUSTER REPLICATE", self.master.client.execute_command("CLUSTER MYID"))
        eventually(lambda: self.replica.info("replication").get("master_link_status") == "up")
        eventually(lambda: all(node.client.cluster("info")["cluster_state"] == "ok" for node in self.nodes), timeout=30)

    def meet(self, node):
        bus = node.client.config_get("cluster-port")["cluster-port"]
        self.nodes[0].client.execute_command("CLUSTER MEET", "127.0.0.1", node.port, bus)

    @property
    def url(self):
        return "redis+cluster://" + ",".join(node.address for node in self.nodes)

    def end(self):
        for node in self.nodes:
            node.end()


class Watched:
    """A master, its replica, and a sentinel that watches them under the name `mymaster`."""

    def __init__(self, folder):
        self.master = Node(folder)
        self.replica = Node(folder, replicaof=f"127.0.0.1 {self.master.port}")
        eventually(lambda: self.replica.info("replication").get("master_link_status") == "up")
        conf = f"sentinel monitor mymaster 127.0.0.1 {self.master.port} 1\n"
        conf += f"sentinel down-after-milliseconds mymaster {DEAD_AFTER_MS}\nsentinel failover-timeout mymaster 5000\n"
        self.sentinel = Node(folder, sentinel=conf)
        eventually(lambda: self.sentinel.client.sentinel_slaves("mymaster"))

    @property
    def url(self):
        return f"redis+sentinel://{self.sentinel.address}/mymaster"

    def end(self):
        for node in (self.sentinel, self.replica, self.master):
            node.end()


def promote(replica):
    """Make a replica of a cluster's the master, as before a restart of the old one; returns when it is."""
    replica.client.execute_command("CLUSTER FAILOVER")
    eventually(lambda: replica.info("replication")["role"] == "master")


def slot_of(queue):
    """The slot of a queue's keys, by its name."""
    return key_slot(queue.encode())


@contextlib.contextmanager
def running(kind, *args):
    with tempfile.TemporaryDirectory(prefix="jqs-") as folder:
        servers = kind(Path(folder), *args)
        try:
            yield servers
        finally:
            servers.end()
