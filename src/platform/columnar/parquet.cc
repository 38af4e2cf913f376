#include "platform/columnar/parquet.h"

#include "base/text.h"
#include "platform/columnar/parquet_meta.h"
#include "platform/columnar/parquet_pages.h"

namespace rondo::columnar {
namespace {

class ParquetTable : public Table {
  public:
    ParquetTable(std::shared_ptr<File> file, std::string name, ParquetMeta meta,
                 const Limits& limits)
        : file_(std::move(file)), name_(std::move(name)), meta_(std::move(meta)), limits_(limits) {
        for (const ParquetColumn& column : meta_.columns) fields_.push_back(column.field);
        rows_ = meta_.rows;
    }

    Result<std::shared_ptr<const Column>> column(size_t index) const override {
        const ParquetColumn& what = meta_.columns[index];
        if (what.field.type == Type::unread)
            return fail(Code::unsupported,
                        "the column " + quoted(what.field.name) + " is " + what.field.why);
        auto out = std::make_shared<Column>();
        out->type = what.field.type;
        for (const ParquetGroup& group : meta_.groups) {
            const auto done =
                read_parquet_chunk(*file_, what, group.chunks[what.leaf], limits_, *out);
            if (!done)
                return fail(done.error().code, quoted(name_) + ": its column " +
                                                   quoted(what.field.name) + ": " +
                                                   done.error().message);
        }
        return out;
    }

  private:
    std::shared_ptr<File> file_;
    std::string name_;
    ParquetMeta meta_;
    Limits limits_;
};

}  // namespace

Result<std::unique_ptr<Table>> open_parquet(std::shared_ptr<File> file, const std::string& name,
                                            const ReadOptions& options) {
    TRY_ASSIGN(ParquetMeta meta, read_parquet_meta(*file, options.limits));
    return std::make_unique<ParquetTable>(std::move(file), name, std::move(meta), options.limits);
}

}  // namespace rondo::columnar
