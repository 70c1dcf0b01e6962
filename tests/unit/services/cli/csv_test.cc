#include "services/cli/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "common/status/reasons.h"
#include "tests/unit/services/cli/temp_file.h"

namespace gratis::cli {
namespace csv_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Read {
  int64_t line;
  std::vector<std::string> fields;
  std::string error;

  friend bool operator==(const Read&, const Read&) = default;
};

void PrintTo(const Read& read, std::ostream* out) {
  *out << read.line << ": " << testing::PrintToString(read.fields) << " " << read.error;
}

std::vector<Read> ReadText(std::string_view text, CsvReader::Options options = {}) {
  const TempFile file(text);
  absl::StatusOr<CsvReader> reader = CsvReader::Open(file.path(), options);
  EXPECT_TRUE(reader.ok()) << reader.status();
  std::vector<Read> reads;
  CsvRecord record;
  while (reader->Next(record)) {
    reads.push_back({record.line,
                     std::vector<std::string>(record.fields.begin(), record.fields.end()),
                     std::string(record.error.message())});
  }
  return reads;
}

TEST(Csv, ReadsRecordsWithTheirLines) {
  EXPECT_THAT(
      ReadText("a,b\n1,2\n3,4\n"),
      ElementsAre(Read{1, {"a", "b"}, ""}, Read{2, {"1", "2"}, ""}, Read{3, {"3", "4"}, ""}));
}

TEST(Csv, TheLastLineNeedsNoEnd) {
  EXPECT_THAT(ReadText("a,b\n1,2"), ElementsAre(Read{1, {"a", "b"}, ""}, Read{2, {"1", "2"}, ""}));
}

TEST(Csv, EmptyFieldsAreFields) {
  EXPECT_THAT(ReadText(",,\n\"\",,x\n"),
              ElementsAre(Read{1, {"", "", ""}, ""}, Read{2, {"", "", "x"}, ""}));
}

TEST(Csv, TakesWindowsLineEndsAndAByteOrderMark) {
  EXPECT_THAT(ReadText("\xEF\xBB\xBF\"a\",b\r\n1,\"2\"\r\n"),
              ElementsAre(Read{1, {"a", "b"}, ""}, Read{2, {"1", "2"}, ""}));
}

TEST(Csv, SkipsEmptyLinesAndCountsThem) {
  EXPECT_THAT(ReadText("a\n\n\r\n1\n"), ElementsAre(Read{1, {"a"}, ""}, Read{4, {"1"}, ""}));
}

TEST(Csv, QuotedFieldsHoldSeparatorsQuotesAndLineEnds) {
  EXPECT_THAT(ReadText("\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\"\nnext,1,2\n"),
              ElementsAre(Read{1, {"a,b", "say \"hi\"", "two\nlines"}, ""},
                          Read{3, {"next", "1", "2"}, ""}));
}

TEST(Csv, AQuoteInsideAPlainFieldIsJustThat) {
  EXPECT_THAT(ReadText("5\" pipe,1\n"), ElementsAre(Read{1, {"5\" pipe", "1"}, ""}));
}

TEST(Csv, AnotherSeparatorLeavesCommasAlone) {
  EXPECT_THAT(ReadText("1,50;\"a;b\"\n", {.separator = ';'}),
              ElementsAre(Read{1, {"1,50", "a;b"}, ""}));
}

TEST(Csv, AQuoteThatIsNeverClosedCostsItsOwnLineOnly) {
  const std::vector<Read> reads = ReadText("a,b\n\"open,2\n3,4\n");
  ASSERT_EQ(reads.size(), 3);
  EXPECT_EQ(reads[1].line, 2);
  EXPECT_THAT(reads[1].error, HasSubstr("never closed"));
  EXPECT_EQ(reads[2], (Read{3, {"3", "4"}, ""}));
}

TEST(Csv, TextBehindAClosingQuoteCostsItsOwnLineOnly) {
  const std::vector<Read> reads = ReadText("\"a\"b,c\nd,e\n");
  ASSERT_EQ(reads.size(), 2);
  EXPECT_THAT(reads[0].error, HasSubstr("behind a closing quote"));
  EXPECT_EQ(reads[1], (Read{2, {"d", "e"}, ""}));
}

TEST(Csv, ALineWithoutBoundIsRejectedInBoundedMemory) {
  const std::string huge(3 << 20, 'x');
  const std::vector<Read> reads = ReadText("a,b\n" + huge + ",2\n3,4\n", {.read_bytes = 4096});
  ASSERT_EQ(reads.size(), 3);
  EXPECT_THAT(reads[1].error, HasSubstr("64 KiB"));
  EXPECT_EQ(reads[2], (Read{3, {"3", "4"}, ""}));
}

TEST(Csv, ARecordUpToTheBoundPasses) {
  const std::string long_field(CsvReader::kMaxRecordBytes - 10, 'x');
  EXPECT_THAT(ReadText(long_field + ",2\n"), ElementsAre(Read{1, {long_field, "2"}, ""}));
}

// Whatever the piece size of reading, the records are the same.
TEST(Csv, PiecesOfReadingDoNotShow) {
  const std::string text = "a,\"b\"\"c\"\r\n\"x\ny\",2\r\n\"open\nlast,1";
  const std::vector<Read> whole = ReadText(text);
  for (size_t bytes = 1; bytes < text.size(); ++bytes) {
    EXPECT_EQ(ReadText(text, {.read_bytes = bytes}), whole) << bytes;
  }
}

TEST(Csv, SeekReadsARecordAgain) {
  const TempFile file("a,b\n1,2\n3,4\n5,6\n");
  absl::StatusOr<CsvReader> reader = CsvReader::Open(file.path(), {.read_bytes = 5});
  ASSERT_TRUE(reader.ok());
  CsvRecord record;
  std::vector<std::pair<int64_t, int64_t>> places;
  while (reader->Next(record)) places.emplace_back(record.offset, record.line);
  ASSERT_EQ(places.size(), 4);
  for (const size_t at : {2, 1, 3, 3, 0}) {
    reader->Seek(places[at].first, places[at].second);
    ASSERT_TRUE(reader->Next(record));
    EXPECT_EQ(record.line, static_cast<int64_t>(at) + 1);
    EXPECT_EQ(record.fields[0], at == 0 ? "a" : std::to_string(2 * at - 1));
  }
}

TEST(Csv, AFileThatIsNotThereIsAnErrorOfTheFile) {
  const absl::Status status = CsvReader::Open("/nowhere/at/all.csv", {}).status();
  EXPECT_EQ(ReasonOf(status), Reason::kFieldInvalid);
  EXPECT_EQ(FieldOf(status), "FILE");
  EXPECT_FALSE(CsvReader::Open(testing::TempDir(), {}).ok());
}

TEST(Csv, FieldsAreQuotedWhenTheyHaveToBe) {
  EXPECT_EQ(CsvField("plain"), "plain");
  EXPECT_EQ(CsvField("a,b"), "\"a,b\"");
  EXPECT_EQ(CsvField("say \"hi\""), "\"say \"\"hi\"\"\"");
  EXPECT_EQ(CsvField("two\nlines"), "\"two\nlines\"");
}

}  // namespace
}  // namespace csv_test
}  // namespace gratis::cli
