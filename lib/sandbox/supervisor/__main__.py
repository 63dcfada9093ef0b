"""Entry of a worker: ``python -s -S -P <this folder> <settings as JSON>``."""

import sys
from pathlib import Path

# Python put this folder itself on the path; the package is found one level up, and steps must
# find neither.
_ROOT = str(Path(__file__).resolve().parent.parent)
sys.path[0] = _ROOT

from supervisor.serve import main  # noqa: E402

sys.path.remove(_ROOT)
main(sys.argv[1])
