"""Entry point: `python -I <this folder> REQUEST [--lifeline]`; events go to standard output.

With `--lifeline` the trainer ends when its standard input does, which is when the harness is gone.
`--check-base FOLDER TOKENS` in place of a request only asks whether a model can be trained.
"""

import json
import sys
from pathlib import Path

# Python put this folder itself on the path; the package is its parent's.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from trainer.check_base import check_base  # noqa: E402  # the line above makes it importable
from trainer.main import main  # noqa: E402

if __name__ == "__main__":
    if sys.argv[1] == "--check-base":
        sys.exit(check_base(Path(sys.argv[2]), json.loads(sys.argv[3])))
    if "--lifeline" in sys.argv[2:]:
        from model_process.lifeline import end_with_parent

        end_with_parent()
    sys.exit(main(Path(sys.argv[1])))
