from datetime import date, timedelta
from pathlib import Path

import pytest

from dlqctl.audit.configuration import find_configuration, read_configuration
from dlqctl.audit.findings import Severity
from dlqctl.audit.rules import registry
from dlqctl.audit.runner import RuleSettings
from dlqctl.errors import UsageError

GOOD = """
fail_on = "warning"
ignore = ["alarm"]

[rules.stream-pointer-window-short]
severity = "warning"
minimum-window = "6h"

[rules.stream-no-bisect]
enabled = false

[[suppress]]
rules = ["sqs"]
resource = "arn:aws:sqs:*:*:legacy-*"
reason = "switched off in March"
until = 2027-03-31
"""


def written(folder: Path, text: str, name: str = "dlqctl.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_reads_what_is_written(tmp_path: Path) -> None:
    found = read_configuration(written(tmp_path, GOOD), registry())
    assert found.fail_on is Severity.WARNING
    assert found.ignore == ("alarm",)
    assert found.rules == {
        "stream-pointer-window-short": RuleSettings(
            severity=Severity.WARNING, options={"minimum-window": timedelta(hours=6)}
        ),
        "stream-no-bisect": RuleSettings(enabled=False),
    }
    (suppression,) = found.suppressions
    assert suppression.until == date(2027, 3, 31)
    assert suppression.reason == "switched off in March"


def test_pyproject_holds_it_under_tool(tmp_path: Path) -> None:
    path = written(tmp_path, '[tool.dlqctl]\nfail_on = "never"\n', "pyproject.toml")
    assert find_configuration(tmp_path) == path
    assert read_configuration(path, registry()).fail_on == "never"


def test_own_file_goes_first_and_none_is_fine(tmp_path: Path) -> None:
    written(tmp_path, "[tool.other]\n", "pyproject.toml")
    assert find_configuration(tmp_path) is None
    own = written(tmp_path, "")
    written(tmp_path, "[tool.dlqctl]\n", "pyproject.toml")
    assert find_configuration(tmp_path) == own


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("fail_on = ", "not TOML"),
        ('fail_on = "bad"', "fail_on"),
        ("nonsense = 1", "nonsense"),
        ('[rules.no-such-rule]\nseverity = "info"', "no audit rule"),
        ("[rules.stream-no-bisect]\nlimit = 3", "no option 'limit'"),
        ("[rules.stream-pointer-window-short]\nminimum-window = 6", "a duration"),
        ('[[suppress]]\nrules = ["sqs"]\nresource = "*"', "reason"),
        ('[[suppress]]\nrules = ["sqs"]\nresource = "*"\nreason = " "', "reason"),
        ('[[suppress]]\nrules = []\nresource = "*"\nreason = "x"', "rules"),
        ('[[suppress]]\nrules = ["nope"]\nresource = "*"\nreason = "x"', "no audit rule"),
    ],
)
def test_refuses_the_rest_and_says_where(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        read_configuration(written(tmp_path, text), registry())
