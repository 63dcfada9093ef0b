"""Trains policies and reward models from exported files (docs/architecture.md, "training")."""
