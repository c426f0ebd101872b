"""Time one case with pyperf: timing.py TASK CONTENDER SIZE DIRECTORY -o FILE."""

from __future__ import annotations

from pathlib import Path

import pyperf

import cases


def main() -> None:
    runner = pyperf.Runner(add_cmdline_args=lambda command, args: command.extend(args.case))
    runner.argparser.add_argument("case", nargs=4)
    args = runner.parse_args()
    *case, directory = args.case
    # only workers call it; the manager, which starts them, needs no data
    call = cases.prepared(*case, Path(directory))[0] if args.worker else cases.check
    runner.bench_func(" ".join(case), call)


if __name__ == "__main__":
    main()
