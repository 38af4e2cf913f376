#include "domain/search/filter.h"

#include <doctest/doctest.h>

namespace rondo::search {
namespace {

Term one(std::string_view text) {
    const auto terms = parse_filter(text);
    REQUIRE_MESSAGE(terms.has_value(), text << ": " << terms.error().message);
    REQUIRE(terms->size() == 1);
    return terms->front();
}

std::string refusal(std::string_view text) {
    const auto terms = parse_filter(text);
    REQUIRE_MESSAGE(!terms.has_value(), std::string(text));
    CHECK(terms.error().code == Code::invalid);
    return terms.error().message;
}

}  // namespace

TEST_CASE("names: scopes, keys, quotes") {
    struct Case {
        std::string_view text, scope, key;
    };
    for (const Case& c :
         {Case{"metrics.loss = 1", "metrics", "loss"}, Case{"start_time = 1", "", "start_time"},
          Case{"tags.mlflow.source.name = 1", "tags", "mlflow.source.name"},
          Case{"params.`a b-c/d` = 1", "params", "a b-c/d"},
          Case{"params.\"a b\" = 1", "params", "a b"}, Case{"`params`.x = 1", "params", "x"},
          Case{"`start time` = 1", "", "start time"}, Case{"params.`a``b` = 1", "params", "a`b"},
          Case{"params.größe = 1", "params", "größe"}, Case{"metrics.2nd=1", "metrics", "2nd"}}) {
        const Term term = one(c.text);
        CHECK(term.scope == c.scope);
        CHECK(term.key == c.key);
    }
}

TEST_CASE("comparators ignore case and blanks") {
    CHECK(one("a=1").op == Op::equal);
    CHECK(one("a != 1").op == Op::not_equal);
    CHECK(one("a<1").op == Op::less);
    CHECK(one("a <= 1").op == Op::less_or_equal);
    CHECK(one("a>1").op == Op::greater);
    CHECK(one("a>= 1").op == Op::greater_or_equal);
    CHECK(one("a like 'x'").op == Op::like);
    CHECK(one("a iLike 'x'").op == Op::ilike);
    CHECK(one("a in ('x')").op == Op::in);
    CHECK(one("a NOT  in ('x')").op == Op::not_in);
    CHECK(one("a is null").op == Op::is_null);
    CHECK(one("a IS NOT NULL").op == Op::is_not_null);
}

TEST_CASE("values: numbers, texts, lists") {
    CHECK(std::get<int64_t>(one("a = -12").value) == -12);
    CHECK(std::get<double>(one("a = 1.5").value) == 1.5);
    CHECK(std::get<double>(one("a = .5").value) == 0.5);
    CHECK(std::get<double>(one("a = -1e-3").value) == -0.001);
    CHECK(std::get<double>(one("a = 99999999999999999999").value) == 1e20);
    CHECK(std::get<std::string>(one("a = 'it''s'").value) == "it's");
    CHECK(std::get<std::string>(one("a = \"it's\"").value) == "it's");
    CHECK(std::get<std::string>(one("a = ''").value).empty());
    CHECK(std::get<std::string>(one("a = 'C:\\'").value) == "C:\\");
    CHECK(std::get<Texts>(one("a IN ('x', \"y\")").value) == Texts{"x", "y"});
    CHECK(std::get<Texts>(one("a IN ('x',)").value) == Texts{"x"});
    CHECK(std::holds_alternative<std::monostate>(one("a IS NULL").value));
}

TEST_CASE("terms are joined by AND") {
    const auto terms = parse_filter(" metrics.a > 1 AND params.b = 'x'\nand c IS NULL ");
    REQUIRE(terms);
    REQUIRE(terms->size() == 3);
    CHECK((*terms)[1].key == "b");
    CHECK((*terms)[1].position == 20);
    CHECK(parse_filter("").value().empty());
    CHECK(parse_filter("  ").value().empty());
}

TEST_CASE("errors name the position") {
    CHECK(refusal("a") ==
          "Invalid filter: expected a comparator (=, !=, <, <=, >, >=, LIKE, "
          "ILIKE, IN, IS NULL) at position 2, found the end of the text");
    CHECK(refusal("a = b").find("at position 5, found 'b'") != std::string::npos);
    CHECK(refusal("a = 'x").find("the quote at position 5 is never closed") != std::string::npos);
    CHECK(refusal("a = 1 b = 2").find("at position 7, found 'b'") != std::string::npos);
    CHECK(refusal("a = 1 AND").find("at position 10") != std::string::npos);
    CHECK(refusal("a = 1;").find("unexpected character ';' at position 6") != std::string::npos);
    CHECK(refusal("a == 1").find("at position 4") != std::string::npos);
    CHECK(refusal("a <> 1").find("at position 4") != std::string::npos);
    CHECK(refusal("a. = 1").find("a key after the dot") != std::string::npos);
    CHECK(refusal("(a = 1)").find("at position 1") != std::string::npos);
    CHECK(refusal("a IN (1)").find("quoted string value") != std::string::npos);
    CHECK(refusal("a IN ('x' 'y')").find("a comma or )") != std::string::npos);
    CHECK(refusal("a NOT LIKE 'x'").find("IN after NOT") != std::string::npos);
    CHECK(refusal("a = 1.2.3").find("a number that can be read") != std::string::npos);
    CHECK(refusal("'a' = 1").find("a name such as") != std::string::npos);
}

TEST_CASE("T35: lengths and counts have limits, and reading is linear") {
    std::string many = "a = 1";
    for (size_t i = 1; i < kMaxTerms; ++i) many += " AND a = 1";
    CHECK(parse_filter(many).value().size() == kMaxTerms);
    CHECK(refusal(many + " AND a = 1").find("at most") != std::string::npos);
    std::string list = "a IN ('x'";
    for (size_t i = 1; i < kMaxListItems; ++i) list += ",'x'";
    CHECK(std::get<Texts>(one(list + ")").value).size() == kMaxListItems);
    CHECK(refusal(list + ",'x')").find("at most") != std::string::npos);
    CHECK(refusal(std::string(kMaxFilterBytes + 1, '`')).find("bytes") != std::string::npos);
    // Would take minutes if any of these were looked at again from each position.
    const std::string filler(kMaxFilterBytes - 11, '\'');  // one is left open
    CHECK(!parse_filter("a = " + filler));
    CHECK(!parse_filter("a = " + std::string(kMaxFilterBytes - 10, '1')));
    CHECK(!parse_filter(std::string(kMaxFilterBytes - 10, '.')));
}

TEST_CASE("orders") {
    const auto order = parse_order("metrics.`val loss` DESC");
    REQUIRE(order);
    CHECK(order->scope == "metrics");
    CHECK(order->key == "val loss");
    CHECK(!order->ascending);
    CHECK(parse_order("start_time").value().ascending);
    CHECK(parse_order("start_time asc").value().ascending);
    CHECK(!parse_order("start_time UP"));
    CHECK(!parse_order("start_time DESC, x"));
    CHECK(!parse_order(""));
}

}  // namespace rondo::search
