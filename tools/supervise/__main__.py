"""`python -m tools.supervise`: all of Spotter in this terminal."""

import sys

from tools.supervise.pair import INNER, run_pair
from tools.supervise.run import run_inner

if __name__ == "__main__":
    sys.exit(run_inner() if INNER in sys.argv[1:] else run_pair("tools.supervise"))
