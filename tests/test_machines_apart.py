"""The target `machines` where jobs share no files with the call: on a stand-in for a cluster, and as a job of Kubernetes.

No Kubernetes is asked: what it is sent is read.
"""

import json
import re
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec

import pytest
import yaml

from tests.snakemake_calls import run_snakemake
from tests.support import ROOT, missing
from tests.tiny_sweep import TINY

pytestmark = pytest.mark.slow

SUBMIT = """#!/bin/bash
folder=$(mktemp -d "{pods}/XXXXXX")
cp "$1" "$folder/job.sh"
(cd "$folder"; bash job.sh > said.txt 2>&1; echo $? > status) > /dev/null 2>&1 &
echo "$folder"
"""
STATUS = """#!/bin/bash
case $(cat "$1/status" 2>/dev/null) in '') echo running ;; 0) echo success ;; *) echo failed ;; esac
"""


@pytest.fixture
def clone(tmp_path):
    """A clone, whose committed files are what such a job gets, with a config for one machine."""
    if not (ROOT / ".git").exists():
        missing("the repository's history")
    folder = tmp_path / "clone"
    folder.mkdir()
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in (name for name in names.split("\0") if name.startswith(("Snakefile", "scripts/", "config/"))):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    for command in (["init", "--quiet"], ["add", "--all"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    machine = {"name": "epyc", "resources": {"machine_type": "c7a.48xlarge", "threads": 64, "runtime": 60}}
    (folder / "tiny.yaml").write_text(yaml.safe_dump({**TINY, "machine": None, "machines": [machine]}))
    return folder


def storage(folder):
    return ["--default-storage-provider", "fs", "--default-storage-prefix", str(folder / "store")]


def need(*modules):
    for module in modules:
        if find_spec(module) is None:
            missing(module)


def test_a_job_brings_its_result_set_back(clone, tmp_path):
    need("snakemake_executor_plugin_cluster_generic", "snakemake_storage_plugin_fs")
    if not shutil.which("rsync"):  # which that storage uses
        missing("rsync")
    (tmp_path / "pods").mkdir()
    for name, text in (("submit", SUBMIT.format(pods=tmp_path / "pods")), ("status", STATUS)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    done = run_snakemake(
        *("--executor", "cluster-generic", "--jobs", "1", "--shared-fs-usage", "none", "--job-deploy-sources"),
        *(
            "--cluster-generic-submit-cmd",
            str(tmp_path / "submit"),
            "--cluster-generic-status-cmd",
            str(tmp_path / "status"),
        ),
        *("--seconds-between-status-checks", "1", *storage(tmp_path), "machines", "--configfile", "tiny.yaml"),
        cwd=clone,
    )
    said = "".join(path.read_text() for path in tmp_path.glob("pods/*/said.txt"))
    assert done.returncode == 0, done.stderr + said
    assert re.search(r"^epyc \(host \S+\): complete$", done.stderr, re.MULTILINE)
    assert len(list((clone / "results/epyc/runs").glob("*.json"))) == 8
    assert (clone / "results/epyc/tiny/report.html").exists()


class Server(BaseHTTPRequestHandler):
    """Takes what a client of Kubernetes creates, and says that each job has failed."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.created.append(body)
        self._answer(body)

    def do_GET(self):
        is_job = "/jobs/" in self.path
        self._answer({"metadata": {}, "spec": {"template": {}}, "status": {"failed": 1}} if is_job else {"items": []})

    def do_DELETE(self):
        self._answer({})

    def _answer(self, content):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())

    def log_message(self, *_):
        """Nothing."""


@pytest.fixture
def kubernetes(tmp_path, monkeypatch):
    """What was created in a Kubernetes that is none; the settings of its client are in the environment."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    server.created = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    names = {"cluster": "c", "user": "u"}
    config = {
        "current-context": "x",
        "contexts": [{"name": "x", "context": names}],
        "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
        "users": [{"name": "u", "user": {}}],
    }
    (tmp_path / "kube.yaml").write_text(yaml.safe_dump(config))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kube.yaml"))
    yield server.created
    server.shutdown()


def test_the_job_of_kubernetes_asks_for_what_its_machine_says(clone, kubernetes, tmp_path):
    need("snakemake_executor_plugin_kubernetes", "snakemake_storage_plugin_fs")
    command = [sys.executable, "-m", "snakemake", "--profile", "config/profiles/kubernetes", *storage(tmp_path)]
    done = subprocess.run(
        [*command, "--seconds-between-status-checks", "1", "machines", "--configfile", "tiny.yaml"],
        cwd=clone,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    jobs = [body for body in kubernetes if body["metadata"].get("labels") == {"app": "snakemake"}]
    assert len(jobs) == 1 + 3, done.stderr  # each is tried again
    pod = jobs[0]["spec"]["template"]["spec"]
    assert pod["nodeSelector"] == {"node.kubernetes.io/instance-type": "c7a.48xlarge"}
    container = pod["containers"][0]
    assert container["image"] == "my-registry/gil-scaling"
    assert container["resources"]["requests"]["cpu"] == "60800m"  # 95 % of 64, which the plugin leaves to Kubernetes
    arguments = container["args"][1]
    assert re.search(r"--deploy-sources \S*store/snakemake-workflow-sources\.\w+\.tar\.xz", arguments)
    assert re.search(r"--target-jobs '?sweep_on:call=[\d-]+,machine=epyc'? ", arguments)
    assert done.returncode == 1
    assert done.stderr.count("The sweep on epyc was cut short: ") == len(jobs)
