"""A run of the fuzzer: spoil, read, judge, and keep what fails."""

import hashlib
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from multisite.dicom import RawHeader
from tests.fuzz.corpus import corpus
from tests.fuzz.guards import CPU_SECONDS, TooLongError, memory_bound, peak_memory, within
from tests.fuzz.judging import Reading, judge_all, read_in_rounds, read_whole, same
from tests.fuzz.mutation import spoil

__all__ = ["Campaign", "check"]

_TOGETHER = 50
_MEASURED = 25
_FIRST_READS = (1, 131, 200, 512, 1024, 4096)


def check(data: bytes, rng: Random, *, measured: bool) -> tuple[Reading | None, list[str]]:
    """Read one object whole and in rounds; the reading, if there is one, and what is wrong with it so far."""
    try:
        with within(CPU_SECONDS):
            outcome = read_whole(data)
            first, sized = rng.choice(_FIRST_READS), rng.random() < 0.7
            in_rounds = read_in_rounds(data, first, size_known=sized)
        if measured and (peak := peak_memory(read_whole, data)) > memory_bound(data):
            return None, [f"{peak} bytes of memory for {len(data)} bytes"]
    except TooLongError:
        return None, [f"more than {CPU_SECONDS} s of processor time"]
    except Exception as error:  # that nothing is raised, whatever the bytes are, is what is tested
        return None, [f"{type(error).__name__} is raised"]
    wrong = (
        []
        if in_rounds == outcome or (not sized and same(in_rounds, outcome))
        else ["read in rounds it comes to something else"]
    )
    return Reading(data, outcome), wrong


@dataclass
class Campaign:
    """One run. What fails is written to ``folder``, one file per kind of failure and input."""

    seed: int
    folder: Path
    say: Callable[[str], None] = print
    inputs: int = 0
    failures: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)

    def run(self, seconds: float, *, every: float = 30.0) -> None:
        """Go on for some seconds, with a line of progress now and then."""
        rng, seeds = Random(self.seed), corpus()
        self.say(f"seed {self.seed}, {len(seeds)} headers to start from, {seconds:.0f} s")
        start = told = time.monotonic()
        while (now := time.monotonic()) - start < seconds:
            if now - told >= every:
                told = now
                self.say(self.progress(now - start))
            self._batch(rng, seeds)
        self.say(self.progress(time.monotonic() - start))
        verdict = f"{self.failures} failures, kept in {self.folder}" if self.failures else "no failure"
        self.say(f"done: {self.inputs} inputs, {verdict}")

    def progress(self, seconds: float) -> str:
        """One line: how far, how fast, and how often each outcome."""
        kinds = ", ".join(f"{kind} {count}" for kind, count in self.outcomes.most_common())
        return f"{seconds:6.0f} s  {self.inputs} inputs  {self.inputs / seconds:.0f}/s  {kinds}"

    def _batch(self, rng: Random, seeds: tuple[bytes, ...]) -> None:
        readings = []
        for _ in range(_TOGETHER):
            data = spoil(rng.choice(seeds), rng, seeds)
            self.inputs += 1
            reading, wrong = check(data, rng, measured=self.inputs % _MEASURED == 0)
            if wrong:
                self._fail(data, wrong)
            if reading is not None:
                readings.append(reading)
                outcome = reading.outcome
                self.outcomes[f"row by {outcome.parsed_by}" if isinstance(outcome, RawHeader) else outcome.value] += 1
        for reading, wrong in zip(readings, _judged(readings), strict=True):
            if wrong:
                self._fail(reading.data, wrong)

    def _fail(self, data: bytes, wrong: list[str]) -> None:
        self.failures += 1
        self.outcomes["FAILED"] += 1
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{hashlib.sha256(data).hexdigest()[:16]}.bin"
        path.write_bytes(data)
        path.with_suffix(".txt").write_text("\n".join(wrong) + "\n", encoding="utf-8")
        self.say(f"FAILED {path.name}: {wrong[0][:150]}")


def _judged(readings: list[Reading]) -> list[list[str]]:
    """What is wrong with each; a batch that cannot be decoded is decoded one by one."""
    try:
        with within(CPU_SECONDS * len(readings)):
            return judge_all(readings)
    except (Exception, TooLongError) as error:  # that nothing is raised is what is tested
        if len(readings) == 1:
            return [[f"{type(error).__name__} is raised in decoding"]]
    return [wrong for reading in readings for wrong in _judged([reading])]
