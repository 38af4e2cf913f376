#include "domain/search/filter.h"

#include <array>
#include <optional>

#include "base/text.h"

namespace rondo::search {
namespace {

constexpr std::array<std::string_view, 12> kOps{
    "=", "!=", "<", "<=", ">", ">=", "LIKE", "ILIKE", "IN", "NOT IN", "IS NULL", "IS NOT NULL"};

enum class TokenKind : uint8_t { word, backticked, text, number, sign, end };

struct Token {
    TokenKind kind = TokenKind::end;
    std::string_view raw;  // as written
    std::string text;      // without quotes
    char quote = 0;        // of a text
    size_t position = 1;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' ||
           static_cast<uint8_t>(c) >= 0x80;
}

class Tokenizer {
  public:
    explicit Tokenizer(std::string_view text) : text_(text) {}

    Result<Token> next() {
        while (pos_ < text_.size() && is_blank(text_[pos_])) ++pos_;
        start_ = pos_;
        if (pos_ == text_.size()) return token(TokenKind::end);
        const char c = text_[pos_];
        if (c == '\'' || c == '"' || c == '`') return quoted_token(c);
        if (is_digit(c) || ((c == '-' || c == '+' || c == '.') && starts_number()))
            return number_token();
        if (is_word(c)) {
            while (pos_ < text_.size() && is_word(text_[pos_])) ++pos_;
            return token(TokenKind::word);
        }
        ++pos_;
        const bool two =
            pos_ < text_.size() && text_[pos_] == '=' && (c == '!' || c == '<' || c == '>');
        if (two) ++pos_;
        if (std::string_view("=<>(),.").find(c) == std::string_view::npos && !two)
            return fail(Code::invalid, "unexpected character " + quoted(text_.substr(start_, 1)) +
                                           " at position " + std::to_string(start_ + 1));
        return token(TokenKind::sign);
    }
    // True when the next character follows without a blank.
    bool touches() const { return pos_ < text_.size() && !is_blank(text_[pos_]); }
    char peek() const { return pos_ < text_.size() ? text_[pos_] : '\0'; }
    void skip() { start_ = ++pos_; }

    // A plain key after its scope: further dots belong to it ("mlflow.source.name").
    Token dotted_key() {
        start_ = pos_;
        while (pos_ < text_.size() && (is_word(text_[pos_]) || text_[pos_] == '.')) ++pos_;
        return token(TokenKind::word);
    }

  private:
    Token token(TokenKind kind) const {
        const std::string_view raw = text_.substr(start_, pos_ - start_);
        return {kind, raw, std::string(raw), 0, start_ + 1};
    }

    bool starts_number() const {
        size_t at = pos_ + 1;
        if (text_[pos_] != '.' && at < text_.size() && text_[at] == '.') ++at;
        return at < text_.size() && is_digit(text_[at]);
    }

    Token number_token() {
        ++pos_;
        while (pos_ < text_.size()) {
            const char c = text_[pos_];
            const char before = text_[pos_ - 1];
            const bool sign = (c == '-' || c == '+') && (before == 'e' || before == 'E');
            if (!is_word(c) && c != '.' && !sign) break;
            ++pos_;
        }
        return token(TokenKind::number);
    }

    Result<Token> quoted_token(char quote) {
        std::string inner;
        ++pos_;
        while (true) {
            const size_t close = text_.find(quote, pos_);
            if (close == std::string_view::npos)
                return fail(Code::invalid, "the quote at position " + std::to_string(start_ + 1) +
                                               " is never closed");
            inner += text_.substr(pos_, close - pos_);
            pos_ = close + 1;
            if (peek() != quote) break;
            inner += quote;  // written twice: one quote of the text itself
            ++pos_;
        }
        Token out = token(quote == '`' ? TokenKind::backticked : TokenKind::text);
        out.text = std::move(inner);
        out.quote = quote;
        return out;
    }

    std::string_view text_;
    size_t pos_ = 0;
    size_t start_ = 0;
};

class Parser {
  public:
    explicit Parser(std::string_view text) : tokens_(text) {}

    Result<std::vector<Term>> filter() {
        TRY(advance());
        std::vector<Term> terms;
        while (true) {
            if (terms.size() == kMaxTerms)
                return fail(Code::invalid,
                            "a filter has at most " + std::to_string(kMaxTerms) + " comparisons");
            TRY_ASSIGN(Term term, comparison());
            terms.push_back(std::move(term));
            if (current_.kind == TokenKind::end) return terms;
            if (!is_keyword("AND")) return unexpected("AND or the end (OR is not offered)");
            TRY(advance());
        }
    }

    Result<Order> order() {
        TRY(advance());
        Order out;
        TRY(name(out.scope, out.key));
        if (is_keyword("DESC") || is_keyword("ASC")) {
            out.ascending = is_keyword("ASC");
            TRY(advance());
        }
        if (current_.kind != TokenKind::end) return unexpected("ASC, DESC or the end");
        return out;
    }

  private:
    Status advance() {
        TRY_ASSIGN(current_, tokens_.next());
        return ok();
    }

