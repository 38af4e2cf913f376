#include "domain/search/grammar.h"

#include <algorithm>

#include "base/text.h"

namespace rondo::search {
namespace {

bool has_scope(const Field& field, std::string_view scope) {
    return std::ranges::find(field.scopes, scope) != field.scopes.end();
}

// The text with '@' replaced by the alias.
std::string with_alias(std::string_view sql, std::string_view alias) {
    std::string out;
    for (const char c : sql) {
        if (c == '@')
            out += alias;
        else
            out += c;
    }
    return out;
}

// Appends the text with '@' replaced and '$' bound to the key.
void add_match(Statement& out, const Field& field, std::string_view alias, std::string_view key) {
    const std::string sql = with_alias(field.match, alias);
    const size_t hole = sql.find('$');
    out.add(std::string_view(sql).substr(0, hole));
    if (hole == std::string::npos) return;
    out.bind(key).add(std::string_view(sql).substr(hole + 1));
}

bool takes(const Field& field, Op op) {
    switch (op) {
        case Op::equal:
        case Op::not_equal:
            return true;
        case Op::less:
        case Op::less_or_equal:
        case Op::greater:
        case Op::greater_or_equal:
            return field.type == Type::integer || field.type == Type::real;
        case Op::like:
        case Op::ilike:
            return field.type == Type::text;
        case Op::in:
        case Op::not_in:
            return field.lists;
        case Op::is_null:
        case Op::is_not_null:
            return field.nullable;
    }
    return false;
}

Status check_comparator(const Field& field, const Term& term) {
    if (takes(field, term.op)) return ok();
    std::string valid;
    for (int i = 0; i <= static_cast<int>(Op::is_not_null); ++i) {
        const auto op = static_cast<Op>(i);
        if (takes(field, op)) valid += (valid.empty() ? "" : ", ") + std::string(text_of(op));
    }
    return fail(Code::invalid, "Invalid comparator '" + std::string(text_of(term.op)) + "' for " +
                                   quoted(term.key) + "; valid ones are: " + valid);
}

std::string shown(const Value& value) {
    if (const auto* text = std::get_if<std::string>(&value)) return quoted(*text);
    if (const auto* whole = std::get_if<int64_t>(&value)) return std::to_string(*whole);
    std::string out;
    if (const auto* real = std::get_if<double>(&value)) append_json_double(out, *real);
    return out.empty() ? "a list" : out;
}

std::unexpected<Error> wrong_value(const Field& field, const Term& term) {
    const bool number = field.type == Type::integer || field.type == Type::real;
    const std::string wanted =
        number ? "Expected a numeric value for " : "Expected a quoted string value for ";
    return fail(Code::invalid, wanted + std::string(field.scopes[0]) + " " + quoted(term.key) +
                                   ", found " + shown(term.value));
}

Term quoted_number(Term term) {
    term.value = std::move(term.typed);
    return term;
}

Result<int64_t> id_of(std::string_view text) {
    if (const auto id = parse_int(text)) return *id;
    return fail(Code::invalid, quoted(text) + " is no id; ids are integers in quotes");
}

// LIKE has an escape character on PostgreSQL and none on SQLite: ours is the backslash on both,
// and it is always escaped.
std::string escaped_pattern(std::string_view pattern) {
    std::string out;
    for (const char c : pattern) out.append(c == '\\' ? 2 : 1, c);
    return out;
}

Status add_text_comparison(Statement& out, const Field& field, const Term& term,
                           const std::string& column) {
    const auto* text = std::get_if<std::string>(&term.value);
    if (text == nullptr) return wrong_value(field, term);
    switch (term.op) {
        case Op::like:
            out.add(column).add(" LIKE ").bind(std::string_view(escaped_pattern(*text)));
            out.add(" ESCAPE '\\'");
            break;
        case Op::ilike:
            out.add("lower(" + column + ") LIKE lower(");
            out.bind(std::string_view(escaped_pattern(*text))).add(") ESCAPE '\\'");
            break;
        default:
            out.add(column + " " + std::string(text_of(term.op)) + " ")
                .bind(std::string_view(*text));
    }
    return ok();
}

Status add_list_comparison(Statement& out, const Field& field, const Term& term,
                           const std::string& column) {
    std::vector<store::Arg> values;
    for (const std::string& text : std::get<Texts>(term.value)) {
        if (field.type == Type::id) {
            TRY_ASSIGN(const int64_t id, id_of(text));
            values.emplace_back(id);
        } else {
            values.emplace_back(std::string_view(text));
        }
    }
    out.add(column + " " + std::string(text_of(term.op)) + " ").bind_list(values);
    return ok();
}

Status add_number_comparison(Statement& out, const Field& field, const Term& term,
                             const std::string& column) {
    const auto* whole = std::get_if<int64_t>(&term.value);
    const auto* real = std::get_if<double>(&term.value);
    if (whole == nullptr && real == nullptr) return wrong_value(field, term);
    out.add(column + " " + std::string(text_of(term.op)) + " ");
    if (field.type == Type::real) {
        out.bind(whole != nullptr ? static_cast<double>(*whole) : *real);
    } else if (whole != nullptr) {
        out.bind(*whole);
    } else {
        // PostgreSQL would take the parameter for a bigint.
        out.add("CAST(").bind(*real).add(" AS DOUBLE PRECISION)");
    }
    return ok();
}

Status add_comparison(Statement& out, const Field& field, const Term& term,
                      const std::string& column) {
    if (term.op == Op::in || term.op == Op::not_in)
        return add_list_comparison(out, field, term, column);
    switch (field.type) {
        case Type::text:
            return add_text_comparison(out, field, term, column);
        case Type::integer:
        case Type::real:
            return add_number_comparison(out, field, term, column);
        case Type::id: {
            const auto* text = std::get_if<std::string>(&term.value);
            if (text == nullptr) return wrong_value(field, term);
            TRY_ASSIGN(const int64_t id, id_of(*text));
            out.add(column + " " + std::string(text_of(term.op)) + " ").bind(id);
        }
    }
    return ok();
}

Status add_condition(Statement& out, const Field& field, const Term& term) {
    TRY(check_comparator(field, term));
    const bool null_test = term.op == Op::is_null || term.op == Op::is_not_null;
    if (field.table.empty()) {
        const std::string column(field.column);
        if (!null_test) return add_comparison(out, field, term, column);
        out.add(column + " " + std::string(text_of(term.op)));
        return ok();
    }
    constexpr std::string_view kAlias = "k";
    out.add(term.op == Op::is_null ? "NOT EXISTS (SELECT 1 FROM " : "EXISTS (SELECT 1 FROM ");
    out.add(with_alias(field.table, kAlias)).add(" WHERE ");
    add_match(out, field, kAlias, term.key);
    if (!null_test) {
        out.add(" AND (");
        TRY(add_comparison(out, field, term, with_alias(field.column, kAlias)));
        // NaN differs from every number and compares with none.
        if (!field.nan.empty()) {
            const std::string nan = with_alias(field.nan, kAlias);
            out.add(term.op == Op::not_equal ? " OR " + nan + " = 1" : " AND " + nan + " = 0");
        }
        out.add(")");
    }
    out.add(")");
    return ok();
}

std::string alias_of(size_t index) { return "o" + std::to_string(index); }

}  // namespace

Result<const Field*> find_field(const Grammar& grammar, std::string_view scope,
                                std::string_view key) {
    std::string names, scopes;
    for (const Field& field : grammar.fields) {
        if (!has_scope(field, scope)) {
            if (scopes.find(field.scopes[0]) == std::string::npos)
                scopes += (scopes.empty() ? "" : ", ") + std::string(field.scopes[0]);
            continue;
        }
        if (field.name.empty() || field.name == key) return &field;
        names += (names.empty() ? "" : ", ") + std::string(field.name);
    }
    if (!names.empty())
        return fail(Code::invalid, "Invalid " + std::string(scope.empty() ? "attribute" : scope) +
                                       " key " + quoted(key) + " for " +
                                       std::string(grammar.entity) + "; valid keys are: " + names);
    return fail(Code::invalid, "Invalid entity type " + quoted(scope) + " for " +
                                   std::string(grammar.entity) + "; valid ones are: " + scopes);
}

Status add_conditions(Statement& out, const Grammar& grammar, std::span<const Term> terms) {
    for (const Term& term : terms) {
        TRY_ASSIGN(const Field* const field, find_field(grammar, term.scope, term.key));
        if (!field->filters)
            return fail(Code::invalid, quoted(term.key) + " can be sorted by, not filtered by");
        out.add(" AND ");
        const bool as_text =
            grammar.bare_numbers && field->type == Type::text && !term.typed.empty();
        TRY(add_condition(out, *field, as_text ? quoted_number(term) : term));
    }
    return ok();
}

Result<std::vector<Sorting>> parse_orders(const Grammar& grammar,
                                          std::span<const std::string> texts) {
    if (texts.size() > kMaxOrders)
        return fail(Code::invalid,
                    "order_by has at most " + std::to_string(kMaxOrders) + " clauses", "order_by");
    std::vector<Sorting> out;
    for (const std::string& text : texts) {
        TRY_ASSIGN(Order order, parse_order(text));
        TRY_ASSIGN(const Field* const field, find_field(grammar, order.scope, order.key));
        if (!field->orders)
            return fail(Code::invalid,
                        "Invalid order_by " + quoted(text) + ": " + std::string(grammar.entity) +
                            " cannot be sorted by this",
                        "order_by");
        const bool again = std::ranges::any_of(out, [&](const Sorting& seen) {
            return seen.field->column == field->column &&
                   (field->table.empty() || seen.key == order.key);
        });
        if (again && grammar.repeats) continue;
        if (again)
            return fail(Code::invalid, "order_by contains duplicate fields: " + quoted(text),
                        "order_by");
        out.push_back({field, std::move(order.key), order.ascending});
    }
    return out;
}

void add_joins(Statement& out, std::span<const Sorting> sortings) {
    for (size_t i = 0; i < sortings.size(); ++i) {
        const Field& field = *sortings[i].field;
        if (field.table.empty()) continue;
        out.add(" LEFT JOIN " + with_alias(field.table, alias_of(i)) + " ON ");
        add_match(out, field, alias_of(i), sortings[i].key);
    }
}

void add_orders(Statement& out, std::span<const Sorting> sortings) {
    for (size_t i = 0; i < sortings.size(); ++i) {
        const Field& field = *sortings[i].field;
        const std::string column = with_alias(field.column, alias_of(i));
        if (!field.nan.empty()) out.add(with_alias(field.nan, alias_of(i)) + " NULLS LAST, ");
        out.add(column + (sortings[i].ascending ? " ASC NULLS LAST, " : " DESC NULLS LAST, "));
    }
}

}  // namespace rondo::search
