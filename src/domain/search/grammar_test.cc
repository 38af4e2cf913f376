#include "domain/search/grammar.h"

#include <doctest/doctest.h>

#include <array>

#include "domain/search/page.h"

namespace rondo::search {
namespace {

constexpr std::array<std::string_view, 2> kAttribute{"attribute", ""};
constexpr std::array<std::string_view, 2> kTag{"tag", "tags"};
constexpr std::array<std::string_view, 1> kMetric{"metrics"};
constexpr std::array kFields{
    Field{.scopes = kAttribute, .name = "name", .column = "t.name", .lists = true, .orders = true},
    Field{.scopes = kAttribute, .name = "id", .type = Type::id, .column = "t.id", .lists = true},
    Field{.scopes = kAttribute,
          .name = "at",
          .type = Type::integer,
          .column = "t.at",
          .orders = true},
    Field{.scopes = kTag,
          .column = "@.value",
          .table = "tags @",
          .match = "@.owner = t.id AND @.key = $",
          .nullable = true,
          .orders = true},
    Field{.scopes = kMetric,
          .type = Type::real,
          .column = "@.value",
          .table = "metrics @",
          .match = "@.owner = t.id AND @.key = $",
          .nan = "@.is_nan",
          .orders = true},
};
constexpr Grammar kGrammar{"things", kFields};

struct Sql {
    std::string text;
    size_t args;
};

Sql sql_of(std::string_view filter) {
    const auto terms = parse_filter(filter);
    REQUIRE(terms);
    Statement statement;
    const Status added = add_conditions(statement, kGrammar, *terms);
    REQUIRE_MESSAGE(added.has_value(), added.error().message);
    return {statement.sql(), statement.args().size()};
}

std::string refusal(std::string_view filter) {
    Statement statement;
    const Status added = add_conditions(statement, kGrammar, parse_filter(filter).value());
    REQUIRE(!added);
    return added.error().message;
}

}  // namespace

TEST_CASE("conditions bind every value") {
    CHECK(sql_of("name = 'x'").text == " AND t.name = $1");
    CHECK(sql_of("name LIKE 'x'").text == " AND t.name LIKE $1 ESCAPE '\\'");
    CHECK(sql_of("name ILIKE 'x'").text == " AND lower(t.name) LIKE lower($1) ESCAPE '\\'");
    CHECK(sql_of("id = '5'").text == " AND t.id = $1");
    CHECK(sql_of("at > 5 AND at < 1.5").text ==
          " AND t.at > $1 AND t.at < CAST($2 AS DOUBLE PRECISION)");
    CHECK(sql_of("tags.`'; --` = 'x'").text ==
          " AND EXISTS (SELECT 1 FROM tags k WHERE k.owner = t.id AND k.key = $1 "
          "AND (k.value = $2))");
    CHECK(sql_of("tags.a IS NULL").text ==
          " AND NOT EXISTS (SELECT 1 FROM tags k WHERE k.owner = t.id AND k.key = $1)");
    CHECK(sql_of("metrics.a > 1").text ==
          " AND EXISTS (SELECT 1 FROM metrics k WHERE k.owner = t.id AND k.key = $1 "
          "AND (k.value > $2 AND k.is_nan = 0))");
    CHECK(sql_of("metrics.a != 1").text.find("OR k.is_nan = 1") != std::string::npos);
}

TEST_CASE("lists come in powers of two") {
    CHECK(sql_of("name IN ('a', 'b', 'c')").text == " AND t.name IN ($1, $2, $3, $4)");
    CHECK(sql_of("name NOT IN ('a')").text == " AND t.name NOT IN ($1)");
    CHECK(sql_of("id IN ('1', '2')").args == 2);
}

TEST_CASE("what does not fit is refused by name") {
    CHECK(refusal("nothing = 1").find("valid keys are: name, id, at") != std::string::npos);
    CHECK(refusal("foo.x = 1").find("valid ones are: attribute, tag, metrics") !=
          std::string::npos);
    CHECK(refusal("name > 'x'").find("Invalid comparator '>'") != std::string::npos);
    CHECK(refusal("at IN ('x')").find("Invalid comparator 'IN'") != std::string::npos);
    CHECK(refusal("name IS NULL").find("Invalid comparator 'IS NULL'") != std::string::npos);
    CHECK(refusal("name = 5").find("Expected a quoted string value") != std::string::npos);
    CHECK(refusal("at = '5'").find("Expected a numeric value") != std::string::npos);
    CHECK(refusal("id = 'x'").find("ids are integers") != std::string::npos);
}

TEST_CASE("a number may stand for the text that it is written as") {
    constexpr Grammar kBare{.entity = "things", .fields = kFields, .bare_numbers = true};
    Statement statement;
    REQUIRE(add_conditions(statement, kBare, parse_filter("name = 0.10").value()));
    CHECK(statement.sql() == " AND t.name = $1");
    REQUIRE(statement.args().size() == 1);
    CHECK(std::get<std::string_view>(statement.args()[0]) == "0.10");
}

TEST_CASE("orders join what lies elsewhere, each under a name of its own") {
    const std::vector<std::string> texts{"metrics.a DESC", "at", "tags.b"};
    const auto orders = parse_orders(kGrammar, texts);
    REQUIRE(orders);
    Statement statement;
    add_joins(statement, *orders);
    statement.add(" ORDER BY ");
    add_orders(statement, *orders);
    CHECK(statement.sql() ==
          " LEFT JOIN metrics o0 ON o0.owner = t.id AND o0.key = $1"
          " LEFT JOIN tags o2 ON o2.owner = t.id AND o2.key = $2"
          " ORDER BY o0.is_nan NULLS LAST, o0.value DESC NULLS LAST, t.at ASC NULLS LAST, "
          "o2.value ASC NULLS LAST, ");
    CHECK(!parse_orders(kGrammar, std::vector<std::string>{"tags.a", "tags.a DESC"}));
    CHECK(parse_orders(kGrammar, std::vector<std::string>{"tags.a", "tags.b"}));
    constexpr Grammar kPatient{.entity = "things", .fields = kFields, .repeats = true};
    const auto first = parse_orders(kPatient, std::vector<std::string>{"tags.a", "tags.a DESC"});
    REQUIRE(first);
    CHECK(first->size() == 1);
    CHECK(first->front().ascending);
    CHECK(!parse_orders(kGrammar, std::vector<std::string>{"id"}));
    CHECK(!parse_orders(kGrammar, std::vector<std::string>(kMaxOrders + 1, "at")));
}

TEST_CASE("T36: a page token belongs to its query, unchanged") {
    const uint64_t query = fingerprint(std::vector<std::string>{"runs", "a = 1"});
    const uint64_t other = fingerprint(std::vector<std::string>{"runs", "a = 2"});
    const std::string token = make_page_token(100, query);
    CHECK(read_page_token(token, query).value() == 100);
    CHECK(read_page_token("", query).value() == 0);
    CHECK(!read_page_token(token, other));
    for (size_t i = 0; i < token.size(); ++i) {
        std::string altered = token;
        altered[i] = altered[i] == 'A' ? 'B' : 'A';
        const auto read = read_page_token(altered, query);
        // The last character has bits that mean nothing.
        CHECK((!read || (*read == 100 && i + 1 == token.size())));
    }
    CHECK(!read_page_token(token + "A", query));
    CHECK(!read_page_token("no token at all", query));
    // Where one text ends and the next begins makes a difference.
    CHECK(fingerprint(std::vector<std::string>{"ab", "c"}) !=
          fingerprint(std::vector<std::string>{"a", "bc"}));
}

}  // namespace rondo::search
