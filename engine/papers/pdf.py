"""Word into PDF/A by LibreOffice, in a process of its own that knows nothing else.

Every call has its own profile folder: two conversions at a time do not meet. Macros are off, links to elsewhere are not
followed. A conversion that takes too long is ended with everything that it started.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from engine.papers.filling import PaperError, checked

# Seconds. Starting takes three to six of them, a document of ten pages less than one.
TIMEOUT = 90.0
PROGRAMS = ("soffice", "libreoffice")
# 2: PDF/A-2b (ISO 19005-2), which keeps fonts inside and allows transparency.
FILTER = 'pdf:writer_pdf_Export:{"SelectPdfVersion":{"type":"long","value":"2"}}'
SAFE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableMacrosExecution" oor:op="fuse">
<value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableActiveContent" oor:op="fuse">
<value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="BlockUntrustedRefererLinks"
 oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Writer/Content/Update"><prop oor:name="Link" oor:op="fuse"><value>0</value>
</prop></item>
</oor:items>
"""


def converter() -> str | None:
    """Where LibreOffice is; None when this machine has none: then there are no PDFs, and all else works."""
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


def to_pdf(docx: bytes, timeout: float = TIMEOUT) -> bytes:
    """A Word file as PDF/A-2b. Raises PaperError(no_converter | converter | unreadable | too_big)."""
    return to_pdfs({"document": docx}, timeout)["document"]


def to_pdfs(papers: Mapping[str, bytes], timeout: float = TIMEOUT) -> dict[str, bytes]:
    """Several Word files as PDF/A-2b at once, by name: LibreOffice starts once. Raises what `to_pdf` does."""
    program = converter()
    if program is None:
        raise PaperError("no_converter", "Expected LibreOffice on this machine (soffice), found none.")
    named = {name: f"{n}.docx" for n, name in enumerate(papers)}
    with tempfile.TemporaryDirectory(prefix="trinhky-pdf-") as folder:
        room = Path(folder)
        profile = room / "profile" / "user"
        profile.mkdir(parents=True)
        (profile / "registrymodifications.xcu").write_text(SAFE, encoding="utf-8")
        for name, content in papers.items():
            (room / named[name]).write_bytes(checked(content))
        said = _run(program, room, list(named.values()), timeout)
        made = {}
        for name, file in named.items():
            pdf = (room / file).with_suffix(".pdf")
            if not pdf.is_file():
                raise PaperError("converter", f"Expected LibreOffice to convert {name}: {said or 'it made no PDF'}")
            made[name] = pdf.read_bytes()
        return made


def _run(program: str, room: Path, files: list[str], timeout: float) -> str:
    """Convert files in a folder; what the program said."""
    profile = (room / "profile").as_uri()
    options = ["--headless", "--norestore", "--nolockcheck", "--nodefault", f"-env:UserInstallation={profile}"]
    # Nothing to reach: a document that names a picture elsewhere must not make this machine fetch it.
    closed = {name: "http://127.0.0.1:9" for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")}
    known = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    with subprocess.Popen(
        [program, *options, "--convert-to", FILTER, "--outdir", str(room), *files],
        cwd=room,
        env={**known, **closed, "HOME": str(room), "LANG": "C.UTF-8", "SAL_USE_VCLPLUGIN": "svp"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as running:
        try:
            said, _ = running.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            running.communicate()
            raise PaperError("converter", f"Expected LibreOffice to be done within {timeout:g} seconds.") from None
    return said.decode(errors="replace").strip()[-500:]
