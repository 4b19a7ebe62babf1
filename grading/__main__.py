"""`python -m grading`: release and grade without the LMS, a database or a network.

Exit status: 0 done (whatever the score), 1 the grader failed, 2 unusable input (one sentence).
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from grading import (
    GradingFailed,
    Result,
    SandboxUnavailable,
    UnusableInput,
    autograde,
    check_sandbox,
    release,
)


def main() -> int:
    arguments = _parser().parse_args()
    try:
        return int(arguments.command(arguments))
    except UnusableInput as error:
        print(error, file=sys.stderr)
        return 2
    except SandboxUnavailable as error:
        print(error, file=sys.stderr)
        return 1
    except GradingFailed as error:
        print(f"The grader failed: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m grading", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    grade = commands.add_parser("autograde", help="grade a submission")
    grade.add_argument("submission", type=Path, metavar="SUBMISSION_DIR")
    grade.add_argument("--source", type=Path, required=True, metavar="SOURCE_DIR")
    grade.add_argument("--kernels", type=Path, help="where the kernel python3 is registered")
    grade.add_argument("--json", action="store_true", help="print JSON instead of a table")
    grade.set_defaults(command=_autograde)
    make = commands.add_parser("release", help="make the version trainees get")
    make.add_argument("source", type=Path, metavar="SOURCE_DIR")
    make.add_argument("into", type=Path, metavar="DEST")
    make.set_defaults(command=_release)
    compare = commands.add_parser("benchmark", help="nbgrader and the engine, side by side")
    compare.add_argument("--submissions", type=int, default=30, metavar="N")
    compare.add_argument("--rounds", type=int, default=3)
    compare.add_argument("--kernels", type=Path, help="where the kernel python3 is registered")
    compare.set_defaults(command=_benchmark)
    look = commands.add_parser("doctor", help="which sandbox is in force, and why")
    look.add_argument("--kernels", type=Path, help="where the kernel python3 is registered")
    look.set_defaults(command=_doctor)
    commands.add_parser("serve", help="the warm process (used by the others)").set_defaults(
        command=_serve
    )
    return parser


def _autograde(arguments: argparse.Namespace) -> int:
    result = autograde(
        arguments.source,
        arguments.submission,
        name=arguments.source.resolve().name,
        kernels=arguments.kernels,
    )
    if arguments.json:
        print(json.dumps(as_json(result), ensure_ascii=False, indent=2))
    else:
        print("\n".join(as_table(result)))
    return 0


def _release(arguments: argparse.Namespace) -> int:
    made = release(arguments.source, arguments.into, name=arguments.source.resolve().name)
    for question in made.questions:
        print(f"{question.notebook}  {question.grade_id}  {question.max_points:g}  {question.kind}")
    return 0


def _benchmark(arguments: argparse.Namespace) -> int:
    from grading import benchmark

    return benchmark.main(
        submissions=arguments.submissions, rounds=arguments.rounds, kernels=arguments.kernels
    )


def _doctor(arguments: argparse.Namespace) -> int:
    print("\n".join(check_sandbox(arguments.kernels).words))
    return 0


def _serve(_: argparse.Namespace) -> int:
    from grading.serving import serve

    serve()
    return 0


def as_json(result: Result) -> dict[str, Any]:
    return {
        "notebooks": {
            notebook.name: {
                "cells": {
                    score.grade_id: {"score": score.points, "max": score.max_points}
                    for score in result.scores
                    if score.notebook == notebook.name
                },
                "error": notebook.error,
            }
            for notebook in result.notebooks
        }
    }


def as_table(result: Result) -> list[str]:
    lines = []
    for notebook in result.notebooks:
        lines.append(f"{notebook.name}.ipynb{': ' + notebook.error if notebook.error else ''}")
        for score in result.scores:
            if score.notebook == notebook.name:
                points = "by hand" if score.points is None else f"{score.points:g}"
                lines.append(f"  {score.grade_id:<32}{points:>8} / {score.max_points:g}")
    total = sum(score.points or 0 for score in result.scores)
    lines.append(f"{total:g} of {sum(score.max_points for score in result.scores):g} points")
    return lines


if __name__ == "__main__":
    sys.exit(main())
