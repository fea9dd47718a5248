"""The command-line tool, as `volley` and `python -m volley`."""

import os
import sys

from ._errors import VolleyError
from ._finding import tool


def main() -> None:
    """Becomes the tool."""
    try:
        program = str(tool())
        os.execv(program, [program, *sys.argv[1:]])
    except (VolleyError, OSError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
