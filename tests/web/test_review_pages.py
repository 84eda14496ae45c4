"""What a fresh reading found in pages: signatures that were not asked for, words that are not an office's."""

from collections.abc import Callable
from typing import Any

from offices import DIRECTOR, REASON
from webui import demo


def test_signing_subject_to_edits_asks_for_the_password_too(site: Callable[..., Any]) -> None:
    one = site("hoi_dong_gop_y")
    one.office.hurry("ky_trinh")
    director = one.person(DIRECTOR)
    task = director.task("ky_trinh")
    desk = director.sees(task)
    assert desk.source.count("data-signs") == 2
    edit = {"outcome": "dong_y_co_chinh_sua", "reason": REASON}
    refused = director.sends(desk, f"{task}/quyet-dinh", edit)
    assert refused.status == 422
    assert "Nhập mật khẩu để ký" in refused.text
    done = director.sends(desk, f"{task}/quyet-dinh", {**edit, "password": demo.PASSWORD})
    assert done.status == 303, done.text
