"""Walks the README against a running cluster.

PEDL_MASTER is the cluster's URL, PEDL_TEST_IMAGE an image that its agent has.
"""

import importlib.metadata
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import grpc
import pytest
from pedl.v1 import cluster_pb2, cluster_pb2_grpc

MASTER = urlsplit(os.environ.get("PEDL_MASTER", "http://127.0.0.1:8080")).netloc
IMAGE = os.environ.get("PEDL_TEST_IMAGE", "pedl-test/busybox:1")

README = Path(__file__).parent.parent.joinpath("README.md").read_text()
EXAMPLES = dict(re.findall(r"^## ([^\n]+)$.*?^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL))


def run_example(title: str) -> list[str]:
    """What the README's example prints against the cluster under test."""
    code = EXAMPLES[title].replace("127.0.0.1:8080", MASTER).replace("pedl-task:0.1.0", IMAGE)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("title", ["Run a command", "With asyncio"])
def test_a_command_and_its_log(title: str) -> None:
    printed = run_example(title)
    assert "hello from python" in printed
    assert printed[-1] == "ASSET_STATE_COMPLETED 0"


def test_the_reason_of_an_error() -> None:
    reason, message = run_example("Errors")
    assert reason == "LOGIN_FAILED"
    assert message


@pytest.mark.parametrize("title", EXAMPLES)
def test_types(title: str, tmp_path: Path) -> None:
    example = tmp_path / "example.py"
    example.write_text(EXAMPLES[title])
    # Google's own packages have no types.
    mypy = [sys.executable, "-m", "mypy", "--strict", "--disable-error-code=import-untyped"]
    done = subprocess.run(
        [*mypy, "--cache-dir", str(tmp_path.parent / "mypy"), str(example)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout


def test_the_client_is_of_the_masters_version() -> None:
    with grpc.insecure_channel(MASTER) as channel:
        master = cluster_pb2_grpc.ClusterServiceStub(channel).GetMaster(cluster_pb2.GetMasterRequest())
    assert importlib.metadata.version("pedl-proto") == master.version
