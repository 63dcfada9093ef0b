"""Entry point: `python -I <this folder> REQUEST [--lifeline]`; events go to standard output.

With `--lifeline` the trainer ends when its standard input does, which is when the harness is gone.
"""

import sys
from pathlib import Path

# Python put this folder itself on the path; the package is its parent's.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from trainer.lifeline import end_with_parent  # noqa: E402  # the line above makes it importable
from trainer.main import main  # noqa: E402

if __name__ == "__main__":
    if "--lifeline" in sys.argv[2:]:
        end_with_parent()
    sys.exit(main(Path(sys.argv[1])))
