"""Stand-ins for AWS that behave as AWS documents, held by `tests/contract` to the emulators."""
