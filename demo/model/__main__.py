"""`python -m demo.model --port N`: serve the demo model until stopped."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from demo.model.faults import FAULTS, BadFault, Fault, Faults, fault_named
from demo.model.server import DemoModel
from demo.model.serving import address, listen, server_for


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        listening = listen(options.host, options.port)
    except OSError as problem:
        sys.stderr.write(f"Cannot listen on {options.host}:{options.port}: {problem.strerror}.\n")
        return 1
    model = DemoModel(latency=options.latency, api_key=options.api_key, faults=Faults(tuple(options.fault)))
    sys.stdout.write(f"Demo model (a rule follower, no language model) on {address(listening)}\n")
    sys.stdout.flush()
    server_for(model).run(sockets=[listening])
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m demo.model", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="0 takes any free port and prints it")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--latency", type=_seconds, default=0.0, metavar="SECONDS")
    parser.add_argument("--api-key", metavar="KEY", help="refuse requests without this bearer key")
    parser.add_argument(
        "--fault",
        type=_fault,
        action="append",
        default=[],
        metavar="NAME[:every=K]",
        help="may be given several times; one of: " + ", ".join(FAULTS),
    )
    return parser


def _fault(text: str) -> Fault:
    try:
        return fault_named(text)
    except BadFault as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds <= 3600:
        raise argparse.ArgumentTypeError("a number of seconds from 0 to 3600")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
