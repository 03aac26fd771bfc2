"""`python -m dlqctl` is the console script."""

from dlqctl.cli.app import main

if __name__ == "__main__":
    main()
