"""DMN 1.1-1.5: decision tables, boxed expressions and requirement graphs, decided with FEEL.

`parse` reads a model, with the models that it imports, and compiles it whole; what is wrong with it is told in one
`DefinitionError` with the ids of the elements. `bundle` makes one file of a model and its imports. A `Decision` is
immutable and may be evaluated by several threads at once. Knows no process, no database and no clock: time and
calendar come in through `feel.Env`.
"""

from engine.dmn.documents import bundle
from engine.dmn.model import Decision, DecisionError, Definitions, Knowledge, Result, Service, shown
from engine.dmn.reader import parse

__all__ = ["Decision", "DecisionError", "Definitions", "Knowledge", "Result", "Service", "bundle", "parse", "shown"]
