"""`python -m tools.testing [SUITE…] [-- RUNNER ARGUMENTS]`: all suites or those named."""

from __future__ import annotations

import sys
import time

from tools.checks import Refusal
from tools.testing.counts import Counts
from tools.testing.suites import SLOW, SUITES, Result, Suite, run_suite


def main(arguments: list[str]) -> int:
    """Run the suites one after the other; the last line adds up."""
    names, more = _split(arguments)
    known = {suite.name: suite for suite in (*SUITES, SLOW)}
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"No such suite: {', '.join(unknown)}. There are {', '.join(known)}.", file=sys.stderr)
        return 2
    began = time.monotonic()
    results = [_run(suite, more) for suite in ([known[name] for name in names] or SUITES)]
    return _sum_up(results, time.monotonic() - began)


def _split(arguments: list[str]) -> tuple[list[str], list[str]]:
    if "--" not in arguments:
        return arguments, []
    at = arguments.index("--")
    return arguments[:at], arguments[at + 1 :]


def _run(suite: Suite, more: list[str]) -> Result:
    try:
        return run_suite(suite, more)
    except Refusal as refusal:
        print(refusal, file=sys.stderr, flush=True)
        return Result(suite, Counts(), 2, 0.0)


def _sum_up(results: list[Result], seconds: float) -> int:
    bad = [result.suite.title for result in results if result.exit_code]
    print("\n== Summary " + "=" * 80)
    for result in results:
        print(result.sentence)
    print(f"Not green: {', '.join(bad)}." if bad else "All suites are green.", f"{seconds:.0f} s in all.")
    print(sum((result.counts for result in results), Counts()), flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
