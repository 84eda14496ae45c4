"""Forms: the JSON that form-js writes, read once into something that checks answers and that a template can render.

`parse` accepts a closed list of components and refuses the rest with all problems, so that what the studio shows is
what the server enforces. Answers are coerced and checked by a marshmallow schema made from the same JSON; conditions
(FEEL) are evaluated here again, whatever the browser did. Not here: HTML (`webui`), who may answer (`engine.tasks`),
and what a gate decides, which is no part of a form.
"""

from engine.forms.form import Form
from engine.forms.model import DATA_SOURCES, Field, FormView, Option
from engine.forms.reading import parse

__all__ = ["DATA_SOURCES", "Field", "Form", "FormView", "Option", "parse"]