    bool is_keyword(std::string_view word) const {
        return current_.kind == TokenKind::word && equals_ignoring_case(current_.raw, word);
    }

    std::unexpected<Error> unexpected(std::string_view wanted) const {
        const std::string found =
            current_.kind == TokenKind::end ? "the end of the text" : quoted(current_.raw);
        return fail(Code::invalid, "expected " + std::string(wanted) + " at position " +
                                       std::to_string(current_.position) + ", found " + found);
    }

    // scope.key or key; leaves the token after it in current_.
    Status name(std::string& scope, std::string& key) {
        const bool plain = current_.kind == TokenKind::word;
        if (!plain && current_.kind != TokenKind::backticked &&
            !(current_.kind == TokenKind::text && current_.quote == '"'))
            return unexpected("a name such as metrics.loss");
        if (tokens_.peek() != '.') {
            key = std::move(current_.text);
            return advance();
        }
        scope = std::move(current_.text);
        tokens_.skip();
        const char first = tokens_.peek();
        if (first == '`' || first == '"') {
            TRY(advance());
        } else {
            current_ = tokens_.dotted_key();
            if (current_.raw.empty()) return unexpected("a key after the dot");
        }
        key = std::move(current_.text);
        return advance();
    }

    Result<Term> comparison() {
        Term term;
        term.position = current_.position;
        TRY(name(term.scope, term.key));
        TRY_ASSIGN(term.op, comparator());
        if (term.op == Op::is_null || term.op == Op::is_not_null) return term;
        if (term.op == Op::in || term.op == Op::not_in) {
            TRY_ASSIGN(term.value, list());
        } else {
            if (current_.kind == TokenKind::number) term.typed = current_.raw;
            TRY_ASSIGN(term.value, value());
        }
        return term;
    }

    Result<Op> comparator() {
        if (current_.kind == TokenKind::sign) {
            for (size_t i = 0; i < 6; ++i) {
                if (current_.raw != kOps[i]) continue;
                TRY(advance());
                return static_cast<Op>(i);
            }
        }
        std::optional<Op> found;
        if (is_keyword("LIKE")) found = Op::like;
        if (is_keyword("ILIKE")) found = Op::ilike;
        if (is_keyword("IN")) found = Op::in;
        if (is_keyword("NOT")) {
            TRY(advance());
            if (!is_keyword("IN")) return unexpected("IN after NOT");
            found = Op::not_in;
        } else if (is_keyword("IS")) {
            TRY(advance());
            found = Op::is_null;
            if (is_keyword("NOT")) {
                TRY(advance());
                found = Op::is_not_null;
            }
            if (!is_keyword("NULL")) return unexpected("NULL");
        }
        if (!found)
            return unexpected("a comparator (=, !=, <, <=, >, >=, LIKE, ILIKE, IN, IS NULL)");
        TRY(advance());
        return *found;
    }

    Result<Value> value() {
        Value out;
        if (current_.kind == TokenKind::text) {
            out = std::move(current_.text);
        } else if (current_.kind == TokenKind::number) {
            if (const auto whole = parse_int(current_.raw)) {
                out = *whole;
            } else if (const auto real = parse_double(current_.raw)) {
                out = *real;
            } else {
                return unexpected("a number that can be read");
            }
        } else {
            return unexpected("a number or a quoted string value");
        }
        TRY(advance());
        return out;
    }

    Result<Value> list() {
        if (current_.raw != "(") return unexpected("a list such as ('a', 'b')");
        Texts out;
        do {
            TRY(advance());
            if (current_.raw == ")" && !out.empty()) break;  // ('a',) is how Python writes it
            if (current_.kind != TokenKind::text) return unexpected("a quoted string value");
            if (out.size() == kMaxListItems)
                return fail(Code::invalid,
                            "a list has at most " + std::to_string(kMaxListItems) + " values");
            out.push_back(std::move(current_.text));
            TRY(advance());
        } while (current_.raw == ",");
        if (current_.raw != ")") return unexpected("a comma or )");
        TRY(advance());
        return out;
    }

    Tokenizer tokens_;
    Token current_;
};

Status check_length(std::string_view text) {
    if (text.size() <= kMaxFilterBytes) return ok();
    return fail(Code::invalid, "a filter has at most " + std::to_string(kMaxFilterBytes) +
                                   " bytes, this one has " + std::to_string(text.size()));
}

template <class T>
Result<T> in_words(Result<T> result, std::string_view what) {
    if (!result)
        result.error().message = "Invalid " + std::string(what) + ": " + result.error().message;
    return result;
}

}  // namespace

std::string_view text_of(Op op) { return kOps[static_cast<size_t>(op)]; }

Result<std::vector<Term>> parse_filter(std::string_view text) {
    TRY(check_length(text));
    if (trim(text).empty()) return std::vector<Term>{};
    return in_words(Parser(text).filter(), "filter");
}

Result<Order> parse_order(std::string_view text) {
    TRY(check_length(text));
    return in_words(Parser(text).order(), "order_by");
}

}  // namespace rondo::search
