import pytest

from dlqctl.audit.page import parse_page

DOC = """Summary
over two lines.

What: One thing: with a colon.

Why: Because
    of that.

Judged: So.

CLI:
    aws one \\
      --two

SAM:
    A: {B: c}

CloudFormation:
    Type: AWS::X

Terraform:
    resource "x" "y" {
      z = 1
    }

Source: https://docs.aws.amazon.com/x.html
"""


def test_sections() -> None:
    page = parse_page(DOC)
    assert page.summary == "Summary over two lines."
    assert page.what == "One thing: with a colon."
    assert page.why == "Because of that."
    assert page.fixes["CLI"] == "aws one \\\n  --two"
    assert page.fixes["Terraform"] == 'resource "x" "y" {\n  z = 1\n}'
    assert page.url == "https://docs.aws.amazon.com/x.html"


@pytest.mark.parametrize(
    "broken",
    [
        DOC.replace("Why:", "Wherefore:"),
        DOC.replace("Why:", "What:"),
        DOC.replace("Judged: So.", "Judged:"),
        DOC.replace("Summary\nover two lines.", ""),
        "",
    ],
)
def test_an_incomplete_page_is_refused(broken: str) -> None:
    with pytest.raises(ValueError, match=r"sections are|nothing is said"):
        parse_page(broken)
