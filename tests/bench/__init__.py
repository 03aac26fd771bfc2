"""What dlqctl costs, as ratios within one run: `python -m tests.bench`, or one part of it alone.

Every module here is a part and has a `main` that prints its tables; `tools` is what they share.
"""
