"""Trains policies and reward models from exported files (docs/architecture.md, "training")."""

import sys
from pathlib import Path

# `model_process` is shared with the engine, and is found from wherever this package is imported.
sys.path.append(str(Path(__file__).resolve().parents[2] / "process" / "python"))
