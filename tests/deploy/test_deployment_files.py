"""The files in deploy/ are what their tools expect, their commands are ours, and each supervisor waits for a drain."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import yaml
from jsonschema import validate

from helpers import eventually
from jobqueue.cli.words import build_parser
from jobqueue.front.http import create_app
from jobqueue.server.leash import Leashed

DEPLOY = Path(__file__).parents[2] / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
UNIT = (DEPLOY / "jobqueue-worker@.service").read_text(encoding="utf-8")
MANIFESTS = [
    manifest
    for path in sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    for manifest in yaml.safe_load_all(path.read_text(encoding="utf-8"))
]
DEPLOYMENTS = {m["metadata"]["name"]: m["spec"]["template"]["spec"] for m in MANIFESTS if m["kind"] == "Deployment"}
[SCALED] = [manifest for manifest in MANIFESTS if manifest["kind"] == "ScaledObject"]

#: The fields of a ScaledObject that we use, as https://keda.sh/docs/latest/reference/scaledobject-spec/ has them.
INTEGER, TEXT = {"type": "integer", "minimum": 0}, {"type": "string", "minLength": 1}


def fields(required="", **properties):
    return {"type": "object", "properties": properties, "required": required.split(), "additionalProperties": False}


PROMETHEUS = fields(
    "serverAddress query threshold", serverAddress=TEXT, query=TEXT, threshold=TEXT, ignoreNullValues=TEXT
)
POLICY = fields("type value periodSeconds", type={"enum": ["Pods", "Percent"]}, value=INTEGER, periodSeconds=INTEGER)
SCALE_DOWN = fields(stabilizationWindowSeconds=INTEGER, policies={"type": "array", "items": POLICY})
SCALED_OBJECT_SPEC = fields(
    "scaleTargetRef triggers",
    scaleTargetRef=fields("name", name=TEXT),
    minReplicaCount=INTEGER,
    maxReplicaCount=INTEGER,
    pollingInterval=INTEGER,
    cooldownPeriod=INTEGER,
    fallback=fields("failureThreshold replicas", failureThreshold=INTEGER, replicas=INTEGER),
    advanced=fields(horizontalPodAutoscalerConfig=fields(behavior=fields(scaleDown=SCALE_DOWN))),
    triggers={
        "type": "array",
        "minItems": 1,
        "items": fields("type metadata", type={"const": "prometheus"}, metadata=PROMETHEUS),
    },
)


def seconds(text):
    return int(re.fullmatch(r"(\d+)s?", str(text))[1])


def words_of_unit():
    return shlex.split(re.search(r"^ExecStart=(.+)$", UNIT, re.M)[1])[1:]


#: Each command of ours in these files, and how long its supervisor waits from SIGTERM to SIGKILL.
COMMANDS = {
    "unit": (words_of_unit(), seconds(re.search(r"^TimeoutStopSec=(.+)$", UNIT, re.M)[1])),
    **{
        f"compose {name}": (
            COMPOSE["services"][name]["command"],
            seconds(COMPOSE["services"][name]["stop_grace_period"]),
        )
        for name in ("worker", "front")
    },
    **{
        name: (spec["containers"][0]["args"], spec["terminationGracePeriodSeconds"])
        for name, spec in DEPLOYMENTS.items()
    },
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_one_of_ours_and_its_supervisor_waits_longer_than_it_drains(name):
    words, patience = COMMANDS[name]
    arguments = build_parser().parse_args(words)
    drains = arguments.grace if arguments.command == "worker" else 10
    assert patience >= drains + 10


def test_the_images_own_command_is_jobqueue():
    lines = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert 'ENTRYPOINT ["jobqueue"]' in lines and "COPY deploy/example.py ." in lines


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda m: f"{m['kind']} {m['metadata']['name']}")
def test_a_manifest_is_what_kubernetes_expects(manifest):
    if manifest["kind"] == "ScaledObject":
        validate(manifest["spec"], SCALED_OBJECT_SPEC)
        assert manifest["spec"]["scaleTargetRef"]["name"] in DEPLOYMENTS
        return
    kubernetes = pytest.importorskip("kubernetes_validate", reason="pip install -e '.[deploy]' for the schemas")
    kubernetes.validate(manifest, "1.33", strict=True)


def test_the_compose_file_is_what_its_schema_expects():
    pytest.importorskip("check_jsonschema", reason="pip install -e '.[deploy]' for the schemas")
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.compose-spec",
        DEPLOY / "compose.yaml",
    ]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_all_that_the_compose_file_mounts_is_there():
    mounts = [mount for service in COMPOSE["services"].values() for mount in service.get("volumes", [])]
    local = [mount.partition(":")[0] for mount in mounts if mount.startswith(".")]
    assert len(local) == 3 and all((DEPLOY / path).exists() for path in local)


def test_valkey_keeps_its_data_and_never_evicts():
    command = COMPOSE["services"]["valkey"]["command"]
    for words in ("--appendonly yes", "--appendfsync everysec", "--maxmemory 512mb", "--maxmemory-policy noeviction"):
        assert words in command


def test_systemd_accepts_the_unit(tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd here")
    unit = tmp_path / "jobqueue-worker@1.service"
    unit.write_text(re.sub(r"(?m)^ExecStart=\S+", f"ExecStart={sys.executable}", UNIT), encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, encoding="utf-8", timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


async def test_the_probes_ask_what_the_front_answers_and_no_worker_is_killed_because_redis_is_away(queue):
    [front] = DEPLOYMENTS["jobqueue-front"]["containers"]
    [worker] = DEPLOYMENTS["jobqueue-worker"]["containers"]
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(create_app(queue)), base_url="http://localhost"
    ) as client:
        for probe in ("readinessProbe", "livenessProbe"):
            answer = await client.get(front[probe]["httpGet"]["path"])
            assert answer.status_code == 200
    assert front["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert "livenessProbe" not in worker


def test_the_scalers_query_counts_what_waits_and_what_runs_once(tmp_path):
    if not shutil.which("promtool"):
        pytest.skip("no Prometheus here: apt install prometheus")
    [trigger] = SCALED["spec"]["triggers"]
    series = {("high", "waiting"): 7, ("high", "pending"): 3, ("low", "waiting"): 20, ("low", "delayed"): 500}
    lines = [
        {
            "series": f'jobqueue_jobs{{queue="jobs", tier="{tier}", place="{place}", instance="{front}"}}',
            "values": f"{n}x9",
        }
        for (tier, place), n in series.items()
        for front in "ab"
    ]
    expected = {"expr": trigger["metadata"]["query"], "eval_time": "1m", "exp_samples": [{"labels": "{}", "value": 30}]}
    case = {"interval": "15s", "input_series": lines, "promql_expr_test": [expected]}
    (tmp_path / "query.yml").write_text(yaml.safe_dump({"tests": [case]}), encoding="utf-8")
    done = subprocess.run(["promtool", "test", "rules", "query.yml"], cwd=tmp_path, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()


def test_the_example_runs_jobs(redis_url):
    def jobqueue(*words):
        return [sys.executable, "-m", "jobqueue.cli", *words, "--url", redis_url]

    worker = Leashed(
        jobqueue("worker", "example:HANDLERS"), cwd=DEPLOY, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        enqueue = subprocess.run(jobqueue("enqueue", "double", "21"), capture_output=True, encoding="utf-8", timeout=60)
        status = jobqueue("status", enqueue.stdout.strip())
        eventually(lambda: '"result": 42' in subprocess.run(status, capture_output=True, encoding="utf-8").stdout)
    finally:
        worker.kill()
        worker.wait()
