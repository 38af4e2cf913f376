// A reference made ready once and compared with many times: a file with every column sorted and
// counted, from which a comparison gives what the table itself gives.
//
// The file, little-endian, every byte of it in a part with a checksum (XXH3, 64 bits) or checked
// otherwise:
//   "RONDOREF"  u32 version  u32 0
//   parts, one after another: of each read column its values (f64, finite, ascending; of text a u64
//     a word: how many rows have it), its words (of text: a u64 end of each, then their bytes; they
//     ascend), its order (u32 a row: the place of its value, or kMissingPlace and its neighbours)
//   index: u64 rows  u64 repeated rows  u32 columns, of each column: name, type (u8), why it was
//     not read, u64 infinite, rounded, distinct, five moments (u8 whether it has one, f64), and
//     offset, length and checksum of each part
//   u64 offset, length and checksum of the index  "RONDOEND"
// The order serves methods that shuffle rows and counts of repeated rows over a part of the
// columns, and is read for these alone. A reader takes its own version and older ones.
#pragma once

#include <functional>

#include "base/env.h"
#include "domain/drift/reference.h"

namespace rondo::drift {

inline constexpr uint32_t kPreparedVersion = 1;

struct PreparedFacts {
    int64_t rows = 0, columns = 0, bytes = 0, repeated = 0;
    static constexpr auto fields = std::tuple{
        json::field("rows", &PreparedFacts::rows, "Rows of the reference"),
        json::field("columns", &PreparedFacts::columns, "Columns, those not read among them"),
        json::field("bytes", &PreparedFacts::bytes, "Size of the file"),
        json::field("repeated_rows", &PreparedFacts::repeated, "Rows that repeat an earlier one")};
};

// Writes the file: readers see the old one or the whole new one. Memory: a few columns. Fails when
// the table has no rows, on bytes that cannot be read, and on a full disk. `progress` is told of
// columns done.
Result<PreparedFacts> prepare(columnar::Table& table, Env& env, const std::string& path,
                              size_t threads, const std::function<void(size_t)>& progress = {});

// Whether a file begins as one of these does.
Result<bool> is_prepared(File& file);

enum class Checksums { checked, ignored };  // ignored: only to try damaged files

// Reads the index; columns are read when they are taken. `name` is for messages. Fails on a file
// that is cut, damaged, or of a newer version.
Result<std::unique_ptr<Reference>> open_prepared(std::shared_ptr<File> file,
                                                 const std::string& name,
                                                 Checksums checksums = Checksums::checked);

}  // namespace rondo::drift
