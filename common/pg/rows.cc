#include "common/pg/rows.h"

#include <libpq-fe.h>

#include <algorithm>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/text.h"

namespace gratis::pg {
namespace {

using base::Abs;

constexpr Oid kText = Codec<std::string_view>::kType;

// Types whose binary form is that of text: varchar, bpchar, name, json.
constexpr Oid kLikeText[] = {1043, 1042, 19, 114};

bool Fits(Oid column, Oid wanted) {
  if (column == wanted) return true;
  return wanted == kText &&
         std::find(std::begin(kLikeText), std::end(kLikeText), column) != std::end(kLikeText);
}

}  // namespace

std::optional<std::string_view> Row::Read(int column, Oid type) const {
  if (column < 0 || column >= PQnfields(result_))
    Broken(absl::StrCat(Abs(query_), " has no column ", column));
  if (const Oid actual = PQftype(result_, column); !Fits(actual, type)) {
    Broken(absl::StrCat("column ", column, " (", PQfname(result_, column), ") of ", Abs(query_),
                        " is of type ", actual, " and is read as ", type));
  }
  if (PQgetisnull(result_, row_, column)) return std::nullopt;
  return std::string_view(PQgetvalue(result_, row_, column),
                          static_cast<size_t>(PQgetlength(result_, row_, column)));
}

void Row::StopAtNull(int column) const {
  Broken(absl::StrCat("column ", column, " (", PQfname(result_, column), ") of ", Abs(query_),
                      " is NULL and is read as never NULL"));
}

Rows::Rows(pg_result* result, std::string_view query)
    : result_(result), size_(PQntuples(result)), query_(query) {}

void Rows::Clear::operator()(pg_result* result) const { PQclear(result); }

Row Rows::operator[](int row) const {
  if (row < 0 || row >= size_) Broken(absl::StrCat(Abs(query_), " has no row ", row));
  return {result_.get(), row, query_};
}

int64_t Rows::affected() const {
  int64_t count = 0;
  return absl::SimpleAtoi(PQcmdTuples(result_.get()), &count) ? count : 0;
}

std::string_view Rows::command() const { return PQcmdStatus(result_.get()); }

}  // namespace gratis::pg
