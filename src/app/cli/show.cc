#include "app/cli/show.h"

namespace rondo::app::cli {

using json::Value;

std::string text(const Value& value) {
    if (value.is_text()) return std::string(value.text());
    if (value.is_bool()) return value.boolean() ? "yes" : "";
    if (value.is_int()) return std::to_string(value.integer());
    return "";
}

Status show_list(const Session& session, const Value& answer, const char* list,
                 const std::vector<std::pair<const char*, const char*>>& columns) {
    if (session.json()) {
        print_json(answer);
        return ok();
    }
    std::vector<std::string> header;
    for (const auto& [title, member] : columns) header.emplace_back(title);
    TablePrinter table(header);
    for (const Value& row : answer[list].list()) {
        std::vector<std::string> cells;
        for (const auto& [title, member] : columns) cells.push_back(text(row[member]));
        table.add(std::move(cells));
    }
    table.print();
    return ok();
}

Status say(const Session& session, const Value& answer, const std::string& sentence) {
    if (session.json())
        print_json(answer);
    else
        print_line(sentence);
    return ok();
}

}  // namespace rondo::app::cli
