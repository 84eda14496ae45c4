"""Word documents of the office: filled in from templates, turned into PDF, compared. Data in, bytes out.

`render` fills a template in; `to_pdf` converts with LibreOffice where there is one (`converter` says); `compare` and
`text` read; `block` writes the signature block by the decision table; `collated_table`, `progress_report` and
`progress_sheet` write out rows. The blank forms are made by `engine.papers.blank`. Knows no store and no case.
"""

from engine.papers.blocks import Block, Issuer, NotAllowed, block
from engine.papers.comparing import Change, compare, lines, text
from engine.papers.filling import PaperError, date_line, number_line, recipients, render, shipped
from engine.papers.pdf import converter, to_pdf, to_pdfs
from engine.papers.reports import collated_table, progress_report, progress_sheet, totals
from engine.papers.stamping import numbered

__all__ = [
    "Block",
    "Change",
    "Issuer",
    "NotAllowed",
    "PaperError",
    "block",
    "collated_table",
    "compare",
    "converter",
    "date_line",
    "lines",
    "number_line",
    "numbered",
    "progress_report",
    "progress_sheet",
    "recipients",
    "render",
    "shipped",
    "text",
    "to_pdf",
    "to_pdfs",
    "totals",
]
