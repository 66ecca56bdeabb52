"""The Kubernetes client of Warmgate by itself: its tests of test/cluster that want a real API server. They install and
remove kinds of Warmgate, so they come before it is installed."""
import subprocess

import pytest

from harness import tools
from harness.processes import clean_environment, mortal

SECONDS = 240


def test_the_client_passes_its_tests_against_a_real_api_server(plane, kubectl):
    program = tools.client_tests()
    if program is None:
        pytest.skip("no test_cluster of the same build: scripts/e2e builds it, or set WARMGATE_TEST_CLUSTER")
    done = subprocess.run(
        mortal([program, "--gtest_filter=Live*ClusterTest.*", "--gtest_color=no"]),
        capture_output=True,
        text=True,
        check=False,
        env=clean_environment(WARMGATE_TEST_KUBECONFIG=str(plane.kubeconfig)),
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert "[  PASSED  ]" in done.stdout
    assert "[  SKIPPED ]" not in done.stdout
    kubectl.ok("wait", "--for=delete", "crd/modelcaches.warmgate.dev", "--timeout=60s")
