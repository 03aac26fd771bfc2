"""Writes what the registry of rules says: their pages, the index, the IAM policy of an audit.

python docs/rule_pages.py           writes docs/reference/rules/ and docs/reference/iam/audit.json
python docs/rule_pages.py --check   writes nothing; exits 1 and names what is out of date
"""

import argparse
import sys
from pathlib import Path

from dlqctl.audit.iam import iam_policy
from dlqctl.audit.rules import registry
from dlqctl.report.json import to_json
from dlqctl.report.rule_page import rule_index, rule_page

REFERENCE = Path(__file__).resolve().parent / "reference"


def generated() -> dict[str, str]:
    """The text of every generated file, by its path below docs/reference."""
    rules = registry()
    pages = {f"rules/{name}.md": rule_page(rule) for name, rule in rules.items()}
    return {
        **pages,
        "rules/README.md": rule_index(rules),
        "iam/audit.json": to_json(iam_policy(rules.values()), indent=2) + "\n",
    }


def stale(wanted: dict[str, str], folder: Path) -> list[str]:
    """What is not as it should be: absent, different, or of a rule that is gone."""
    there = {path.relative_to(folder).as_posix() for path in (folder / "rules").glob("*.md")}
    changed = {
        name
        for name, text in wanted.items()
        if not (folder / name).is_file() or (folder / name).read_text(encoding="utf-8") != text
    }
    return sorted(changed | (there - set(wanted)))


def write(wanted: dict[str, str], folder: Path) -> None:
    """Make `folder` hold what is wanted."""
    for name in stale(wanted, folder):
        path = folder / name
        if name not in wanted:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[name], encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 when stale")
    parser.add_argument("--folder", type=Path, default=REFERENCE, help="instead of docs/reference")
    given = parser.parse_args()
    wanted = generated()
    if not given.check:
        write(wanted, given.folder)
        return 0
    out_of_date = stale(wanted, given.folder)
    for name in out_of_date:
        sys.stderr.write(f"{given.folder / name} is out of date: run python docs/rule_pages.py\n")
    return 1 if out_of_date else 0


if __name__ == "__main__":
    sys.exit(main())
