"""The pictures of README and docs, taken from a running demo: `make screenshots` writes docs/images/*.png.

Two stores are made for it: one on the day of 24/03/2022, when the director has the report on the desk for the second
time, and one two weeks before, when the council's remarks wait for the drafter. Not a test; `tests/browser` has those.
"""

import base64
import struct
import sys
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import conftest
import servers
import visitors
from webui import demo

IMAGES = servers.ROOT / "docs" / "images"
TODAY, BEFORE = "2022-03-24 09:41", "2022-03-11 09:41"
Clip = dict[str, float] | None
Show = Callable[[visitors.Visitor], Clip]


def take(browser: Browser, server: servers.LiveServer, name: str, person: str, show: Show) -> None:
    """Log somebody in, bring a page up and photograph the window."""
    phone = name == "dien-thoai"
    size = {"width": 390, "height": 844} if phone else {"width": 1366, "height": 768}
    context = browser.new_context(
        viewport=size,  # type: ignore[arg-type]
        is_mobile=phone,
        has_touch=phone,
        device_scale_factor=2 if phone else 1,
        locale="vi-VN",
        timezone_id="Asia/Ho_Chi_Minh",
        reduced_motion="reduce",
    )
    visitor = visitors.Visitor(context.new_page(), server.url)
    visitor.page.set_default_timeout(15_000)
    visitor.goes("/dang-nhap")
    if person:
        visitor.logs_in(person)
    clip = show(visitor)
    if visitor.page.locator(".problem-page").count():
        sys.exit(f"{name}: the page is an error\n{server.log.read_text()[-3000:]}")
    visitor.page.evaluate("document.fonts.ready")
    photo = visitor.page.screenshot(full_page=clip is not None, clip=clip)  # type: ignore[arg-type]
    path = IMAGES / f"{name}.png"
    path.write_bytes(lighter(visitor.page, photo))
    context.close()
    print(f"{path.relative_to(servers.ROOT)}: {path.stat().st_size // 1024} kB")


