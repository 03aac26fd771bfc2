"""Runs every part: the modules of this package."""

import subprocess
import sys
from pkgutil import iter_modules

from tests import bench


def main() -> None:
    for module in iter_modules(bench.__path__):
        if not module.ispkg and module.name != "__main__":
            # Each in a process of its own: the kernel counts the memory of a parent that has
            # grown as the most that its next child used.
            part = f"{bench.__name__}.{module.name}"
            subprocess.run([sys.executable, "-m", part], check=True)


if __name__ == "__main__":
    main()
