#include "domain/drift/prepared.h"

#include <xxhash.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/bytes.h"
#include "base/parallel.h"
#include "base/text.h"
#include "domain/drift/prepared_format.h"

namespace rondo::drift {
namespace {

using columnar::Column;
using columnar::Type;

constexpr size_t kPieceBytes = 1 << 20;  // read at a time: stays in the cache
constexpr size_t kIndexBytes = 64 << 20;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

template <class T>
std::string_view bytes_of(const std::vector<T>& items) {
    return {reinterpret_cast<const char*>(items.data()), items.size() * sizeof(T)};
}

uint64_t checksum_of(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

// The parts of one column, before they are written.
struct Parts {
    PreparedColumn column;
    SortedColumn sorted;
    std::string words;
    std::vector<uint32_t> order;
    Status status;
};

// The place of the first of the ascending values that is not less. Searches every 256th value
// before those between two, so that a search touches few lines of memory.
class Places {
  public:
    explicit Places(std::span<const double> ascending) : values_(ascending) {
        for (size_t i = 0; i < values_.size(); i += kStep) steps_.push_back(values_[i]);
    }
    uint32_t of(double value) const {
        const auto step = std::ranges::lower_bound(steps_, value) - steps_.begin();
        const size_t from = step > 0 ? static_cast<size_t>(step - 1) * kStep : 0;
        const auto part = values_.subspan(from, std::min(kStep + 1, values_.size() - from));
        return static_cast<uint32_t>(from) +
               static_cast<uint32_t>(std::ranges::lower_bound(part, value) - part.begin());
    }

  private:
    static constexpr size_t kStep = 256;
    std::span<const double> values_;
    std::vector<double> steps_;
};

std::vector<uint32_t> order_of_numbers(const Column& column, std::span<const double> ascending) {
    const Places places(ascending);
    std::vector<uint32_t> out(column.numbers.size());
    for (size_t i = 0; i < out.size(); ++i) {
        const double v = column.numbers[i];
        if (std::isfinite(v))
            out[i] = places.of(v);
        else
            out[i] = std::isnan(v) ? kMissingPlace : v > 0 ? kInfinitePlace : kMinusInfinitePlace;
    }
    return out;
}

std::vector<uint32_t> order_of_words(const Column& column, const SortedColumn& sorted) {
    std::vector<uint32_t> place(column.words.size());
    for (size_t i = 0; i < sorted.words.size(); ++i)
        place[column.words.find(sorted.words[i])] = static_cast<uint32_t>(i);
    std::vector<uint32_t> out;
    out.reserve(column.codes.size());
    for (const uint32_t code : column.codes)
        out.push_back(code == columnar::kMissingCode ? kMissingPlace : place[code]);
    return out;
}

std::string encode_words(const std::vector<std::string_view>& words) {
    std::string out;
    uint64_t end = 0;
    for (const std::string_view word : words) put(out, end += word.size());
    for (const std::string_view word : words) out += word;
    return out;
}

void make_parts(const std::shared_ptr<const Column>& column, Parts& out) {
    out.sorted = sort_column(column, false);
    out.column.side = out.sorted.numbers.side;
    out.column.rounded = column->rounded;
    if (out.sorted.is_text()) {
        out.words = encode_words(out.sorted.words);
        out.order = order_of_words(*column, out.sorted);
    } else {
        out.order = order_of_numbers(*column, out.sorted.numbers.values.values());
    }
}

class Writer {
  public:
    explicit Writer(File& file) : file_(file) {}
    Status write(std::string_view bytes) {
        offset_ += bytes.size();
        return file_.append(bytes);
    }
    Result<PreparedPart> part(std::string_view bytes) {
        const PreparedPart out{offset_, bytes.size(), checksum_of(bytes)};
        TRY(write(bytes));
        return out;
    }
    Status column(Parts& parts) {
        const auto values = parts.sorted.numbers.values.values();
        TRY_ASSIGN(parts.column.values,
                   part(parts.sorted.is_text()
                            ? bytes_of(parts.sorted.counts)
                            : std::string_view(reinterpret_cast<const char*>(values.data()),
                                               values.size_bytes())));
        TRY_ASSIGN(parts.column.words, part(parts.words));
        TRY_ASSIGN(parts.column.order, part(bytes_of(parts.order)));
        return ok();
    }
    uint64_t offset() const { return offset_; }

  private:
    File& file_;
    uint64_t offset_ = 0;
};

Result<PreparedFacts> write_prepared(columnar::Table& table, File& file, size_t threads,
                                     const std::function<void(size_t)>& progress) {
    Writer writer(file);
    std::string head(kPreparedMagic);
    put(head, kPreparedVersion);
    put(head, uint32_t{0});
    TRY(writer.write(head));
    PreparedIndex index;
    index.rows = table.rows();
    RowHashes hashes(table.rows());
    const size_t count = table.fields().size();
    for (size_t from = 0; from < count; from += threads) {
        std::vector<Parts> parts(std::min(threads, count - from));
        parallel_for(parts.size(), threads, [&](size_t i) {
            Parts& mine = parts[i];
            mine.column.field = table.fields()[from + i];
            mine.column.side.rows = static_cast<int64_t>(table.rows());
            if (mine.column.field.type == Type::unread) return;
            const auto column = table.column(from + i);
            if (!column) {
                mine.status = std::unexpected(column.error());
                return;
            }
            table.release(from + i);
            hashes.add(**column, from + i);
            make_parts(*column, mine);
        });
        for (Parts& mine : parts) {
            TRY(mine.status);
            TRY(writer.column(mine));
            index.columns.push_back(std::move(mine.column));
        }
        if (progress) progress(parts.size());
    }
    index.repeated = static_cast<uint64_t>(hashes.repeated());
    const std::string bytes = encode_index(index);
    std::string tail;
    put(tail, writer.offset());
    put(tail, static_cast<uint64_t>(bytes.size()));
    put(tail, checksum_of(bytes));
    tail += kPreparedEnd;
    TRY(writer.write(bytes));
    TRY(writer.write(tail));
    TRY(file.sync());
    return PreparedFacts{static_cast<int64_t>(index.rows), static_cast<int64_t>(count),
                         static_cast<int64_t>(writer.offset()),
                         static_cast<int64_t>(index.repeated)};
}

class PreparedReference : public Reference {
  public:
    PreparedReference(std::shared_ptr<File> file, std::string name, PreparedIndex index,
                      Checksums checksums)
        : file_(std::move(file)),
          name_(std::move(name)),
          index_(std::move(index)),
          checksums_(checksums) {
        for (const PreparedColumn& column : index_.columns) fields_.push_back(column.field);
    }

    const std::vector<columnar::Field>& fields() const override { return fields_; }
    uint64_t rows() const override { return index_.rows; }
    void expect_repeated() override {}

    Result<SortedColumn> take(size_t index, bool in_order) override {
        const PreparedColumn& what = index_.columns[index];
        if (in_order) {
            TRY_ASSIGN(auto column, column_in_order(index));
            return sort_column(std::make_shared<const Column>(std::move(column)), true);
        }
        if (what.field.type != Type::timestamp) return sorted(what);
        SortedColumn out;
        out.type = what.field.type;
        out.numbers.side = what.side;
        return out;
    }

    Result<int64_t> repeated(const std::vector<size_t>& columns) override {
        const auto readable = std::ranges::count_if(
            fields_, [](const columnar::Field& field) { return field.type != Type::unread; });
        if (static_cast<ptrdiff_t>(columns.size()) == readable)
            return static_cast<int64_t>(index_.repeated);
        RowHashes hashes(index_.rows);
        for (const size_t i : columns) {
            TRY_ASSIGN(const Column column, column_in_order(i));
            hashes.add(column, i);
        }
        return hashes.repeated();
    }

  private:
    std::unexpected<Error> damaged(const PreparedColumn& column) const {
        return fail(Code::invalid, quoted(name_) + ": its column " + quoted(column.field.name) +
                                       " is damaged; prepare the reference again");
    }

    template <class T>
    Result<std::vector<T>> load(const PreparedColumn& column, const PreparedPart& part) const {
        std::vector<T> out(part.bytes / sizeof(T));
        auto* to = reinterpret_cast<char*>(out.data());
        for (uint64_t done = 0; done < part.bytes;) {
            TRY_ASSIGN(const std::string piece,
                       file_->read_at(part.offset + done,
                                      std::min<uint64_t>(kPieceBytes, part.bytes - done)));
            if (piece.empty()) return damaged(column);
            std::memcpy(to + done, piece.data(), piece.size());
            done += piece.size();
        }
        if (checksums_ == Checksums::checked && checksum_of({to, part.bytes}) != part.checksum)
            return damaged(column);
        return out;
    }

    Result<SortedColumn> sorted(const PreparedColumn& what) const {
        SortedColumn out;
        out.type = what.field.type;
        out.rounded = what.rounded;
        out.numbers.side = what.side;
        if (out.is_text()) {
            TRY(load_words(what, out));
            return out;
        }
        TRY_ASSIGN(std::vector<double> values, load<double>(what, what.values));
        // Sorted by what wrote them; only a forged file has others.
        bool ascending =
            values.empty() || (std::isfinite(values.front()) && std::isfinite(values.back()));
        for (size_t i = 1; i < values.size(); ++i) ascending &= values[i - 1] <= values[i];
        if (!ascending) return damaged(what);
        out.numbers.values = stats::Sample::ascending(std::move(values));
        return out;
    }

    Status load_words(const PreparedColumn& what, SortedColumn& out) const {
        TRY_ASSIGN(out.counts, load<uint64_t>(what, what.values));
        TRY_ASSIGN(std::vector<char> held, load<char>(what, what.words));
        const auto bytes = std::make_shared<const std::vector<char>>(std::move(held));
        ByteReader ends({bytes->data(), bytes->size()});
        const size_t words = out.counts.size();
        const std::string_view text =
            std::string_view(bytes->data(), bytes->size()).substr(words * sizeof(uint64_t));
        uint64_t from = 0, rows = 0;
        for (size_t i = 0; i < words; ++i) {
            const auto end = ends.get<uint64_t>();
            if (end < from || end > text.size()) return damaged(what);
            out.words.push_back(text.substr(from, end - from));
            from = end;
            if (i > 0 && out.words[i - 1] >= out.words[i]) return damaged(what);
            if (out.counts[i] == 0 || out.counts[i] > index_.rows) return damaged(what);
            rows += out.counts[i];
        }
        if (from != text.size() || rows + static_cast<uint64_t>(what.side.missing) != index_.rows)
            return damaged(what);
        out.holder = bytes;
        return ok();
    }

    // The column as it was in its file.
    Result<Column> column_in_order(size_t index) const {
        const PreparedColumn& what = index_.columns[index];
        TRY_ASSIGN(const SortedColumn values, sorted(what));
        TRY_ASSIGN(std::vector<uint32_t> order, load<uint32_t>(what, what.order));
        Column out;
        out.type = what.field.type;
        out.missing = static_cast<size_t>(what.side.missing);
        out.rounded = what.rounded;
        const auto from = values.numbers.values.values();
        const size_t places = values.is_text() ? values.words.size() : from.size();
        size_t missing = 0;
        for (const uint32_t place : order) {
            missing += place == kMissingPlace ? 1 : 0;
            const bool outside = place >= kMinusInfinitePlace && !values.is_text();
            if (place >= places && place != kMissingPlace && !outside) return damaged(what);
        }
        if (missing != out.missing) return damaged(what);
        if (values.is_text()) {
            for (const std::string_view word : values.words) out.words.add(word);
            out.codes = std::move(order);
            return out;
        }
        out.numbers.reserve(order.size());
        for (const uint32_t place : order) {
            if (place < places)
                out.numbers.push_back(from[place]);
            else
                out.numbers.push_back(place == kMissingPlace    ? std::nan("")
                                      : place == kInfinitePlace ? kInfinity
                                                                : -kInfinity);
        }
        return out;
    }

    std::shared_ptr<File> file_;
    std::string name_;
    PreparedIndex index_;
    Checksums checksums_;
    std::vector<columnar::Field> fields_;
};

}  // namespace

Result<PreparedFacts> prepare(columnar::Table& table, Env& env, const std::string& path,
                              size_t threads, const std::function<void(size_t)>& progress) {
    if (table.rows() == 0)
        return fail(Code::invalid, "the reference has no rows: there is nothing to compare with");
    FileSystem& files = env.files();
    const std::string temporary = path + std::string(kTemporaryMark) + random_hex(env, 6);
    const auto write = [&]() -> Result<PreparedFacts> {
        TRY_ASSIGN(const auto file, files.open(temporary, FileSystem::Mode::create_new));
        TRY_ASSIGN(const PreparedFacts facts, write_prepared(table, *file, threads, progress));
        TRY(files.rename(temporary, path));
        return facts;
    };
    const auto facts = write();
    if (!facts) {
        (void)files.remove(temporary);
        return facts;
    }
    const size_t slash = path.rfind('/');
    TRY(files.sync_directory(slash == std::string::npos ? "." : path.substr(0, slash)));
    return facts;
}

Result<bool> is_prepared(File& file) {
    TRY_ASSIGN(const std::string head, file.read_at(0, kPreparedMagic.size()));
    return head == kPreparedMagic;
}

Result<std::unique_ptr<Reference>> open_prepared(std::shared_ptr<File> file,
                                                 const std::string& name, Checksums checksums) {
    const auto refuse = [&](const std::string& why) {
        return fail(Code::invalid, quoted(name) + ": " + why + "; prepare the reference again");
    };
    TRY_ASSIGN(const uint64_t size, file->size());
    TRY_ASSIGN(const std::string head, file->read_at(0, kPreparedHead));
    if (!head.starts_with(kPreparedMagic)) return refuse("it is no prepared reference");
    ByteReader numbers(std::string_view(head).substr(kPreparedMagic.size()));
    const auto version = numbers.get<uint32_t>();
    const auto zero = numbers.get<uint32_t>();
    if (!numbers.failed() && version > kPreparedVersion)
        return fail(Code::unsupported, quoted(name) + ": it has format " + std::to_string(version) +
                                           " of prepared references, and this rondo reads up to " +
                                           std::to_string(kPreparedVersion) +
                                           ": update rondo, or prepare it again");
    if (size < kPreparedHead + kPreparedTail) return refuse("it is cut short");
    if (version == 0 || zero != 0) return refuse("its head is damaged");
    TRY_ASSIGN(const std::string tail, file->read_at(size - kPreparedTail, kPreparedTail));
    if (!tail.ends_with(kPreparedEnd)) return refuse("it is cut short or damaged at its end");
    ByteReader in(tail);
    const auto offset = in.get<uint64_t>(), bytes = in.get<uint64_t>();
    const auto checksum = in.get<uint64_t>();
    const uint64_t end = size - kPreparedTail;
    if (offset < kPreparedHead || offset > end || bytes != end - offset || bytes > kIndexBytes)
        return refuse("it is cut short or damaged at its end");
    TRY_ASSIGN(const std::string index, file->read_at(offset, bytes));
    if (index.size() != bytes ||
        (checksums == Checksums::checked && checksum_of(index) != checksum))
        return refuse("its index is damaged");
    auto decoded = decode_index(index, offset);
    if (!decoded) return refuse(decoded.error().message);
    return std::make_unique<PreparedReference>(std::move(file), name, std::move(*decoded),
                                               checksums);
}

}  // namespace rondo::drift
