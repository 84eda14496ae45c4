"""The sentences for faulty files, for `problems`: models, decisions, forms, folders. Written as in `lint_texts`."""

from webui.wording.lint_texts import Pair

BPMN: dict[str, list[Pair]] = {
    "too_large": [
        (
            "Tệp quá lớn (giới hạn {limit} byte). Chia thành nhiều quy trình.",
            "The file is too large (limit {limit} bytes). Split it.",
        ),
        ("Tệp quá lớn. Chia thành nhiều tệp.", "The file is too large. Split it."),
    ],
    "too_many_elements": [
        (
            "Tệp có quá nhiều phần tử (giới hạn {limit}). Chia thành nhiều quy trình.",
            "The file has too many elements (limit {limit}). Split it.",
        ),
        ("Tệp có quá nhiều phần tử. Chia thành nhiều tệp.", "The file has too many elements. Split it."),
    ],
    "doctype": [
        (
            "Tệp chứa khai báo DOCTYPE, không được nhận. Xuất lại tệp từ phần mềm vẽ quy trình.",
            "The file has a DOCTYPE, which is not accepted. Export it anew from the modeler.",
        ),
    ],
    "xml": [
        (
            "Tệp không phải XML đúng cú pháp (dòng {line}). Xuất lại tệp từ phần mềm vẽ quy trình.",
            "The file is no well-formed XML (line {line}). Export it anew from the modeler.",
        ),
        (
            "Tệp không phải XML đúng cú pháp. Xuất lại tệp từ phần mềm vẽ quy trình.",
            "The file is no well-formed XML. Export it anew from the modeler.",
        ),
    ],
    "not_bpmn": [
        ("Tệp không phải BPMN 2.0. Chọn tệp .bpmn.", "The file is not BPMN 2.0. Choose a .bpmn file."),
    ],
    "unreadable": [
        (
            "Không đọc được {it}. Xóa phần tử này và vẽ lại.",
            "{it} cannot be read. Delete this element and draw it anew.",
        ),
        (
            "Không đọc được một phần của tệp. Mở và lưu lại tệp bằng phần mềm vẽ quy trình.",
            "A part of the file cannot be read. Open it in the modeler and save it again.",
        ),
    ],
    "no_process": [
        (
            "Tệp không có quy trình nào có phần tử. Vẽ ít nhất một bước.",
            "The file has no process with an element in it. Draw at least one step.",
        ),
    ],
    "missing_id": [
        (
            "Phần tử {kind} ở dòng {line} của tệp không có mã (id). Vẽ lại phần tử, hoặc đặt mã cho nó.",
            "The {kind} in line {line} of the file has no id. Draw it anew, or give it one.",
        ),
        ("Biểu mẫu không có mã (id). Đặt mã trùng với tên tệp.", "The form has no id. Give it the name of its file."),
    ],
    "duplicate_id": [
        (
            "Mã «{element_id}» được dùng cho nhiều phần tử. Đặt cho mỗi phần tử một mã riêng.",
            "Several elements have the id “{element_id}”. Give each its own.",
        ),
        ("Một mã được dùng nhiều lần. Đặt mã riêng cho mỗi mục.", "An id is used several times. Give each its own."),
    ],
    "correlation": [
        (
            "Thuộc tính tương quan thông điệp trong tệp chưa đầy đủ. Dùng khóa tương quan của thông điệp thay thế.",
            "The correlation properties of the file are not complete. Use the message's correlation key instead.",
        ),
    ],
    "feel": [
        (
            "{it}: {what} không phải FEEL đúng cú pháp{at}: {why} Sửa biểu thức «{text}».",
            "{it}: {what} is no FEEL{at}: {why} Correct the expression “{text}”.",
        ),
    ],
    "missing_target@boundaryEvent": [
        (
            "Sự kiện ở biên {its} không gắn vào bước nào. Kéo nó lên viền của một bước.",
            "The boundary event {its} is attached to no activity. Drag it to the border of one.",
        ),
    ],
    "missing_target:compensation": [
        (
            "Sự kiện bồi hoàn {its} chưa nối với việc hoàn tác. Vẽ đường liên kết tới việc đó.",
            "The compensation event {its} is connected with nothing that undoes. Draw the association.",
        ),
    ],
    "missing_target@eventBasedGateway": [
        (
            "Sau cổng chờ sự kiện {its} không có sự kiện nào. Vẽ đường nối tới ít nhất hai sự kiện chờ.",
            "No event stands behind the event-based gateway {its}. Draw flows to at least two events.",
        ),
    ],
    "missing_target": [
        (
            "{it} phát liên kết «{link}» nhưng không có sự kiện nhận cùng tên. Thêm sự kiện nhận, hoặc sửa tên.",
            "{it} throws the link “{link}” and no event catches it. Add one, or correct the name.",
        ),
        (
            "{it}: {end} không chỉ tới phần tử nào ({ref}). Vẽ lại đường nối.",
            "{it}: {end} names no element ({ref}). Draw the flow anew.",
        ),
        (
            "{it} chỉ tới một phần tử không có. Vẽ lại cho đúng chỗ.",
            "{it} points to an element that does not exist. Draw it anew.",
        ),
    ],
    "unknown_element": [
        (
            "Hệ thống không chạy được phần tử {kind} ở {it}. Xóa nó hoặc thay bằng phần tử khác.",
            "The engine does not run <{kind}> at {it}. Delete or replace it.",
        ),
    ],
    "missing_condition@sequenceFlow": [
        (
            "{it} đi ra từ cổng rẽ nhánh mà không có điều kiện. Viết điều kiện, hoặc chọn nó làm luồng mặc định.",
            "{it} leaves a gateway without a condition. Write one, or make it the default flow.",
        ),
    ],
    "missing_condition@complexGateway": [
        (
            "Cổng phức hợp {its} chưa có điều kiện kích hoạt. Viết điều kiện, ví dụ: activationCount >= 2.",
            "The complex gateway {its} has no activation condition. Write one, such as activationCount >= 2.",
        ),
    ],
    "missing_condition": [
        (
            "{it} chưa có điều kiện. Viết biểu thức FEEL cho điều kiện.",
            "{it} has no condition. Write a FEEL expression.",
        ),
    ],
    "unresolved_reference": [
        (
            "Luồng mặc định «{default}» không đi ra từ {it}. Chọn lại luồng mặc định.",
            "The default flow “{default}” does not leave {it}. Choose another one.",
        ),
        (
            "{it} dùng {kind} «{ref}» không có trong tệp. Chọn lại, hoặc tạo mới.",
            "{it} uses the {kind} “{ref}”, which the file does not have. Choose another or make a new one.",
        ),
        (
            "{it} dùng định nghĩa sự kiện «{ref}» không có trong tệp. Chọn lại loại sự kiện.",
            "{it} uses the event definition “{ref}”, which the file does not have. Choose the event anew.",
        ),
        ("{it} chưa chọn {kind}. Chọn một {kind}, hoặc tạo mới.", "{it} has no {kind}. Choose or make one."),
    ],
    "missing_name": [
        ("{kind} dùng ở đây chưa có tên. Đặt tên cho nó.", "The {kind} has no name. Give it one."),
        ("Sự kiện liên kết {its} chưa có tên. Đặt tên cho liên kết.", "The link event {its} has no name. Give it one."),
    ],
    "unknown_language": [
        (
            "{it} viết biểu thức bằng «{language}»; hệ thống chỉ nhận FEEL. Viết lại bằng FEEL.",
            "{it} has an expression in “{language}”; only FEEL is run. Write it in FEEL.",
        ),
    ],
    "bad_number": [
        (
            "{it}: {what} phải là số nguyên dương, không phải «{text}».",
            "{it}: {what} must be a positive whole number, not “{text}”. Correct it.",
        ),
    ],
    "missing_timer": [
        (
            "Hẹn giờ {its} chưa có thời điểm. Điền ngày, khoảng thời gian hoặc chu kỳ.",
            "The timer {its} says no time. Fill in a date, a duration or a cycle.",
        ),
    ],
    "bad_timer": [
        (
            "Hẹn giờ {its} có giá trị «{text}» không đọc được. Viết theo dạng P5D (5 ngày), PT2H (2 giờ) "
            "hoặc 2022-03-31.",
            "The timer {its} has the value “{text}”, which is no time. Write P5D, PT2H or 2022-03-31.",
        ),
    ],
    "missing_collection": [
        (
            "{it} làm nhiều lần nhưng không nói cho ai hoặc bao nhiêu lần. Điền danh sách (input collection).",
            "{it} is done several times and does not say for whom. Fill in the input collection.",
        ),
    ],
    "bad_mapping": [
        (
            "{it}: «{ref}» không đặt được làm tên biến. Dùng chữ, số và dấu gạch dưới, bắt đầu bằng chữ.",
            "{it}: “{ref}” cannot be the name of a variable. Use letters, digits and _, a letter first.",
        ),
        (
            "{it}: biến «{target}» chưa có giá trị nguồn. Điền biểu thức nguồn.",
            "{it}: the mapping of “{target}” has no source. Fill in an expression.",
        ),
    ],
    "missing_task_definition": [
        (
            "Việc tự động {its} chưa có loại (type). Điền loại việc, ví dụ trinhky:notify.",
            "The automatic task {its} has no type. Fill it in, for example trinhky:notify.",
        ),
    ],
    "missing_script": [
        ("{it} chưa có biểu thức để tính. Điền biểu thức FEEL.", "{it} has no script. Fill in a FEEL expression."),
    ],
    "missing_decision": [
        ("{it} chưa chọn bảng quyết định. Chọn một bảng.", "{it} names no decision. Choose one."),
    ],
    "missing_called_element": [
        ("{it} chưa chọn quy trình để gọi. Chọn một quy trình.", "{it} names no process to call. Choose one."),
    ],
    "missing_message": [
        (
            "Việc nhận {its} chưa có thông điệp. Chọn thông điệp để chờ.",
            "The receive task {its} has no message. Choose one.",
        ),
    ],
    "missing_event_definition": [
        (
            "Sự kiện {its} không nói chờ gì. Chọn loại: hẹn giờ, thông điệp hoặc tín hiệu.",
            "The event {its} does not say what it waits for. Choose a timer, a message or a signal.",
        ),
    ],
    "missing_start@process": [
        (
            "{it} không có chỗ bắt đầu. Thêm một sự kiện bắt đầu.",
            "{it} has no beginning. Add a start event.",
        ),
    ],
    "missing_start": [
        (
            "Quy trình con {its} cần đúng chỗ bắt đầu của nó. Thêm một sự kiện bắt đầu "
            "(quy trình con sự kiện: một sự kiện bắt đầu có loại).",
            "The sub-process {its} lacks its beginning. Add a start event "
            "(an event sub-process: exactly one, with a trigger).",
        ),
    ],
    "flow_across_scopes": [
        (
            "{it} nối hai phần tử ở hai quy trình khác nhau. Chỉ nối trong cùng một quy trình hoặc quy trình con.",
            "{it} connects elements of two different processes. Connect only inside one process or sub-process.",
        ),
    ],
    "flow_not_allowed": [
        (
            "{it} không được có đường nối như đang vẽ. Xóa đường nối đó.",
            "{it} may not have this flow. Delete the flow.",
        ),
    ],
    "condition_not_allowed": [
        (
            "{it} đi ra từ cổng luôn đi mọi nhánh, nên điều kiện bị bỏ qua. Xóa điều kiện, hoặc đổi loại cổng.",
            "{it} leaves a gateway that takes every flow. Delete the condition, or change the gateway.",
        ),
    ],
    "event_gateway_target": [
        (
            "{it} đứng ngay sau cổng chờ sự kiện, nên phải là sự kiện chờ hoặc việc nhận. Đổi loại phần tử.",
            "{it} stands behind an event-based gateway and must be a catching event or a receive task. Change it.",
        ),
    ],
    "event_not_allowed": [
        (
            "Ở {it} không được dùng {kind}. Chọn loại sự kiện khác.",
            "{kind} is not allowed at {it}. Choose another kind of event.",
        ),
    ],
    "duplicate_link": [
        (
            "Có nhiều sự kiện nhận liên kết «{ref}» ở cùng chỗ. Giữ lại một.",
            "Several events catch the link “{ref}” in one place. Keep one.",
        ),
    ],
}

