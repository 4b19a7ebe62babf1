"""`python -m grading benchmark`: nbgrader and the engine on the same notebooks and cores, in turns.

Printed per submission: wall and processor seconds (median of what was measured, and the range), with one
and with two at a time; the floor, which is the same cells compiled and run in a fork of a Python
that has imported everything; the ratios; and how many scores are equal. Start-up is left out on
both sides and printed apart.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import psutil

import grading
from grading import boxes, folder, nbgrader_reference
from grading.benchmark_work import make_source, make_submissions
from grading.kernels import notebook_python

NAME = "benchmark"
# What takes a second beside half a minute of nbgrader: shared cores change their speed.
REPEATED = 4
Scores = dict[tuple[str, str, str], float | None]


@dataclass
class Line:
    """Seconds per submission, one figure for each time it was measured."""

    title: str
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def text(self, base: "Line | None" = None) -> str:
        words = [f"{self.title:<28}"]
        for figures in (self.wall, self.cpu):
            middle = statistics.median(figures)
            words.append(f"{middle:7.3f} ({min(figures):.3f}-{max(figures):.3f})")
        if base is not None:
            words += [f"{ratio:6.1f} x" for ratio in self.ratios(base)]
        return "  ".join(words)

    def ratios(self, base: "Line") -> tuple[float, float]:
        """How many times less wall and processor time than `base`."""
        return (
            statistics.median(base.wall) / statistics.median(self.wall),
            statistics.median(base.cpu) / statistics.median(self.cpu),
        )


def main(*, submissions: int, rounds: int, kernels: Path | None = None) -> int:
    """Returns 0, or 1 where a score differs."""
    python = notebook_python(kernels)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as place:
        source = make_source(Path(place, "source"))
        grading.release(source, Path(place, "release"), name=NAME)
        made = make_submissions(Path(place, "release"), Path(place, "submitted"), submissions)
        return _Benchmark(source, made, python, kernels).run(rounds)


class _Benchmark:
    def __init__(
        self, source: Path, submissions: Sequence[Path], python: str, kernels: Path | None
    ) -> None:
        self.source, self.submissions = source, submissions
        self.python, self.kernels = python, kernels
        self.theirs: Scores = {}
        self.ours: Scores = {}
        self.starts: dict[str, float] = {}

    def run(self, rounds: int) -> int:
        began = time.perf_counter()
        self._grade(self.submissions[0])
        self.starts["engine"] = time.perf_counter() - began
        lines = {
            "nbgrader": Line("nbgrader, 1 process"),
            "nbgrader 2": Line("nbgrader, 2 processes"),
            "engine": Line("engine, 1 at a time"),
            "engine 2": Line("engine, 2 at a time"),
            "floor": Line("floor: exec in a warm fork"),
        }
        for number in range(1, rounds + 1):
            print(f"round {number} of {rounds} …", file=sys.stderr)
            for processes, name in ((1, "nbgrader"), (2, "nbgrader 2")):
                self._nbgrader(lines[name], processes)
                for _ in range(REPEATED):
                    self._engine(lines["engine"], 1)
                    self._floor(lines["floor"])
                    self._engine(lines["engine 2"], 2)
        return self._report(lines)

    def _nbgrader(self, line: Line, processes: int) -> None:
        parts = [self.submissions[start::processes] for start in range(processes)]
        with ThreadPoolExecutor(processes) as pool:
            began = time.perf_counter()
            references = list(pool.map(self._reference, parts))
            whole = time.perf_counter() - began
        graded = [one for reference in references for one in reference.graded]
        starts = [reference.start_wall_seconds for reference in references]
        self.starts["nbgrader"] = statistics.median(starts)
        wall = sum(one.wall_seconds for one in graded) if processes == 1 else whole - max(starts)
        line.wall.append(wall / len(graded))
        line.cpu.append(sum(one.cpu_seconds for one in graded) / len(graded))
        for one in graded:
            for (notebook, grade_id), cell in one.cells.items():
                self.theirs[one.trainee, notebook, grade_id] = cell.points

    def _reference(self, part: Sequence[Path]) -> nbgrader_reference.Reference:
        assignment = nbgrader_reference.Assignment(
            NAME, self.source, {place.name: place for place in part}
        )
        return nbgrader_reference.autograde_all([assignment], kernels=self.kernels)

    def _engine(self, line: Line, workers: int) -> None:
        cpu = _EngineSeconds()
        began = time.perf_counter()
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(self._grade, self.submissions))
        line.wall.append((time.perf_counter() - began) / len(self.submissions))
        line.cpu.append(cpu.since() / len(self.submissions))

    def _grade(self, submission: Path) -> None:
        result = grading.autograde(self.source, submission, name=NAME, kernels=self.kernels)
        for score in result.scores:
            self.ours[submission.name, score.notebook, score.grade_id] = score.points

    def _floor(self, line: Line) -> None:
        codes = [
            list(folder.code_of(file.read_bytes()))
            for place in self.submissions
            for file in sorted(place.glob("*.ipynb"))
        ]
        said = subprocess.run(
            [self.python, "-I", "-c", FLOOR],
            input=json.dumps(codes).encode(),
            capture_output=True,
            check=True,
            env=boxes.environment(self.python) | {"HOME": "/nonexistent"},
        ).stdout
        wall, cpu = json.loads(said)
        line.wall.append(wall / len(self.submissions))
        line.cpu.append(cpu / len(self.submissions))

    def _report(self, lines: dict[str, Line]) -> int:
        equal = sum(self.ours.get(key, -1) == points for key, points in self.theirs.items())
        load = " ".join(f"{one:.1f}" for one in os.getloadavg())
        print(f"{len(self.submissions)} submissions, {len(self.theirs)} scores, load {load}")
        print(f"{'seconds per submission':<28}  {'wall':>21}  {'processor':>21}  ratio to nbgrader")
        for name, line in lines.items():
            print(line.text(lines["nbgrader"] if name in {"engine", "floor"} else None))
        wall, cpu = lines["engine"].ratios(lines["floor"])
        print(
            f"the engine takes {1 / wall:.1f} x the wall and {1 / cpu:.1f} x the processor of the floor"
        )
        for name in ("nbgrader", "engine"):
            faster, _ = lines[f"{name} 2"].ratios(lines[name])
            print(f"two at a time: {name} is {faster:.2f} x as fast")
        for name, seconds in self.starts.items():
            print(f"{name}'s start, not counted above: {seconds:.1f} s")
        print(f"scores equal: {equal} of {len(self.theirs)}")
        return 0 if equal == len(self.theirs) else 1


class _EngineSeconds:
    """Processor seconds of this process and of all below it, boxes that have ended included."""

    def __init__(self) -> None:
        self._before = self._now()

    def since(self) -> float:
        return self._now() - self._before

    def _now(self) -> float:
        total = time.process_time() + boxes.box_seconds()
        for child in psutil.Process().children(recursive=True):
            try:
                times = child.cpu_times()
            except psutil.Error:
                continue
            total += times.user + times.system
        return total


FLOOR = """
import io, json, os, resource, sys, time
from contextlib import redirect_stderr, redirect_stdout
import numpy, pandas
def run(codes):
    space = {"__name__": "__main__"}
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        for code in codes:
            try:
                exec(compile(code, "<cell>", "exec"), space)
            except Exception:
                pass
books = json.load(sys.stdin)
run(books[0])
began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
own = time.process_time()
for codes in books:
    pid = os.fork()
    if not pid:
        run(codes)
        os._exit(0)
    os.waitpid(pid, 0)
after = resource.getrusage(resource.RUSAGE_CHILDREN)
cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
print(json.dumps([time.perf_counter() - began, cpu + time.process_time() - own]))
"""
