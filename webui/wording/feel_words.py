"""What is wrong with a FEEL expression, in words: why it does not parse, and why a part of it became null.

The parser says what it expected and what it found, in English and with the position; here the same in Vietnamese. What
has no row is told without details, never in another language.
"""

import re

_FOUND = r"(?P<found>the end of the text|'.*')"
# What the parser and the lexer say, and the same in Vietnamese.
REASONS: list[tuple[re.Pattern[str], str]] = [
    (re.compile(pattern), words)
    for pattern, words in [
        (rf"Expected '(?P<what>.+)', found {_FOUND}\.", "cần «{what}» mà lại là {found}."),
        (
            r"Expected an expression, found the keyword '(?P<what>.+)'\.",
            "cần một biểu thức mà lại là từ khóa «{what}».",
        ),
        (rf"Expected an expression, found {_FOUND}\.", "cần một biểu thức mà lại là {found}."),
        (rf"Expected a name after '\.', found {_FOUND}\.", "sau dấu chấm cần một tên mà lại là {found}."),
        (rf"Expected a name, found {_FOUND}\.", "cần một tên mà lại là {found}."),
        (rf"Expected a type, found {_FOUND}\.", "cần một kiểu dữ liệu mà lại là {found}."),
        (
            rf"Expected an operator after '(?P<what>.+)', found {_FOUND}\.",
            "sau «{what}» cần một phép tính mà lại là {found}.",
        ),
        (rf"Expected the end of a range, found {_FOUND}\.", "cần chỗ đóng của khoảng mà lại là {found}."),
        (rf"Expected the end of the expression, found {_FOUND}\.", "biểu thức phải hết ở đây mà còn {found}."),
        (r"Expected the end of the comment\.", "ghi chú /* chưa được đóng."),
        (r"Expected FEEL, found a string without an end\.", "chuỗi ký tự chưa có dấu nháy đóng."),
        (r"Expected FEEL, found a unexpected character (?P<what>.+)\.", "có ký tự lạ {what}."),
        (r"Expected each key once, found '(?P<what>.+)' again\.", "khóa «{what}» xuất hiện hai lần."),
        (r"Expected each parameter once\.", "một tham số xuất hiện hai lần."),
        (
            r"Expected either names for all arguments, each once, or for none\.",
            "đặt tên cho mọi tham số, hoặc không tham số nào.",
        ),
        (r"Expected a number that 34 digits can hold\.", "số có quá 34 chữ số."),
        (r"An expression may not be longer than (?P<what>\d+) characters\.", "dài quá {what} ký tự."),
        (r"An expression may not be nested deeper than (?P<what>\d+) levels\.", "lồng nhau quá {what} tầng."),
        (r"The expression is nested too deeply\.", "lồng nhau quá sâu."),
    ]
]
UNTOLD = "sai cú pháp."

# Why a part of an expression became null: the codes of `feel.Diagnostic`, said as "feel:<code>".
DIAGNOSTICS: dict[str, tuple[str, str]] = {
    "division_by_zero": ("Phép chia cho 0. Kiểm tra số chia trước khi chia.", "A division by 0. Check the divisor."),
    "duplicate_key": ("Một khóa xuất hiện hai lần. Đổi một khóa.", "A key occurs twice. Change one."),
    "empty_list": ("Danh sách rỗng. Kiểm tra danh sách trước khi dùng.", "The list is empty. Check it before."),
    "incomparable": (
        "Hai giá trị khác kiểu, không so sánh được. Đổi cho cùng kiểu.",
        "Values of two kinds are compared. Make them of one kind.",
    ),
    "invalid_pattern": ("Mẫu tìm kiếm sai. Sửa mẫu.", "The pattern is wrong. Correct it."),
    "invalid_replacement": ("Phần thay thế sai. Sửa lại.", "The replacement is wrong. Correct it."),
    "invalid_text": (
        "Văn bản không đọc được thành giá trị. Sửa văn bản.",
        "The text cannot be read as a value. Correct it.",
    ),
    "no_clock": (
        "Chỗ này không có đồng hồ. Không dùng now() hay today() ở đây.",
        "There is no clock here. Do not ask for now() or today().",
    ),
    "no_such_element": (
        "Danh sách không có phần tử này. Kiểm tra vị trí.",
        "The list has no such element. Check the index.",
    ),
    "no_such_entry": ("Không có mục này. Kiểm tra tên mục.", "There is no such entry. Check its name."),
    "out_of_range": ("Giá trị ngoài giới hạn. Kiểm tra giá trị.", "The value is out of range. Check it."),
    "unknown_type": ("Kiểu dữ liệu không có. Sửa tên kiểu.", "The type does not exist. Correct its name."),
    "unknown_name": ("Tên này chưa có giá trị. Kiểm tra tên biến.", "Nothing has this name. Check the variable."),
    "not_a_function": ("Đây không phải hàm. Sửa tên hàm.", "This is no function. Correct its name."),
    "wrong_argument": ("Tham số của hàm sai kiểu. Sửa tham số.", "An argument has the wrong kind. Correct it."),
    "wrong_arguments": ("Số tham số của hàm không đúng. Sửa lại.", "The function takes other arguments. Correct them."),
    "wrong_type": (
        "Giá trị sai kiểu cho phép tính này. Sửa cho cùng kiểu.",
        "The value has the wrong kind. Correct it.",
    ),
    "zone_missing": ("Thiếu múi giờ. Ghi múi giờ, ví dụ +07:00.", "The time zone is missing. Write it, as in +07:00."),
}


def reason(message: str, locale: str) -> str:
    """Why a text is no FEEL, as the end of a sentence."""
    message = message.strip()
    if locale != "vi":
        return message[:1].lower() + message[1:] if message else "it does not parse."
    for pattern, words in REASONS:
        found = pattern.fullmatch(message)
        if found:
            return words.format(**{name: _vietnamese(text) for name, text in found.groupdict().items()})
    return UNTOLD


def _vietnamese(text: str) -> str:
    if text == "the end of the text":
        return "hết biểu thức"
    return f"«{text[1:-1]}»" if text.startswith("'") and text.endswith("'") and len(text) > 1 else text
