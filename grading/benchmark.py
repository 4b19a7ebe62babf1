"""`python -m grading benchmark`: nbgrader and the engine on the same notebooks and cores, in turns.

Printed per submission: wall and processor seconds (median of what was measured, and the range), with one
and with two processes; the floor, which is the same cells compiled and run in a fork of a Python
that has imported everything; the ratios; and how many scores are equal. Start-up is left out on
both sides and printed apart. The engine's processes are what the LMS's worker has: each keeps to a
core of its own, where there are two.
"""

import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
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
        lines = {
            "nbgrader": Line("nbgrader, 1 process"),
            "nbgrader 2": Line("nbgrader, 2 processes"),
            "engine": Line("engine, 1 process"),
            "engine 2": Line("engine, 2 processes"),
            "floor": Line("floor: exec in a warm fork"),
        }
        with ExitStack() as open_workers:
            workers = [open_workers.enter_context(_worker(core)) for core in _two_cores()]
            for worker in workers:
                began = time.perf_counter()
                self._graded(worker, self.submissions[:1]).result()
                self.starts["engine"] = time.perf_counter() - began
            for number in range(1, rounds + 1):
                print(f"round {number} of {rounds} …", file=sys.stderr)
                for processes, name in ((1, "nbgrader"), (2, "nbgrader 2")):
                    self._nbgrader(lines[name], processes)
                    for _ in range(REPEATED):
                        self._engine(lines["engine"], workers[:1])
                        self._floor(lines["floor"])
                        self._engine(lines["engine 2"], workers)
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

    def _engine(self, line: Line, workers: Sequence[ProcessPoolExecutor]) -> None:
        began = time.perf_counter()
        parts = [
            self._graded(worker, self.submissions[number :: len(workers)])
            for number, worker in enumerate(workers)
        ]
        cpu = 0.0
        for scores, seconds in (part.result() for part in parts):
            self.ours |= scores
            cpu += seconds
        line.wall.append((time.perf_counter() - began) / len(self.submissions))
        line.cpu.append(cpu / len(self.submissions))

    def _graded(
        self, worker: ProcessPoolExecutor, submissions: Sequence[Path]
    ) -> Future[tuple[Scores, float]]:
        return worker.submit(_graded, self.source, submissions, self.kernels)

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
            print(f"two processes: {name} is {faster:.2f} x as fast as with one")
        for name, seconds in self.starts.items():
            print(f"{name}'s start, not counted above: {seconds:.1f} s")
        print(f"scores equal: {equal} of {len(self.theirs)}")
        return 0 if equal == len(self.theirs) else 1


def _worker(core: int | None) -> ProcessPoolExecutor:
    """One process that grades one submission after the other, as the LMS's worker has them."""
    return ProcessPoolExecutor(
        1,
        mp_context=multiprocessing.get_context("fork"),
        initializer=_keep_to,
        initargs=(core,),
    )


def _two_cores() -> list[int] | list[None]:
    cores = sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else []
    return cores[:2] if len(cores) > 1 else [None, None]


def _keep_to(core: int | None) -> None:
    if core is not None:
        os.sched_setaffinity(0, {core})


def _graded(
    source: Path, submissions: Sequence[Path], kernels: Path | None
) -> tuple[Scores, float]:
    """In a worker: the scores, and the processor seconds they cost."""
    cpu = _EngineSeconds()
    results = {
        place.name: grading.autograde(source, place, name=NAME, kernels=kernels)
        for place in submissions
    }
    scores = {
        (trainee, score.notebook, score.grade_id): score.points
        for trainee, result in results.items()
        for score in result.scores
    }
    return scores, cpu.since()


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
