"""What lint says and what it is told: findings with their severity, and the facts of the house as of today."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from engine.forms import Form

ERROR: Literal["error"] = "error"
WARNING: Literal["warning"] = "warning"

# Every rule with its severity. Errors stand in the way of a deployment; warnings are for the analyst to judge.
RULES: Mapping[str, Literal["error", "warning"]] = {
    # structure
    "model": ERROR,
    "not_supported": ERROR,
    "unreachable": ERROR,
    "dead_end": ERROR,
    "implicit_end": WARNING,
    "boundary_without_flow": ERROR,
    "missing_default": WARNING,
    "loop_without_exit": ERROR,
    "duplicate_name": WARNING,
    "unused_declaration": WARNING,
    # references and names
    "form_missing": ERROR,
    "process_missing": ERROR,
    "decision_missing": ERROR,
    "return_unresolved": ERROR,
    "unwritten_name": WARNING,
    "unknown_function": ERROR,
    "wrong_arguments": ERROR,
    "type_mistake": ERROR,
    "outcome_unknown": ERROR,
    "outcome_unhandled": ERROR,
    # governance
    "no_role": ERROR,
    "unknown_role": ERROR,
    "nobody_holds_role": WARNING,
    "no_form": WARNING,
    "no_name": WARNING,
    "no_due_date": WARNING,
    "gate_without_outcomes": ERROR,
    "gate_without_deputy": WARNING,
    "gate_without_return": WARNING,
    "unknown_gate": WARNING,
    "return_not_drawn": WARNING,
    "four_eyes": WARNING,
    "document_never_made": WARNING,
    "consultation_without_deadline": WARNING,
    "reminder_without_recipient": WARNING,
    "notice_unresolved": WARNING,
    "limit_too_short": ERROR,
    # soundness
    "deadlock": ERROR,
    "livelock": ERROR,
    "doubled": ERROR,
    "unbounded": ERROR,
    "endless": ERROR,
    "dead": ERROR,
    "dead_event": WARNING,
    "uncaught_error": WARNING,
    "not_explored": WARNING,
    "cap_reached": WARNING,
    "time_reached": WARNING,
    "more_of_these": WARNING,
}

# The names that a case has when it starts.
CASE_VARIABLES = frozenset(
    {
        "planned_start",
        "planned_finish",
        "committed_finish",
        "latest_finish",
        "lead_unit",
        "focus_code",
        "origin",
        "started_on",
    }
)

# One act of a run: {"do": start|complete|fire|deliver|signal|throw|escalate|choose, "element": id, "choice": text}.
Trace = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at: which rule, where, why; for soundness with a shortest run that shows it."""

    rule: str
    severity: Literal["error", "warning"]
    element: str | None
    message: str
    params: Mapping[str, Any] = field(default_factory=dict)
    trace: Trace | None = None

    def __str__(self) -> str:
        return f"{self.severity}{f' [{self.element}]' if self.element else ''}: {self.message} ({self.rule})"

    def record(self) -> dict[str, Any]:
        """As JSON, for the studio and `--json`."""
        return {
            "rule": self.rule,
            "severity": self.severity,
            "element": self.element,
            "message": self.message,
            "params": dict(self.params),
            "trace": self.trace,
        }


def finding(rule: str, element: str | None, message: str, trace: Trace | None = None, **params: Any) -> Finding:
    """A finding with the severity of its rule."""
    return Finding(rule, RULES[rule], element, message, params, trace)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the model leans on. None means that it is not known, and what depends on it is not checked."""

    forms: Mapping[str, Form | None] | None = None  # by id; None for a form that cannot be read
    processes: Collection[str] | None = None  # that can be called
    decisions: Collection[str] | None = None
    holders: Mapping[str, int] | None = None  # lane → how many people hold it today
    variables: Collection[str] = CASE_VARIABLES  # that an instance is started with
    given: Mapping[str, Collection[str]] = field(default_factory=dict)  # process → names its callers pass in
    source: bytes | None = None  # the file, for what the compiled definition does not keep


@dataclass(frozen=True, slots=True)
class Report:
    """All findings of a definition, and how far its state space was looked at."""

    findings: list[Finding]
    states: int
    complete: bool
    names: Mapping[str, str] = field(default_factory=dict)  # what elements and flows are called, to tell a run in words

    @property
    def errors(self) -> list[Finding]:
        return [f for f in self.findings if f.severity == ERROR]

    @property
    def summary(self) -> str:
        """What the exploration can honestly claim."""
        found = any(f.trace is not None and f.severity == ERROR for f in self.findings)
        said = "faults found" if found else "no fault found"
        return f"explored {self.states:,} states, {said}{'' if self.complete else ' (not all of them)'}"
