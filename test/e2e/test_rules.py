"""Each failing fixture of each rule, sent by kubectl to the API server: the text a user reads, compared whole.

The server is started with the documents of each fixture as facts in a namespace of its own, so it knows there what the
linter knows of the file. The input rules (WG001 to WG006) are about files and stay the linter's.
"""
import pytest

from harness import golden
from harness.fixtures import failing_fixtures, namespace_of

FIXTURES = failing_fixtures()


@pytest.mark.parametrize("path", FIXTURES, ids=[namespace_of(path) for path in FIXTURES])
def test_a_user_reads_what_is_wrong(warmgate, kubectl, path):
    arguments = ("create", "--dry-run=server", "--namespace", namespace_of(path), "--filename", path.name)
    answer = kubectl(*arguments, cwd=path.parent)
    golden.check(f"rules/{path.parent.name}/{path.stem.removeprefix('fail.')}.txt", answer.text)
    refused = "denied the request" in answer.err
    assert (answer.code != 0) == refused, "nothing else may refuse it"
