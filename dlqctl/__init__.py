"""dlqctl: see why messages died on a dead-letter queue, and bring them back."""

__version__ = "0.1.0"
