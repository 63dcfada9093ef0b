"""The embedded engine: vLLM's routes over transformers, for a policy and a PPM."""

import sys
from pathlib import Path

# `model_process` is shared with the trainer, and is found from wherever this package is imported.
sys.path.append(str(Path(__file__).resolve().parents[2] / "process" / "python"))
