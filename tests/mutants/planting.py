"""One bug at a time: a child process is forked that knows the libraries but none of our modules, one of its modules is
compiled with a bug in it, and the child says what fails.

First the rows of the conformance table, all of them. When none of them fails, the unit tests of kernel, FEEL and
decisions until one fails; then a few random processes and the properties of FEEL.
"""

import contextlib
import functools
import gc
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import resource
import select
import signal
import sys
import time
import traceback
import types
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from mutants.operators import Mutant, planted, spans

ROOT = Path(__file__).resolve().parents[2]
Lines = dict[str, dict[str, list[int]]]  # row or test → file → lines
# The modules that a bug may be planted in are those that `import engine.bpmn, engine.dmn, engine.feel` loads.
SCOPE = ("engine.bpmn", "engine.dmn", "engine.feel")
ROW_SECONDS = 5
ENDLESS = "did not end"
TRACE_SECONDS = 3  # what runs longer runs the same lines again
SECONDS = 240
MEMORY = 6 * 2**30

UNIT = {"bpmn": ["test_kernel_*.py"], "feel": ["test_feel*.py", "test_dmn*.py"], "dmn": ["test_dmn*.py"]}
# A test that looks at the clock may fail because the machine is busy: it must fail twice.
TIMED = ("test_feel_limits", "largest", "speed", "timeout", "Timeout")


class TooLong(BaseException):
    """Not an Exception: nothing that is tested may catch it."""


# ---- children -------------------------------------------------------------------------------------------------------


