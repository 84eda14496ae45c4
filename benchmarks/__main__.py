"""`make bench`: our speed on this machine. `python -m benchmarks [NAME…]` runs only the named ones.

Each benchmark is a module `bench_<name>.py` with `main()`, which prints its figures; what is compared is measured in
the same run. Medians; the machine is named first. Not a test: nothing here fails for being slow.
"""

import importlib
import os
import platform
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "tests")]


def machine() -> str:
    """Processor, cores, memory, system and Python, in one line."""
    cpu = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.processor() or "unknown processor",
    )
    kib = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{cpu}, {os.cpu_count()} cores, {kib / 2**20:.0f} GiB, {platform.platform(terse=True)}, {python}"


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []


def main(names: list[str]) -> None:
    """Run the named benchmarks, or all."""
    found = sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))
    unknown = set(names) - set(found)
    if unknown:
        raise SystemExit(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(found)}")
    print(f"machine: {machine()}")
    for name in names or found:
        print(f"\n== {name}")
        importlib.import_module(f"bench_{name}").main()


if __name__ == "__main__":
    main(sys.argv[1:])
