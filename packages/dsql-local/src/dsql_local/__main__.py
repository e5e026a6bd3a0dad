"""Run the command line: ``python -m dsql_local``."""

import sys

from dsql_local.cli import main

if __name__ == "__main__":
    sys.exit(main())
