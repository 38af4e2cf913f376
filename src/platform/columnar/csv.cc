#include "platform/columnar/csv.h"

#include <algorithm>
#include <unordered_set>

#include "base/parallel.h"
#include "base/text.h"
#include "platform/columnar/csv_cells.h"
#include "platform/columnar/csv_piece.h"
#include "platform/columnar/csv_records.h"
#include "platform/columnar/unpack.h"

namespace rondo::columnar {
namespace {

// What one thread parses at a time: stays in its cache, and with what becomes of it in its second.
constexpr size_t kPieceBytes = 1 << 18;
constexpr size_t kPiecesAThread = 4;  // between two waits for one another

class CsvTable : public Table {
  public:
    CsvTable(std::vector<std::string> names, std::vector<Column> columns, uint64_t rows) {
        rows_ = rows;
        for (size_t i = 0; i < names.size(); ++i) {
            fields_.push_back({std::move(names[i]), columns[i].type, ""});
            columns_.push_back(std::make_shared<const Column>(std::move(columns[i])));
        }
    }
    Result<std::shared_ptr<const Column>> column(size_t index) const override {
        return columns_[index];
    }
    void release(size_t index) override { columns_[index].reset(); }

  private:
    std::vector<std::shared_ptr<const Column>> columns_;
};

class CsvReader {
  public:
    CsvReader(std::shared_ptr<File> file, const ReadOptions& options)
        : file_(std::move(file)), options_(options) {}

    Result<std::unique_ptr<Table>> read() {
        TRY(pass());
        if (types_ != layout_.expected) {
            // Some cells did not fit what the first ones promised: now that all are known, again.
            layout_.expected = types_;
            TRY(pass());
            if (types_ != layout_.expected)
                return fail(Code::conflict, "it changed while it was read; try it again");
        }
        return std::make_unique<CsvTable>(std::move(names_), std::move(columns_), rows_);
    }

  private:
    Status pass() {
        TRY_ASSIGN(source_, TextSource::open(file_));
        rest_.clear();
        line_ = 1;
        rows_ = read_ = told_ = 0;
        ended_ = false;
        names_.clear();
        TRY(read_header());
        std::vector<CsvPiece> pieces(kPiecesAThread * std::max<size_t>(options_.threads, 1));
        if (layout_.expected.empty()) {
            // The first piece alone says what to expect.
            TRY(next_piece(pieces[0]));
            layout_.expected.assign(names_.size(), std::nullopt);
            TRY(pieces[0].learn(layout_, line_));
            types_ = layout_.expected = pieces[0].types();
            begin_columns();
            reserve(pieces[0]);
            TRY(parse_and_add(pieces, 1));
        } else {
            begin_columns();
        }
        while (!ended_ || !rest_.empty()) {
            size_t filled = 0;
            Status more;
            while (filled < pieces.size() && (!ended_ || !rest_.empty())) {
                more = next_piece(pieces[filled]);
                if (!more) break;
                ++filled;
            }
            TRY(parse_and_add(pieces, filled));
            // What is wrong before it is said first, and its line is known only now.
            if (!more) TRY(next_piece(pieces[0]));
        }
        return ok();
    }

    void begin_columns() {
        columns_.assign(names_.size(), Column{});
        for (size_t i = 0; i < names_.size(); ++i)
            columns_[i].type = layout_.expected[i].value_or(Type::number);
    }

    // Takes the memory for all rows at once where the file's size tells about how many there are:
    // a column that grows is in memory twice.
    void reserve(const CsvPiece& first) {
        const auto size = file_->size();
        if (!size || source_->consumed() != read_ || first.rows() == 0) return;
        const double bytes = static_cast<double>(first.bytes()) / static_cast<double>(first.rows());
        constexpr double kMore = 1.02;
        const double rows = std::min(static_cast<double>(*size) / bytes * kMore,
                                     static_cast<double>(options_.limits.rows));
        for (Column& column : columns_) {
            if (column.type == Type::text)
                column.codes.reserve(static_cast<size_t>(rows));
            else
                column.numbers.reserve(static_cast<size_t>(rows));
        }
    }

    Status fill(size_t most) {
        const size_t before = rest_.size();
        TRY(source_->read(rest_, most));
        ended_ = rest_.size() == before;
        read_ += rest_.size() - before;
        if (read_ > options_.limits.text_bytes)
            return fail(Code::too_large, "it unpacks to more than 256 GB");
        if (options_.progress) options_.progress(source_->consumed() - told_);
        told_ = source_->consumed();
        return ok();
    }

