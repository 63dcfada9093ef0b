"""Entry of the planner: ``python -s -P launch.py < request > plan`` (PROTOCOL.md, section 1)."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from supervisor.plan import main

if __name__ == "__main__":
    main()
