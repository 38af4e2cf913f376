#include "domain/move/mlflow_schema.h"

namespace rondo::move {
namespace {

constexpr char kSchema[] = {
#embed "mlflow_schema.sql"
};

}  // namespace

std::string_view mlflow_schema() { return {kSchema, sizeof kSchema}; }

}  // namespace rondo::move