def lighter(page: Page, photo: bytes) -> bytes:
    """The same PNG in 256 colours: less than half the bytes, and no difference that one sees."""
    page.goto("about:blank")
    found = page.evaluate(COUNT, base64.b64encode(photo).decode())
    width, height, pixels = found["width"], found["height"], base64.b64decode(found["pixels"])
    rows = b"".join(b"\0" + pixels[y * width : (y + 1) * width] for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    colours = bytes(channel for colour in found["colours"] for channel in colour.to_bytes(3, "big"))
    parts = ((b"IHDR", header), (b"PLTE", colours), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in parts
    )


# Chromium decodes the picture; each pixel becomes the number of the nearest colour that is kept.
COUNT = """async (photo) => {
    const bytes = Uint8Array.from(atob(photo), (c) => c.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes]));
    const { width, height } = bitmap;
    const canvas = new OffscreenCanvas(width, height).getContext("2d");
    canvas.drawImage(bitmap, 0, 0);
    const data = canvas.getImageData(0, 0, width, height).data;
    const colour = (i) => (data[i] << 16) | (data[i + 1] << 8) | data[i + 2];
    const counts = new Map();
    for (let i = 0; i < data.length; i += 4) counts.set(colour(i), (counts.get(colour(i)) ?? 0) + 1);
    // The grounds as they are; then, of the rest, one colour a region of the colour space, so that rare hues stay.
    const often = [...counts].sort((a, b) => b[1] - a[1]);
    const regions = new Map();
    for (const [c, n] of often.slice(96)) {
        const region = regions.get(c & 0xf0f0f0) ?? { c, n: 0 };
        regions.set(c & 0xf0f0f0, { c: region.c, n: region.n + n });
    }
    const rest = [...regions.values()].sort((a, b) => b.n - a.n).slice(0, 160);
    const kept = [...often.slice(0, 96).map(([c]) => c), ...rest.map(({ c }) => c)];
    const parts = (c) => [c >> 16, (c >> 8) & 255, c & 255];
    const far = (a, b) => parts(a).reduce((sum, part, i) => sum + (part - parts(b)[i]) ** 2, 0);
    const number = new Map(kept.map((c, i) => [c, i]));
    const nearest = (c) => {
        if (!number.has(c)) {
            let best = 0;
            for (let i = 1; i < kept.length; i++) if (far(c, kept[i]) < far(c, kept[best])) best = i;
            number.set(c, best);
        }
        return number.get(c);
    };
    const pixels = new Uint8Array(width * height);
    for (let i = 0; i < pixels.length; i++) pixels[i] = nearest(colour(i * 4));
    let text = "";
    for (let i = 0; i < pixels.length; i += 8192) text += String.fromCharCode(...pixels.subarray(i, i + 8192));
    return { width, height, colours: kept, pixels: btoa(text) };
}"""


def desk(visitor: visitors.Visitor) -> None:
    """The director's desk, a decision chosen but not sent."""
    visitor.opens("Giám đốc duyệt, ký báo cáo")
    visitor.page.locator("input[name=outcome]").first.check()
    visitor.page.locator(".decide > form > .body").evaluate("pane => pane.scrollTo(0, 0)")


def case(visitor: visitors.Visitor) -> None:
    """The case, from its head to where it stands in the diagram."""
    visitor.goes("/ho-so")
    visitor.follows("HS-2022-002")


def whole_case(visitor: visitors.Visitor) -> Clip:
    """The case down to the first lines of its steps."""
    case(visitor)
    visitor.page.set_viewport_size({"width": 1366, "height": 1500})
    visitor.page.mouse.move(0, 0)
    return {"x": 0, "y": 0, "width": 1366, "height": 1500}


def diagram(visitor: visitors.Visitor) -> Clip:
    """The whole diagram."""
    case(visitor)
    visitor.page.set_viewport_size({"width": 1700, "height": 1200})
    visitor.page.locator("#diagram").evaluate("frame => { frame.style.maxHeight = 'none'; }")
    visitor.button("Vừa khung").click()
    box = visitor.page.locator(".diagram-card").bounding_box()
    assert box is not None
    return dict(box)


def opinions(visitor: visitors.Visitor) -> None:
    """The table of opinions with the first remark open."""
    visitor.opens("Hoàn thiện Dự thảo 2")
    visitor.follows("Giải trình tiếp")


FORGET = """() => {
    const modeler = document.getElementById("modeler").modeler;
    const [registry, canvas] = [modeler.get("elementRegistry"), modeler.get("canvas")];
    modeler.get("modeling").removeElements([registry.get("f_ket_qua_chi_dao__dung_chi_dao")]);
    modeler.get("selection").select(registry.get("chi_dao"));
    const { x, y } = registry.get("chi_dao"), { width, height } = canvas.viewbox().outer;
    canvas.viewbox({ x: x - 0.45 * width, y: y - 0.55 * height, width, height });
}"""


def editor(visitor: visitors.Visitor) -> None:
    """The editor, where the analyst has taken away what follows a refusal; the problem that this causes is told."""
    visitor.goes("/quy-trinh/chi_thi_khcn/sua")
    page = visitor.page
    page.wait_for_selector("#modeler[data-ready]", timeout=30_000)
    page.evaluate(FORGET)
    page.locator("[data-problems] > [data-problem]", has_text="Lỗi").first.wait_for(timeout=30_000)
    page.locator("[data-problems]").evaluate("list => { list.scrollTop = list.parentElement.scrollTop = 0; }")
    page.mouse.move(700, 300)


def phone(visitor: visitors.Visitor) -> None:
    """The director's desk on a phone."""
    visitor.opens("Giám đốc duyệt, ký báo cáo")


# name → the day, who looks, what is brought up
PICTURES: dict[str, tuple[str, str, Show]] = {
    "dang-nhap": (TODAY, "", lambda visitor: None),
    "viec-cua-toi": (BEFORE, demo.DRAFTER, lambda visitor: None),
    "y-kien": (BEFORE, demo.DRAFTER, opinions),
    "ban-duyet": (TODAY, "gd.so", desk),
    "ho-so": (TODAY, "cv.tonghop.1", lambda visitor: visitor.goes("/ho-so") and None),
    "ho-so-chi-tiet": (TODAY, "cv.tonghop.1", whole_case),
    "so-do": (TODAY, "cv.tonghop.1", diagram),
    "ke-hoach": (TODAY, "cv.tonghop.1", lambda visitor: visitor.goes("/ke-hoach") and None),
    "lich-lam-viec": (TODAY, "cv.tonghop.1", lambda visitor: visitor.goes("/lich-lam-viec") and None),
    "so-van-ban": (TODAY, "vt.so", lambda visitor: visitor.goes("/so-van-ban") and None),
    "dien-thoai": (TODAY, "gd.so", phone),
    "quy-trinh": (TODAY, "ptqt.so", lambda visitor: visitor.goes("/quy-trinh") and None),
    "thiet-ke-quy-trinh": (TODAY, "ptqt.so", editor),
}


def main() -> None:
    """Take the pictures that are named on the command line, or all."""
    wanted = sys.argv[1:] or list(PICTURES)
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(conftest.CHROMIUM), args=conftest.FLAGS)
        for number, day in enumerate((TODAY, BEFORE)):
            names = [name for name in wanted if PICTURES[name][0] == day]
            if not names:
                continue
            url = f"sqlite:///{folder}/{number}.db"
            print(f"Playing the demo up to {day}")
            servers.trinhky("demo", "--as-of", day, database_url=url)
            server = servers.LiveServer(url, Path(folder, f"{number}.log")).start()
            try:
                for name in names:
                    _day, person, show = PICTURES[name]
                    take(browser, server, name, person, show)
            finally:
                server.stop()
        browser.close()


if __name__ == "__main__":
    main()
