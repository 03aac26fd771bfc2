"""Runs every part: the modules of this package."""

from importlib import import_module
from pkgutil import iter_modules

from tests import bench


def main() -> None:
    for module in iter_modules(bench.__path__):
        if not module.ispkg and module.name != "__main__":
            import_module(f"{bench.__name__}.{module.name}").main()


if __name__ == "__main__":
    main()