DMN: dict[str, list[Pair]] = {
    "not_dmn": [("Tệp không phải DMN. Chọn tệp .dmn.", "The file is not DMN. Choose a .dmn file.")],
    "import": [
        (
            "Bảng quyết định nhập từ tệp khác, chưa được hỗ trợ. Chép nội dung vào cùng một tệp.",
            "The model imports another file, which is not supported. Copy what it needs into one file.",
        ),
    ],
    "import_type": [
        (
            "Chỉ nhập được tệp DMN, không phải «{type}». Bỏ lệnh này.",
            "Only DMN can be imported, not “{type}”. Drop it.",
        ),
    ],
    "too_many_imports": [
        (
            "Bảng quyết định nhập quá nhiều tệp. Gộp bớt các tệp.",
            "The model imports too many files. Join some.",
        ),
    ],
    "too_many_names": [
        (
            "Tệp có quá nhiều tên phải nhận ra trong biểu thức. Chia thành nhiều tệp nhỏ.",
            "The model has too many names to be known in expressions. Split it.",
        ),
    ],
    "import_missing": [
        (
            "Không tìm thấy tệp có không gian tên «{namespace}» để nhập. Thêm tệp đó vào cùng thư mục.",
            "No file beside this one has the namespace “{namespace}”. Add it to the folder.",
        ),
    ],
    "imported_values": [
        (
            "Giá trị lấy từ tệp ngoài chưa được hỗ trợ. Viết giá trị ngay trong bảng.",
            "Values of another file are not supported. Write them into the table.",
        ),
    ],
    "duplicate_name": [("Một tên được dùng nhiều lần. Đổi tên.", "A name is used several times. Rename one of them.")],
    "cyclic_type": [
        ("Một kiểu dữ liệu được định nghĩa bằng chính nó. Sửa định nghĩa.", "A type is made of itself. Correct it."),
    ],
    "unknown_type": [
        ("Không có kiểu dữ liệu «{type}». Chọn kiểu có sẵn.", "There is no type “{type}”. Choose an existing one."),
    ],
    "id_missing": [("Một phần tử chưa có mã (id). Đặt mã.", "An element has no id. Give it one.")],
    "unknown_reference": [
        ("Tham chiếu «{href}» không có trong tệp. Sửa lại.", "“{href}” is not in the file. Correct the reference."),
    ],
    "output_missing": [
        ("Bảng chưa có kết quả đầu ra. Thêm ít nhất một cột kết quả.", "There is no output. Add at least one."),
    ],
    "output_names": [
        (
            "Các cột kết quả chưa có tên riêng. Đặt tên cho từng cột.",
            "Several outputs lack names of their own. Name each.",
        ),
    ],
    "output_values": [
        (
            "Cách chọn dòng này cần thứ tự ưu tiên của kết quả. Điền danh sách giá trị kết quả.",
            "This hit policy needs the order of outputs. Fill in the output values.",
        ),
    ],
    "cycle": [
        (
            "Các quyết định cần lẫn nhau thành vòng. Bỏ một liên kết.",
            "Decisions require each other in a circle. Remove one.",
        ),
    ],
    "feel_syntax": [
        (
            "Biểu thức «{text}» không phải FEEL đúng cú pháp{at}: {why} Sửa biểu thức.",
            "“{text}” is no FEEL{at}: {why} Correct the expression.",
        ),
    ],
    "feel_limit": [
        ("Biểu thức «{text}» quá lớn: {why} Chia nhỏ biểu thức.", "“{text}” is too large: {why} Split the expression."),
    ],
    "expression_language": [
        (
            "Biểu thức viết bằng «{language}»; hệ thống chỉ nhận FEEL. Viết lại bằng FEEL.",
            "An expression is in “{language}”; only FEEL is run. Write it in FEEL.",
        ),
    ],
    "expression_missing": [("Thiếu một biểu thức. Điền biểu thức FEEL.", "An expression is missing. Fill it in.")],
    "parameter_missing": [("Một tham số chưa có tên. Đặt tên.", "A parameter has no name. Give it one.")],
    "row_length": [
        (
            "Một dòng có số ô khác số cột. Bổ sung cho đủ ô.",
            "A row has not as many cells as there are columns. Mend it.",
        ),
    ],
    "rule_length": [
        (
            "Một dòng của bảng có số ô khác số cột. Bổ sung cho đủ ô.",
            "A rule has not as many cells as there are columns. Mend it.",
        ),
    ],
    "function_kind": [
        ("Chỉ chạy được hàm viết bằng FEEL. Viết lại hàm.", "Only functions in FEEL are run. Write it in FEEL."),
    ],
    "hit_policy": [
        (
            "Cách chọn dòng (hit policy) không hợp lệ. Chọn một trong: U, A, P, F, C, R, O.",
            "The hit policy is not known. Choose U, A, P, F, C, R or O.",
        ),
    ],
    "aggregation_outputs": [
        (
            "Chỉ gộp được khi bảng có đúng một cột kết quả. Bỏ bớt cột, hoặc bỏ cách gộp.",
            "Only one output can be aggregated. Remove the others, or the aggregation.",
        ),
    ],
    "aggregation": [
        (
            "Cách gộp chỉ dùng được với COLLECT: SUM, MIN, MAX, COUNT. Chọn lại.",
            "Only COLLECT aggregates, by SUM, MIN, MAX or COUNT. Choose again.",
        ),
    ],
}

