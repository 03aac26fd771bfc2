"""Sending dead letters back to where they failed: plan, pace, send, journal, delete."""