def in_child(work: Callable[[], Any], seconds: float = SECONDS, silent: bool = True) -> Any:
    """What a function returns in a forked process (as JSON); None when it does not come to its end in time."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            if silent:
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, 1)
                os.dup2(nowhere, 2)
            try:
                answer = json.dumps({"found": work()})
            except Exception:
                answer = json.dumps({"fault": traceback.format_exc()})
            with open(writing, "wb") as out:
                out.write(answer.encode())
        finally:
            os._exit(0)
    os.close(writing)
    answer, ends = b"", time.monotonic() + seconds
    with open(reading, "rb") as given:
        while (left := ends - time.monotonic()) > 0:
            if select.select([given], [], [], left)[0]:
                part = os.read(given.fileno(), 65536)
                if not part:
                    break
                answer += part
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    if not answer:
        return None
    said = json.loads(answer)
    if "fault" in said:  # of the tool; what a bug makes fail is caught where it is looked for
        raise RuntimeError(said["fault"])
    return said["found"]


def warm(tests: bool = True) -> None:
    """Load the libraries that the engine and the rows (and the tests) use, and none of our own modules: children then
    start at once."""

    def libraries() -> list[str]:
        if tests:
            for name in ("engine", "random_processes", "conftest", "hypothesis.strategies"):
                importlib.import_module(name)
        else:
            kernel_only()
        for name in ("bpmn_rows", "feel_rows", "dmn_rows"):
            importlib.import_module(f"conformance.{name}")
        return [name for name, module in list(sys.modules.items()) if not _ours(module) and name != "__main__"]

    for name in in_child(libraries) or ():
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def _ours(module: types.ModuleType) -> bool:
    file = str(getattr(module, "__file__", None) or "")
    return module.__name__.partition(".")[0] in ("engine", "webui", "conformance", "mutants") or (
        file.startswith(str(ROOT)) and "site-packages" not in file
    )


def kernel_only() -> None:
    """Make `engine` a package without its door: the rows need no database, and a child loads three times as fast."""
    engine = types.ModuleType("engine")
    engine.__path__ = [str(ROOT / "engine")]
    sys.modules["engine"] = engine


def plant(mutant: Mutant) -> None:
    """From now on the module of the bug has the bug in it: when it loads, or at once where it is loaded already."""
    tree = planted(ROOT, mutant)
    if tree is None:
        raise LookupError(mutant.key)
    name = mutant.file.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
    file = str(ROOT / mutant.file)
    code = compile(tree, file, "exec")
    if name in sys.modules:
        if _exchanged(sys.modules[name], code, mutant.place.split(".")):
            return
        for loaded in [each for each, module in sys.modules.items() if _ours(module) and each != "__main__"]:
            if not loaded.startswith("mutants"):
                del sys.modules[loaded]
        kernel_only()

    class Loader(importlib.machinery.SourceFileLoader):
        def get_code(self, fullname: str) -> types.CodeType:
            return code

    class Finder(importlib.abc.MetaPathFinder):
        def find_spec(self, fullname: str, path: Any, target: Any = None) -> importlib.machinery.ModuleSpec | None:
            if fullname != name:
                return None
            return importlib.util.spec_from_file_location(name, file, loader=Loader(name, file))

    sys.meta_path.insert(0, Finder())


def _exchanged(module: types.ModuleType, code: types.CodeType, place: list[str]) -> bool:
    """Give the outermost function of a place the code that it has in a compiled module; False when there is none whose
    code alone makes the difference (defaults of arguments, classes, tables)."""
    owner: Any = module
    for name in place:
        inner = [each for each in code.co_consts if isinstance(each, types.CodeType) and each.co_name == name]
        found = vars(owner).get(name)
        if len(inner) != 1 or found is None:
            return False
        code, owner = inner[0], found
        if not isinstance(found, type):
            break
    function = getattr(owner, "fget", None) or getattr(owner, "__func__", owner)
    function = getattr(function, "__wrapped__", function)
    if not isinstance(function, types.FunctionType) or function.__code__ == code:
        return False
    if function.__code__.co_freevars != code.co_freevars:
        return False
    function.__code__ = code
    return True


def hot(work: Callable[[], Any], seconds: float) -> Any:
    """Work in a child that has loaded kernel and rows: its own children start at once."""

    def loaded() -> Any:
        kernel_only()
        from conformance.rows import read

        read()
        return work()

    return in_child(loaded, seconds, silent=False)


# ---- what a child does ----------------------------------------------------------------------------------------------


@contextlib.contextmanager
def at_most(seconds: float) -> Iterator[None]:
    def ring(*_: Any) -> None:
        raise TooLong

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def try_rows(mutant: Mutant | None, only: Collection[str] | None = None) -> dict[str, str]:
    """The rows that fail with a bug planted, and how (of those named, if any are)."""

    def work() -> dict[str, str]:
        if "engine.bpmn" not in sys.modules:
            kernel_only()
        if mutant is not None:
            plant(mutant)
        try:
            with at_most(2 * ROW_SECONDS):
                from conformance.rows import read

                chosen = read(only)
        except (Exception, TooLong) as error:
            return {each: f"{type(error).__name__} as the modules load" for each in only or ("*",)}
        failed: dict[str, str] = {}
        for row in chosen:
            said = failure(row)
            if said and not row.reason:
                failed[row.id] = said
            if list(failed.values()).count(ENDLESS) == 3:
                break
        return failed

    found = in_child(work)
    return dict.fromkeys(only or ("*",), ENDLESS) if found is None else found


def failure(row: Any) -> str:
    """The kind of failure of a row; empty when it holds."""
    try:
        with at_most(ROW_SECONDS):
            row.run()
    except TooLong:
        return ENDLESS
    except Exception as error:
        return type(error).__name__
    return ""


def try_tests(mutant: Mutant | None, only: Collection[str] | None = None) -> str | None:
    """The first unit test that fails with a bug planted (of those named, if any are)."""
    files = unit_tests(*UNIT) if mutant is None else unit_tests(mutant.file.split("/")[1])
    found = _pytest(mutant, files, only)
    if found is None or not any(word in found for word in TIMED):
        return found
    again = _pytest(mutant, files, {found})
    return again or _pytest(mutant, [*files, "--deselect", found], only)


def unit_tests(*packages: str) -> list[str]:
    """The files in which the unit tests of the packages are."""
    patterns = dict.fromkeys(pattern for package in packages for pattern in UNIT[package])
    return [str(file) for pattern in patterns for file in sorted((ROOT / "tests").glob(pattern))]


def try_properties(mutant: Mutant | None) -> str | None:
    """The first property that does not hold with a bug planted, among a few examples."""
    package = None if mutant is None else mutant.file.split("/")[1]
    if package in (None, "feel"):
        found = _pytest(mutant, [str(ROOT / "tests/properties/test_feel_properties.py")])
        if found is not None or package is not None:
            return found
    if package == "dmn":
        return None

    def work() -> str | None:
        if mutant is not None:
            plant(mutant)
        from hypothesis import HealthCheck, Phase, given, settings
        from hypothesis import strategies as st

        from properties.test_processes import CHOICES, both
        from random_processes import processes

        @settings(
            max_examples=50,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(processes(), st.integers(0, 11), CHOICES)
        def agree(block: Any, k: int, choices: list[tuple[int, int]]) -> None:
            both(block, k, choices)

        try:
            agree()
        except Exception as error:
            return f"tests/properties/test_processes.py: {type(error).__name__}"
        return ""

    found = in_child(work)
    return "tests/properties/test_processes.py: did not end" if found is None else (found or None)


def _pytest(mutant: Mutant | None, files: list[str], only: Collection[str] | None = None) -> str | None:
    """The first test in the files that fails, of those named."""

    class Watch:
        def __init__(self) -> None:
            self.failed: list[str] = []

        def pytest_collection_modifyitems(self, items: list[Any]) -> None:
            if only is not None:
                items[:] = [item for item in items if item.nodeid in only]

        def pytest_runtest_logreport(self, report: Any) -> None:
            if report.failed:
                self.failed.append(report.nodeid)

        def pytest_collectreport(self, report: Any) -> None:
            if report.failed:
                self.failed.append(report.nodeid)

    def work() -> str:
        if mutant is not None:
            plant(mutant)
        watch = Watch()
        code = run_pytest(files, watch, "-x", "--timeout", "60")
        return watch.failed[0] if watch.failed else ("" if code in (0, 5) else f"pytest ended with {code}")

    if only is not None:
        files = [file for file in files if any(ROOT / name.partition("::")[0] == Path(file) for name in only)]
        if not files:
            return None
    found = in_child(work)
    return "did not end" if found is None else (found or None)


def run_pytest(files: list[str], plugin: Any, *options: str) -> int:
    import hypothesis
    import pytest

    hypothesis.settings.register_profile(
        "mutants", max_examples=50, deadline=None, derandomize=True, phases=[hypothesis.Phase.generate]
    )
    os.environ["HYPOTHESIS_PROFILE"] = "mutants"
    os.chdir(ROOT)
    ours = ["-q", "-n", "0", "-p", "no:cacheprovider", "--assert", "plain", *options]
    return int(pytest.main([*ours, *files], plugins=[plugin]))


# ---- which lines run ------------------------------------------------------------------------------------------------


def scope() -> list[str]:
    """The files in which bugs are planted: what kernel, FEEL and decisions load. The other modules of `engine/bpmn`
    draw diagrams, or play models on a virtual clock."""

    def work() -> list[str]:
        kernel_only()
        for name in SCOPE:
            importlib.import_module(name)
        found = [str(module.__file__) for name, module in sys.modules.items() if name.startswith(SCOPE)]
        return sorted(str(Path(file).relative_to(ROOT)) for file in found)

    return in_child(work) or []


class Tracer:
    """Notes the lines of the files in scope that run (not those that run when a module is loaded)."""

    def __init__(self, files: Iterable[str]) -> None:
        self.files = {str(ROOT / file): file for file in files}
        self.seen: dict[str, set[int]] = {}

    def called(self, frame: Any, event: str, _: Any) -> Any:
        file = self.files.get(frame.f_code.co_filename)
        if file is None:
            return None
        add = self.seen.setdefault(file, set()).add
        add(frame.f_lineno)

        def local(frame: Any, event: str, _: Any) -> Any:
            add(frame.f_lineno)
            return local

        return local

    def lines(self, work: Callable[[], None]) -> dict[str, list[int]]:
        """What one piece of work runs, as if nothing had been compiled before."""
        self.seen = {}
        for each in gc.get_objects():
            if isinstance(each, functools._lru_cache_wrapper) and each.__module__.startswith("engine."):
                each.cache_clear()
        sys.settrace(self.called)
        try:
            work()
        finally:
            sys.settrace(None)
        return {file: sorted(found) for file, found in sorted(self.seen.items())}


def executed() -> Lines:
    """For each row the lines that it runs (rows that have a reason to fail need no bug)."""
    files = scope()

    def work() -> Lines:
        kernel_only()
        from conformance.rows import rows

        def run(row: Any) -> None:
            with contextlib.suppress(Exception):
                row.run()

        tracer = Tracer(files)
        return {row.id: tracer.lines(functools.partial(run, row)) for row in rows() if not row.reason}

    return in_child(work, 900) or {}


def tested() -> Lines:
    """For each unit test the lines that it runs."""
    files = scope()

    def work() -> Lines:
        import pytest

        found: Lines = {}
        tracer = Tracer(files)

        class Trace:
            @pytest.hookimpl(tryfirst=True)
            def pytest_pyfunc_call(self, pyfuncitem: Any) -> bool:
                names = pyfuncitem._fixtureinfo.argnames
                given = {name: pyfuncitem.funcargs[name] for name in names}
                found[pyfuncitem.nodeid] = {}

                def run() -> None:
                    outcomes = (Exception, TooLong, pytest.fail.Exception, pytest.skip.Exception)
                    with contextlib.suppress(*outcomes), at_most(TRACE_SECONDS):
                        pyfuncitem.obj(**given)

                found[pyfuncitem.nodeid] = tracer.lines(run)
                return True

        run_pytest(unit_tests(*UNIT), Trace(), "--timeout", "600")
        return found

    return in_child(work, 3600) or {}


@functools.cache
def reach(file: str) -> dict[int, range]:
    return spans(ROOT, file)


def runners(lines: Lines, mutant: Mutant) -> set[str]:
    """The rows or tests that run the statement of a bug; all of them when it runs as its module is loaded."""
    span = reach(mutant.file).get(mutant.line)
    if span is None:
        return set(lines)
    return {name for name, files in lines.items() if not set(span).isdisjoint(files.get(mutant.file, ()))}
