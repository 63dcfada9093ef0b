"""Entry point: `python -I <this folder> --policy FOLDER [--ppm FOLDER]`."""

import sys
from pathlib import Path

# Python put this folder itself on the path; the package is its parent's.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from server.main import main  # noqa: E402  # the line above makes it importable

if __name__ == "__main__":
    main()
