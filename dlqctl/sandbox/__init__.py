"""A small AWS on this machine, with dead letters of every origin in it."""
