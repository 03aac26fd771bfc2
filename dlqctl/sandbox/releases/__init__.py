"""The order function's releases, as they are deployed. Run by Lambda, never imported by dlqctl."""
