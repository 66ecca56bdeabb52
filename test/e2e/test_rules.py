"""Each failing fixture of each rule, sent by kubectl to the API server: the text a user reads, compared whole.

Each fixture has a namespace of its own, with its claims and ModelCaches; its other documents the server has in a file,
so it knows there what the linter knows.
"""
import pytest

from harness import golden
from harness.fixtures import failing_fixtures, judged_text, namespace_of

FIXTURES = failing_fixtures()


@pytest.mark.parametrize("path", FIXTURES, ids=[namespace_of(path) for path in FIXTURES])
def test_a_user_reads_what_is_wrong(warmgate, kubectl, path):
    arguments = ("create", "--dry-run=server", "--namespace", namespace_of(path), "--filename", "-")
    answer = kubectl(*arguments, text=judged_text(path))
    golden.check(f"rules/{path.parent.name}/{path.stem.removeprefix('fail.')}.txt", answer.text)
    refused = "denied the request" in answer.err
    assert (answer.code != 0) == refused, "nothing else may refuse it"