FORMS: dict[str, list[Pair]] = {
    "not_json": [("Biểu mẫu không phải JSON. Xuất lại từ phần mềm vẽ.", "The form is no JSON. Export it anew.")],
    "not_a_form": [
        (
            "Tệp không phải biểu mẫu form-js. Xuất lại từ phần mềm vẽ.",
            "The file is no form of form-js. Export it anew.",
        ),
    ],
    "not_a_component": [("Một mục không phải là trường. Xóa mục đó.", "An entry is no component. Delete it.")],
    "too_deep": [
        (
            "Nội dung lồng nhau quá sâu. Làm phẳng bớt (nhiều nhất {limit} tầng).",
            "It is nested too deeply (limit {limit}). Simplify it.",
        ),
        ("Nội dung phụ thuộc nhau quá sâu. Chia nhỏ ra.", "It is nested too deeply. Split it."),
    ],
    "too_many": [
        (
            "Biểu mẫu có quá nhiều trường (giới hạn {limit}). Chia thành nhiều bước.",
            "The form has too many components (limit {limit}). Split the step.",
        ),
    ],
    "duplicate_key": [
        ("Hai trường cùng khóa «{key}». Đổi khóa của một trường.", "Two components have the key “{key}”. Change one."),
    ],
    "unknown_name": [
        (
            "Điều kiện ẩn hiện đọc {names}, không phải trường nào. Sửa tên.",
            "A condition reads {names}, which is no field. Correct it.",
        ),
    ],
    "unknown_component": [
        (
            "Loại trường «{type}» không dùng được. Chọn loại khác.",
            "Components of type “{type}” are not run. Choose another.",
        ),
    ],
    "missing_label": [
        ("Một trường chưa có nhãn. Viết nhãn để người làm biết điền gì.", "A field has no label. Write what is asked."),
    ],
    "missing_key": [("Một trường chưa có khóa. Đặt khóa để lưu câu trả lời.", "A field has no key. Give it one.")],
    "bad_key": [
        (
            "Khóa «{key}» không hợp lệ. Dùng chữ thường không dấu, số, gạch dưới.",
            "The key “{key}” is not allowed. Use small letters, digits and _.",
        ),
    ],
    "reserved_key": [("Khóa «{key}» đã dành cho hệ thống. Đổi khóa.", "The key “{key}” is taken. Choose another.")],
    "bad_default": [
        ("Giá trị mặc định không hợp với trường. Sửa giá trị.", "The field does not accept its default. Correct it."),
    ],
    "unsupported": [
        (
            "Biểu mẫu dùng tính năng chưa hỗ trợ. Chọn cách khác.",
            "The form uses what is not supported. Choose another way.",
        ),
    ],
    "unknown_source": [
        ("Nguồn lựa chọn không có. Chọn nguồn khác.", "The source of options is not known. Choose another."),
    ],
    "bad_option": [
        ("Một lựa chọn thiếu giá trị hoặc nhãn. Điền cả hai.", "An option lacks its value or label. Fill in both."),
    ],
    "duplicate_option": [
        ("Hai lựa chọn cùng giá trị «{value}». Đổi một giá trị.", "Two options have the value “{value}”. Change one."),
    ],
    "missing_options": [
        ("Trường chọn chưa có lựa chọn nào. Thêm lựa chọn.", "There is nothing to choose. Add options."),
    ],
    "bad_range": [
        ("Giới hạn dưới lớn hơn giới hạn trên. Sửa hai số.", "The lower bound is above the upper one. Correct them."),
    ],
    "bad_pattern": [
        ("Mẫu kiểm tra không dùng được. Viết mẫu đơn giản hơn.", "The pattern cannot be used. Write a simpler one."),
    ],
    "bad_expression": [
        (
            "Điều kiện «{text}» không phải FEEL đúng cú pháp{at}: {why} Sửa điều kiện.",
            "The condition “{text}” is no FEEL{at}: {why} Correct it.",
        ),
        (
            "Điều kiện phải là FEEL, bắt đầu bằng dấu =. Viết lại.",
            "A condition is FEEL and starts with =. Write it anew.",
        ),
    ],
    "wrong_type": [
        ("Một thuộc tính của biểu mẫu có kiểu sai. Sửa lại.", "A property of the form has the wrong type. Correct it."),
    ],
}

