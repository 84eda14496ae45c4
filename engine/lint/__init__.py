"""Lint: what a model must satisfy before it may be deployed, beyond being BPMN that the kernel reads.

Structure, references, house rules of governance, and soundness by exploring the state space with the kernel itself.
Everything it needs to know of the organisation comes in as `Facts`; nothing here reads a store. `docs/lint.md` lists
the rules and the limits of what is claimed.
"""

from engine.lint.files import paths
from engine.lint.findings import CASE_VARIABLES, RULES, Facts, Finding, Report, Trace
from engine.lint.report import check, examine, names_of
from engine.lint.soundness import replay
from engine.lint.space import CAP

__all__ = [
    "CAP",
    "CASE_VARIABLES",
    "RULES",
    "Facts",
    "Finding",
    "Report",
    "Trace",
    "check",
    "examine",
    "names_of",
    "paths",
    "replay",
]
