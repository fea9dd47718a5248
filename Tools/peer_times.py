"""The times that compare_peers.py takes, and their table.

Makes nothing by itself.
"""

from statistics import median

SPEED_UP = 1.8  # that volley must gain from a second thread


class Times:
    """Milliseconds per image: row → threads → round → the values of that round. Beside them, by (row, threads),
    `memory` in bytes and `error`, how far rounding takes the ANN's outputs. Ratios are to the row `unit`."""

    def __init__(self, unit):
        self.unit, self.found, self.memory, self.error = unit, {}, {}, {}

    def add(self, row, threads, round, value):
        self.found.setdefault(row, {}).setdefault(threads, {}).setdefault(round, []).append(value)

    def of(self, row, threads):
        rounds = self.found[row][threads]
        return [median(rounds[round]) for round in sorted(rounds)]

    def ratios(self, row, threads):
        return [a / b for a, b in zip(self.of(row, threads), self.of(self.unit, threads))]

    def speed_ups(self, row, threads):
        one = self.found[row].get(1)
        return [a / b for a, b in zip(self.of(row, 1), self.of(row, threads))] if one and threads > 1 else []


def rows_of(times, bounds, threads):
    """A row for everything timed and each number of threads; `bounds` are (must, aim) by row, None for no bound."""
    return [row_of(times, name, count, *bounds.get(name, (None, None))) for name in times.found for count in threads]


def row_of(times, name, threads, must, aim):
    speed_ups = times.speed_ups(name, threads)
    return dict(
        name=name, threads=threads, milliseconds=median(times.of(name, threads)), rounds=times.of(name, threads),
        ratio=median(times.ratios(name, threads)), must=must, aim=aim,
        speedUp=median(speed_ups) if speed_ups else None, peakMemoryBytes=times.memory.get((name, threads)),
        relativeError=times.error.get((name, threads)))


def verdict(row):
    ratio, must, aim, gain = row["ratio"], row["must"], row["aim"], row["speedUp"]
    if must is None:
        return ""
    words = "misses" if ratio > must else "aim" if aim and ratio <= aim else "must"
    return words + (", speed-up misses" if row["threads"] == 2 and gain and gain < SPEED_UP else "")


def shown(value, form):
    return "" if value is None else format(value, form)


def table(rows):
    lines = ["| what | threads | ms / image | fastest | × ONNX Runtime | must | aim | met | × faster than 1 thread "
             "| peak MiB | rounding error |", "| --- |" + 6 * " ---: |" + " --- |" + 3 * " ---: |"]
    for row in rows:
        memory = row["peakMemoryBytes"] and row["peakMemoryBytes"] / 2**20
        cells = [
            row["name"], str(row["threads"]), f"{row['milliseconds']:.1f}", f"{min(row['rounds']):.1f}",
            f"{row['ratio']:.2f}", shown(row["must"], ".1f"), shown(row["aim"], ".1f"), verdict(row),
            shown(row["speedUp"], ".2f"), shown(memory, ".0f"), shown(row["relativeError"], ".1e")]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)
