"""The sentences of lint, for `problems`: for every rule, what is wrong and what to do.

A key is a code, a code with the case that its params tell ("unreachable:compensation") or with the type of the element
("missing_condition@sequenceFlow"); the first that there is wins. A code may have several sentences: the first one is
taken whose places are all filled. Each is a pair, Vietnamese and English. `{it}` is the element, by name where it has
one, else by kind and id; `{its}` its name or id alone, behind a word for its kind.
"""

Pair = tuple[str, str]

LINT: dict[str, list[Pair]] = {
    # structure
    "not_supported": [
        (
            "Hệ thống không chạy được {kind} ở {it}. Thay bằng phần tử khác trong bảng công cụ.",
            "The engine does not run {kind} at {it}. Replace it by another element of the palette.",
        ),
    ],
    "unreachable": [
        (
            "Không có đường nối nào dẫn tới {it}, nên không bao giờ tới lượt. Nối nó vào quy trình hoặc xóa đi.",
            "No flow leads to {it}, so it never has its turn. Connect it or delete it.",
        ),
    ],
    "unreachable:compensation": [
        (
            "{it} không gắn với sự kiện bồi hoàn nào, nên không bao giờ được chạy để hoàn tác. "
            "Nối nó với một sự kiện bồi hoàn hoặc xóa đi.",
            "{it} is connected with no compensation event, so it never undoes anything. Connect it or delete it.",
        ),
    ],
    "dead_end": [
        (
            "Từ {it} không có đường nối nào đi tiếp: hồ sơ sẽ dừng ở đây. Vẽ đường nối tới bước sau.",
            "No flow leads on from {it}: the case would stop here. Draw a flow to the next step.",
        ),
    ],
    "implicit_end": [
        (
            "Quy trình kết thúc ngay sau {it} mà hình vẽ không nói ra. Nối tới một sự kiện kết thúc có tên.",
            "The process ends after {it} without saying so. Connect it to an end event that has a name.",
        ),
    ],
    "boundary_without_flow": [
        (
            "Sự kiện ở biên {its} không dẫn đi đâu. Vẽ đường nối tới việc phải làm khi nó xảy ra, hoặc xóa nó.",
            "The boundary event {its} leads nowhere. Draw a flow to what is to be done when it happens, or delete it.",
        ),
    ],
    "missing_default": [
        (
            "Ở {it}, khi không điều kiện nào đúng thì hồ sơ bị kẹt. Chọn một đường ra làm luồng mặc định.",
            "At {it} the case is stuck when no condition holds. Make one of the flows the default flow.",
        ),
    ],
    "loop_without_exit": [
        (
            "Vòng lặp bắt đầu ở {it} không có lối ra: hồ sơ quay mãi. Thêm một cổng rẽ nhánh có đường ra khỏi vòng.",
            "No flow leads out of the loop at {it}: the case goes round for ever. Add a gateway with a way out.",
        ),
    ],
    "duplicate_name": [
        (
            "{it} trùng tên với một bước khác ({other}); trong danh sách việc không phân biệt được. Đổi tên một bước.",
            "{it} has the same name as another step ({other}): lists of tasks show no difference. Rename one of them.",
        ),
    ],
    "unused_declaration": [
        (
            "Tệp khai báo {kind} «{ref}» nhưng không sự kiện nào dùng. Xóa khai báo hoặc dùng nó ở một sự kiện.",
            "The file declares the {kind} “{ref}” and no event uses it. Delete it, or use it in an event.",
        ),
    ],
    # references and names
    "form_missing": [
        (
            "{it} dùng biểu mẫu «{ref}» chưa có. Chọn biểu mẫu khác hoặc thêm biểu mẫu này vào thư mục quy trình.",
            "{it} uses the form “{ref}”, which does not exist. Choose another one or add it to the folder.",
        ),
        (
            "Biểu mẫu được dùng ở đây chưa có. Chọn biểu mẫu khác hoặc thêm vào thư mục quy trình.",
            "The form that is used here does not exist. Choose another one or add it to the folder.",
        ),
    ],
    "process_missing": [
        (
            "{it} gọi quy trình «{ref}» chưa được triển khai. Chọn quy trình khác hoặc triển khai nó trước.",
            "{it} calls the process “{ref}”, which is not deployed. Choose another one, or deploy it first.",
        ),
        (
            "Quy trình được gọi ở đây chưa được triển khai. Chọn quy trình khác hoặc triển khai nó trước.",
            "The process that is called here is not deployed. Choose another one, or deploy it first.",
        ),
    ],
    "decision_missing": [
        (
            "{it} hỏi bảng quyết định «{ref}» chưa có. Chọn bảng khác hoặc thêm bảng này.",
            "{it} asks the decision “{ref}”, which does not exist. Choose another one or add it.",
        ),
        (
            "Bảng quyết định được hỏi ở đây chưa có. Chọn bảng khác hoặc thêm bảng này.",
            "The decision that is asked here does not exist. Choose another one or add it.",
        ),
    ],
    "return_unresolved": [
        (
            "{it} trả lại về bước «{ref}» không có trong quy trình. Sửa thuộc tính return_to thành mã của một bước.",
            "{it} returns to “{ref}”, which is no step of the process. Put the id of a step into return_to.",
        ),
    ],
    "unwritten_name": [
        (
            "{it} đọc «{name}» trong {what}, nhưng không bước nào ghi giá trị này. "
            "Sửa tên, hoặc thêm bước ghi nó trước đó.",
            "{it} reads “{name}” in {what}, and no step writes it. Correct the name, or write it before.",
        ),
    ],
    "unknown_function": [
        (
            "{it}: {what} gọi hàm «{name}» không có trong FEEL{at}. Sửa tên hàm.",
            "{it}: {what} calls the function “{name}”, which FEEL does not have{at}. Correct its name.",
        ),
    ],
    "wrong_arguments": [
        (
            "{it}: {what} gọi hàm «{name}» với các tham số mà hàm này không nhận{at}. Sửa số lượng hoặc tên tham số.",
            "{it}: {what} calls “{name}” with arguments that it does not take{at}. Correct their number or names.",
        ),
    ],
    "type_mistake": [
        (
            "{it}: {what} so sánh hoặc tính {left} với {right}{at}, nên kết quả luôn rỗng. Sửa cho cùng kiểu.",
            "{it}: {what} compares or computes {left} with {right}{at}, which always gives null. "
            "Make them of one kind.",
        ),
    ],
    "type_mistake:condition": [
        (
            "{it}: {what} luôn cho {left}, không phải đúng hay sai{at}. Viết một phép so sánh.",
            "{it}: {what} always gives {left}, not true or false{at}. Write a comparison.",
        ),
    ],
    "outcome_unknown": [
        (
            "{it} chờ kết quả «{outcome}», nhưng cổng {gate} không có kết quả này (chỉ có: {offered}). "
            "Sửa điều kiện, hoặc thêm kết quả vào cổng.",
            "{it} waits for the outcome “{outcome}”, which the gate {gate} does not offer (only: {offered}). "
            "Correct the condition or add the outcome.",
        ),
    ],
    "outcome_unhandled": [
        (
            "Kết quả «{outcome}» của cổng {gate} không được nhánh nào của {it} nhận: hồ sơ sẽ kẹt. "
            "Thêm điều kiện cho nó, hoặc chọn luồng mặc định.",
            "No branch of {it} takes the outcome “{outcome}” of the gate {gate}: the case would be stuck. "
            "Add a condition, or a default flow.",
        ),
    ],
    # governance
    "no_role": [
        (
            "{it} chưa giao cho ai. Đặt nó vào một làn, hoặc chọn nhóm người nhận việc.",
            "Nobody is to do {it}. Put it into a lane or choose a candidate group.",
        ),
    ],
    "unknown_role": [
        (
            "{it} giao cho vai trò «{role}» không có trong tổ chức. Chọn một vai trò có sẵn.",
            "{it} is for the role “{role}”, which the organisation does not have. Choose an existing one.",
        ),
        ("Không có vai trò «{role}» trong tổ chức.", "The organisation has no role “{role}”."),
    ],
    "nobody_holds_role": [
        (
            "Hiện không ai giữ vai trò «{role}» để làm {it}. Bố trí người, hoặc chọn vai trò khác.",
            "Nobody holds the role “{role}” today to do {it}. Appoint somebody, or choose another role.",
        ),
    ],
    "no_form": [
        (
            "{it} không có biểu mẫu: người làm xong không ghi lại được gì. Chọn một biểu mẫu.",
            "{it} has no form: who completes it has nothing to write down. Choose a form.",
        ),
    ],
    "no_name": [
        (
            "{it} chưa có tên nên trong danh sách việc chỉ hiện mã. Đặt tên bằng một động từ.",
            "{it} has no name, so lists of tasks show its id. Give it a name that begins with a verb.",
        ),
    ],
    "no_due_date": [
        (
            "{it} không có hạn hoàn thành, nên không bao giờ bị coi là trễ. Đặt hạn (due date).",
            "{it} has no due date, so it is never late. Set one.",
        ),
    ],
    "gate_without_outcomes": [
        (
            "Cổng kiểm soát {its} chưa có kết quả để chọn. Điền thuộc tính outcomes, ví dụ: "
            "dong_y yeu_cau_chinh_sua khong_dong_y.",
            "The gate {its} offers nothing to decide. Fill in outcomes, for example: "
            "dong_y yeu_cau_chinh_sua khong_dong_y.",
        ),
    ],
    "unknown_gate": [
        (
            "{it} khai báo loại cổng «{kind}» mà hệ thống không biết (có: {offered}). Chọn một loại có sẵn.",
            "{it} declares a gate of the unknown kind “{kind}” (known: {offered}). Choose one of them.",
        ),
    ],
    "gate_without_deputy": [
        (
            "Chỉ một người quyết định được ở {it}: khi người đó vắng, mọi hồ sơ đều chờ. Bố trí thêm người thay.",
            "Only one person can decide at {it}: while that person is away, every case waits. Appoint a deputy.",
        ),
    ],
    "gate_without_return": [
        (
            "Cổng {its} có kết quả trả lại ({outcome}) nhưng không nói trả về bước nào. Điền thuộc tính return_to.",
            "The gate {its} may return a draft ({outcome}) and does not say to which step. Fill in return_to.",
        ),
    ],
    "return_not_drawn": [
        (
            "{it} nói trả lại về {target}, nhưng không đường nối nào dẫn ngược về đó. Vẽ đường trả lại.",
            "{it} says that it returns to {target}, and no flow leads there. Draw it.",
        ),
    ],
    "four_eyes": [
        (
            "Bước soạn {drafting} và cổng {its} cùng một vai trò «{role}»: người soạn có thể tự duyệt. "
            "Giao cổng cho vai trò khác.",
            "The draft {drafting} and the gate {its} have the same role “{role}”: people could approve their own work. "
            "Give the gate to another role.",
        ),
    ],
    "document_never_made": [
        (
            "{it} cần tài liệu «{ref}», nhưng không bước nào trước đó tạo ra. Thêm nó vào produces của bước soạn.",
            "{it} needs the document “{ref}”, and no step before produces it. Add it to produces of the drafting step.",
        ),
    ],
    "consultation_without_deadline": [
        (
            "Đợt xin ý kiến {its} không có thời hạn: một người không trả lời làm cả hồ sơ chờ mãi. "
            "Gắn hẹn giờ ngắt ở biên, hoặc đặt điều kiện hoàn thành.",
            "The consultation {its} has no deadline: one person who does not answer keeps the case waiting. "
            "Attach an interrupting timer, or set a completion condition.",
        ),
    ],
    "reminder_without_recipient": [
        (
            "{it} gửi thông báo nhưng không nói gửi cho ai. Điền vai trò vào lanes, hoặc mã bước vào open_tasks.",
            "{it} sends a notice and does not say to whom. Fill in lanes or open_tasks.",
        ),
    ],
    "notice_unresolved": [
        (
            "{it} báo cho người còn giữ việc «{ref}», nhưng quy trình không có việc đó. Sửa mã bước trong open_tasks.",
            "{it} tells those who hold the task “{ref}”, which the process does not have. Correct open_tasks.",
        ),
    ],
    "limit_too_short": [
        (
            "Thời hạn {limit} ngày ở {it} ngắn hơn các bước bên trong ({needed} ngày). "
            "Kéo dài thời hạn, hoặc rút ngắn các bước.",
            "The limit of {limit} days at {it} is shorter than the steps inside ({needed} days). "
            "Make it longer, or the steps shorter.",
        ),
    ],
    # soundness
    "deadlock": [
        (
            "Hồ sơ có thể kẹt mãi ở {it}: nhánh mà nó chờ không tới được nữa. "
            "Gộp bằng cổng cùng loại với cổng đã tách, hoặc sửa các đường vào.",
            "The case can wait at {it} for ever: what it waits for cannot come any more. "
            "Join with the kind of gateway that split, or mend the flows into it.",
        ),
    ],
    "livelock": [
        (
            "Hồ sơ có thể chạy vòng mãi ở {it} mà không bao giờ kết thúc được. Thêm lối ra khỏi vòng.",
            "The case can go on for ever at {it} and never end. Add a way out.",
        ),
    ],
    "doubled": [
        (
            "Các nhánh song song nhập lại mà không gộp, nên {it} bị làm hai lần. "
            "Thêm một cổng song song để gộp trước bước này.",
            "Parallel branches come together without a join, so {it} is done twice. "
            "Add a parallel gateway in front of it.",
        ),
    ],
    "unbounded": [
        (
            "Mỗi vòng lặp lại sinh thêm một lượt ở {it}, không giới hạn. Gộp nhánh song song trước khi quay lại.",
            "Each turn of the loop makes one more token at {it}, without end. Join the branches before going back.",
        ),
    ],
    "endless": [
        (
            "Quy trình có thể quay vòng qua {it} mãi mà không chờ gì. Thêm một việc hoặc một sự kiện chờ vào vòng.",
            "The process can go round through {it} for ever without waiting. Put a task or an event into the loop.",
        ),
    ],
    "dead": [
        (
            "Không hồ sơ nào tới được {it} dù có đường nối. Xem lại điều kiện của các đường dẫn tới đó.",
            "No case ever comes to {it} although flows lead there. Look at the conditions before it.",
        ),
    ],
    "dead_event": [
        (
            "Điều mà {it} chờ không bao giờ xảy ra kịp. Xóa nó, hoặc gắn vào bước có chờ đợi.",
            "What {it} waits for never happens in time. Delete it, or attach it to a step that waits.",
        ),
    ],
    "uncaught_error": [
        (
            "Không ai trong quy trình bắt lỗi phát ra ở {it}. Gắn sự kiện lỗi ở biên, "
            "trừ khi quy trình gọi nó sẽ bắt lỗi này.",
            "Nobody in the process catches the error of {it}. Attach an error event, "
            "unless the process that calls this one catches it.",
        ),
    ],
    "not_explored": [
        (
            "Chưa xét được các lượt chạy đi qua {it}, nên không kết luận gì về phần sau đó.",
            "Runs were not followed beyond {it}, so nothing is claimed about what comes after.",
        ),
    ],
    "cap_reached": [
        (
            "Mới xét {states} trạng thái đầu tiên (giới hạn {cap}); phần còn lại chưa được xét. "
            "Tách bớt nhánh song song thành quy trình con nếu muốn xét hết.",
            "Only the first {states} states were looked at (limit {cap}); nothing is claimed about the rest. "
            "Move parallel branches into a process of their own to see them all.",
        ),
    ],
    "cap_reached:memory": [
        (
            "Trạng thái của quy trình này quá lớn: mới xét {states}; phần còn lại chưa được xét. "
            "Tách bớt nhánh song song thành quy trình con nếu muốn xét hết.",
            "The states of this process are too large: {states} were looked at, nothing is claimed about the rest. "
            "Move parallel branches into a process of their own to see them all.",
        ),
    ],
    "more_of_these": [
        (
            "Còn {count} chỗ nữa cùng loại «{like}» chưa liệt kê. Sửa những chỗ đã nêu rồi kiểm tra lại.",
            "There are {count} more of the kind “{like}”. Mend those that are listed, then check again.",
        ),
    ],
    "time_reached": [
        (
            "Hết {seconds} giây, mới xét {states} trạng thái; phần còn lại chưa được xét. "
            "Tách bớt nhánh song song thành quy trình con nếu muốn xét hết.",
            "After {seconds} seconds {states} states had been looked at; nothing is claimed about the rest. "
            "Move parallel branches into a process of their own to see them all.",
        ),
    ],
    "time_reached:busy": [
        (
            "Máy chủ đang kiểm tra các quy trình khác nên chưa xét các lượt chạy. Kiểm tra lại sau vài giây.",
            "Other processes are being checked, so the runs were not looked at. Check again in a few seconds.",
        ),
    ],
}
