"""``python -m studio`` is the command `studio`."""

import sys

from studio.cli import main

if __name__ == "__main__":  # a spawned process imports this module under another name
    sys.exit(main())
