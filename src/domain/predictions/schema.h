// Rows of one day under several signatures (a model was replaced) under one schema.
#pragma once

#include "domain/predictions/format.h"

namespace rondo::predictions {

// Columns of both, by name, in the order of first appearance. Where the types differ, numbers
// become float64 and anything with text becomes text; a column that only one side has becomes a
// type that can say "missing".
Schema merge(const Schema& a, const Schema& b);

// The row's features under another schema: NaN or empty text where it has no such column.
void convert(Row& row, const Schema& from, const Schema& to);

// Appends the rows of another file of the same day, under a schema that holds both: the signature
// changes within a day when a model is replaced.
void append_part(DecodedFile& all, DecodedFile part);

// A feature as a number for statistics; NaN when it is missing or text.
double number_of(const Row& row, const Schema& schema, size_t column);
// A feature as text for CSV: shortest exact numbers, empty when missing.
std::string text_of(const Row& row, const Schema& schema, size_t column);

}  // namespace rondo::predictions
