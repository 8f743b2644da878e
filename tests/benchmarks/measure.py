"""Taking times side by side, and putting them on the terminal as Markdown."""

import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

WARM_UP = 3


@dataclass
class Times:
    """The times of one action, in ms."""

    ms: list[float] = field(default_factory=list)

    @property
    def p50(self) -> float:
        return statistics.median(self.ms)

    @property
    def p95(self) -> float:
        return statistics.quantiles(self.ms, n=20, method="inclusive")[-1]

    @property
    def cells(self) -> tuple[str, ...]:
        """p50, p95, and the range."""
        return f"{self.p50:.1f}", f"{self.p95:.1f}", f"{min(self.ms):.1f}–{max(self.ms):.1f}"


def interleaved(
    rounds: int, actions: Mapping[str, Callable[[], object]], *, warm_up: int = WARM_UP
) -> dict[str, Times]:
    """Do the actions in turn, A B C, B C A, …, so that a busy machine is busy for all of them.

    The first rounds warm up and do not count.
    """
    times = {name: Times() for name in actions}
    names = list(actions)
    for number in range(-warm_up, rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            spent = clock(actions[name])
            if number >= 0:
                times[name].ms.append(spent)
    return times


def clock(action: Callable[[], object]) -> float:
    """How long an action takes, in ms."""
    start = time.perf_counter()
    action()
    return 1000 * (time.perf_counter() - start)


def ratio(over: Times, under: Times) -> str:
    """How many times longer, at p50 and at p95."""
    return f"{over.p50 / under.p50:.2f}× (p95 {over.p95 / under.p95:.2f}×)"


def show(title: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table."""
    lines = [head, ["---"] * len(head), *rows]
    table = "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
    print(f"\n### {title}\n\n{table}", flush=True)  # noqa: T201 - the report
