"""Trains policies and reward models from exported files (algorithm.md 4)."""
