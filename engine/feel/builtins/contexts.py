"""Built-ins on contexts."""

from typing import Any

from engine.feel.builtins.registry import builtin, to_context, to_list, to_string, wrong
from engine.feel.errors import Fault
from engine.feel.runtime import Run
from engine.feel.values import normal


def copied(run: Run, context: Any) -> dict[str, Any]:
    found = to_context(context)
    run.check_list(len(found) + 1)
    run.charge(len(found))
    return dict(found)


@builtin("get value", "m, key", "context, keys")
def get_value(run: Run, context: Any, key: Any) -> Any:
    found: Any = to_context(context)
    if type(key) is str:
        return normal(found.get(key))
    for each in to_list(key):
        if type(found) is not dict:
            return None
        found = normal(found.get(to_string(each)))
    return found


@builtin("get entries", "m", "context")
def get_entries(run: Run, context: Any) -> list[dict[str, Any]]:
    found = to_context(context)
    run.check_list(len(found))
    run.charge(4 * len(found))  # each entry is a context of its own
    return [{"key": key, "value": value} for key, value in found.items()]


@builtin("context", "entries")
def context(run: Run, entries: Any) -> dict[str, Any]:
    result: dict[str, Any] = {}
    found = to_list(entries)
    run.check_list(len(found))
    for each in found:
        entry = to_context(each, "a list of contexts with key and value")
        if "key" not in entry or "value" not in entry:
            raise wrong("entries with key and value", entry)
        name = to_string(entry["key"])
        if name in result:
            raise Fault("duplicate_key", f"Expected each key once, found '{name[:40]}' again.")
        result[name] = entry["value"]
    return result


@builtin("context put", "context, key: string, value", "context, keys: list, value")
def context_put(run: Run, context: Any, key: Any, value: Any) -> dict[str, Any]:
    """A copy with one entry set; a list of keys goes down through nested contexts, which must be there."""
    path = [to_string(each) for each in to_list(key)]
    if not path:
        raise wrong("at least one key", key)
    root = copied(run, context)
    here = root
    for each in path[:-1]:
        here[each] = copied(run, here.get(each))
        here = here[each]
    here[path[-1]] = value
    return root


@builtin("context merge", "contexts")
def context_merge(run: Run, contexts: Any) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for each in to_list(contexts):
        part = to_context(each)
        run.check_list(len(result) + len(part))
        run.charge(len(part))
        result.update(part)
    return result