    // Takes whole records from the stream.
    Status next_piece(CsvPiece& piece) {
        size_t whole = 0;
        while (true) {
            if (rest_.size() < kPieceBytes && !ended_) TRY(fill(kPieceBytes));
            whole = ended_ ? rest_.size() : whole_records(rest_, layout_.separator);
            if (whole > 0 || ended_) break;
            if (rest_.size() > options_.limits.record_bytes)
                return fail(Code::too_large, "line " + std::to_string(line_) +
                                                 " is longer than 64 MiB, or its quote is never "
                                                 "closed");
            TRY(fill(rest_.size()));
        }
        std::string after = rest_.substr(whole);
        rest_.resize(whole);
        piece.take(std::exchange(rest_, std::move(after)));
        return ok();
    }

    Status read_header() {
        while (true) {
            if (!ended_) TRY(fill(kPieceBytes));
            if (rest_.starts_with("\xEF\xBB\xBF")) rest_.erase(0, 3);  // a byte order mark
            if (ended_ || rest_.find('\n') != std::string::npos) break;
            if (rest_.size() > options_.limits.record_bytes)
                return fail(Code::too_large, "its first line is longer than 64 MiB");
        }
        if (rest_.find('\0') < 4096) return fail(Code::invalid, "it is neither Parquet nor text");
        layout_.separator = separator_of(std::string_view(rest_).substr(0, rest_.find('\n')));
        CsvRecords records(rest_, layout_.separator);
        std::vector<std::string_view> cells;
        TRY_ASSIGN(const bool any, records.next(cells));
        if (!any) return fail(Code::invalid, "it is empty");
        if (cells.size() > options_.limits.columns)
            return fail(Code::too_large,
                        "it has more than " +
                            grouped(static_cast<int64_t>(options_.limits.columns)) + " columns");
        std::unordered_set<std::string_view> seen;
        for (size_t i = 0; i < cells.size(); ++i) {
            const std::string_view name = trim(cells[i]);
            names_.push_back(name.empty() ? "Unnamed: " + std::to_string(i) : std::string(name));
            if (!name.empty() && !seen.insert(name).second)
                return fail(Code::invalid, "its column " + quoted(name) + " stands twice");
        }
        line_ += static_cast<size_t>(std::count(
            rest_.begin(), rest_.begin() + static_cast<ptrdiff_t>(records.position()), '\n'));
        rest_.erase(0, records.position());
        return ok();
    }

    Status parse_and_add(std::vector<CsvPiece>& pieces, size_t count) {
        std::vector<Status> done(count);
        parallel_for(count, options_.threads,
                     [&](size_t i) { done[i] = pieces[i].parse(layout_, 1); });
        for (size_t i = 0; i < count; ++i) {
            // Where a piece begins is known only now: its message is made again.
            if (!done[i]) TRY(pieces[i].parse(layout_, line_));
            line_ += pieces[i].lines();
            rows_ += pieces[i].rows();
            if (rows_ > options_.limits.rows || rows_ * names_.size() > options_.limits.cells)
                return fail(Code::too_large,
                            "it has more rows than a table may have (" +
                                grouped(static_cast<int64_t>(options_.limits.cells)) + " cells)");
        }
        parallel_for(names_.size(), options_.threads, [&](size_t column) {
            for (size_t i = 0; i < count; ++i)
                append(columns_[column], pieces[i].columns()[column]);
        });
        for (size_t i = 0; i < count; ++i) {
            for (size_t c = 0; c < names_.size(); ++c) {
                const auto& type = pieces[i].types()[c];
                if (type) types_[c] = types_[c] ? joined(*types_[c], *type) : *type;
            }
        }
        return ok();
    }

    static void append(Column& to, const Column& from) {
        to.missing += from.missing;
        to.rounded += from.rounded;
        if (to.type != Type::text) {
            to.numbers.insert(to.numbers.end(), from.numbers.begin(), from.numbers.end());
            return;
        }
        std::vector<uint32_t> numbers(from.words.size());
        for (uint32_t i = 0; i < from.words.size(); ++i) numbers[i] = to.words.add(from.words[i]);
        for (const uint32_t code : from.codes)
            to.codes.push_back(code == kMissingCode ? code : numbers[code]);
    }

    std::shared_ptr<File> file_;
    const ReadOptions& options_;
    std::unique_ptr<TextSource> source_;
    std::string rest_;  // read and not yet handed out
    bool ended_ = false;
    size_t line_ = 1;
    uint64_t rows_ = 0, read_ = 0, told_ = 0;
    std::vector<std::string> names_;
    CsvLayout layout_;
    CsvTypes types_;  // of the cells so far
    std::vector<Column> columns_;
};

}  // namespace

Result<std::unique_ptr<Table>> open_csv(std::shared_ptr<File> file, const ReadOptions& options) {
    return CsvReader(std::move(file), options).read();
}

}  // namespace rondo::columnar