FOLDERS: dict[str, list[Pair]] = {
    "process_id": [
        (
            "Mã quy trình phải là «{expected}», không phải «{found}». Sửa mã của quy trình.",
            "The process id must be “{expected}”, not “{found}”. Correct it.",
        ),
        (
            "Mã quy trình khác tên tệp. Đặt mã quy trình trùng tên tệp.",
            "The process id is not the name of the file. Make them the same.",
        ),
    ],
    "no_process_id": [
        ("Quy trình chưa có mã (id). Đặt mã cho quy trình.", "The process has no id. Give it one."),
    ],
    "bad_process_id": [
        (
            "Mã quy trình «{found}» không dùng được. Dùng chữ thường không dấu, số, gạch dưới, bắt đầu bằng chữ.",
            "The process id “{found}” cannot be used. Use small letters, digits and _, a letter first.",
        ),
    ],
    "empty_folder": [
        (
            "Thư mục không có tệp .bpmn hay .dmn. Thêm ít nhất một tệp.",
            "The folder has no .bpmn or .dmn file. Add one.",
        ),
    ],
    "artefact_without_name": [
        (
            'Tài liệu trong artefacts.json chưa có tên. Ghi tên, hoặc một mục có "name".',
            'The document in artefacts.json has no name. Write one, or an object with a "name".',
        ),
    ],
    "no_folder": [("Không có thư mục này. Kiểm tra đường dẫn.", "There is no such folder. Check the path.")],
    "wrong_shape": [
        (
            "Tệp tổ chức thiếu phần bắt buộc. So với tệp mẫu.",
            "The organisation's files lack a part. Compare the example.",
        ),
    ],
    "bad_id": [
        (
            "Một mã có ký tự không dùng được. Dùng chữ thường, số, dấu chấm, gạch.",
            "An id has forbidden characters. Use small letters, digits, dots, dashes and _.",
        ),
    ],
    "unknown_unit": [("Không có đơn vị «{unit}». Sửa mã đơn vị.", "There is no unit “{unit}”. Correct its id.")],
    "unknown_position": [
        ("Không có chức vụ «{position}». Sửa mã chức vụ.", "There is no position “{position}”. Correct its id."),
    ],
}
