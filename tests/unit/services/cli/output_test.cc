#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/status/reasons.h"
#include "gratis/ledger/v1/ledger.pb.h"
#include "gratis/members/v1/members.pb.h"
#include "gratis/messages/v1/messages.pb.h"
#include "gratis/thanks/v1/thanks.pb.h"
#include "services/cli/failure.h"
#include "services/cli/json.h"
#include "services/cli/order_words.h"
#include "services/cli/progress.h"
#include "services/cli/proto_values.h"
#include "services/cli/table.h"

namespace gratis::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Table, ColumnsAreAsWideAsTheirWidestCell) {
  Table table({{"NAME"}, {"POINTS", Table::Align::kRight}, {"NOTE"}});
  table.Add({"Ada", "5", ""});
  table.Add({"Maximilian", "1,200", "x"});
  EXPECT_EQ(table.ToString(),
            "NAME        POINTS  NOTE\n"
            "Ada              5\n"
            "Maximilian   1,200  x\n");
}

TEST(Table, CountsWhatATerminalShows) {
  EXPECT_EQ(DisplayWidth("Zoë"), 3);
  EXPECT_EQ(DisplayWidth("Zoe\u0308"), 3);
  EXPECT_EQ(DisplayWidth("愛子"), 4);
  Table table({{"NAME"}, {"X"}});
  table.Add({"Zoë", "1"});
  table.Add({"愛子", "2"});
  EXPECT_EQ(table.ToString(), "NAME  X\nZoë   1\n愛子  2\n");
}

TEST(Table, ACellCannotMoveTheCursor) {
  Table table({{"NAME"}});
  table.Add({"a\x1b[2Jb\nc"});
  EXPECT_THAT(table.ToString(), Not(HasSubstr("\x1b")));
  EXPECT_THAT(table.ToString(), HasSubstr("b c\n"));
}

TEST(Card, LeavesOutWhatIsEmpty) {
  EXPECT_EQ(Card().Line("name", "Ada").Line("phone", "").Line("e-mail", "a@b").ToString(),
            "name    Ada\ne-mail  a@b\n");
}

TEST(Numbers, AreGroupedByThousands) {
  EXPECT_EQ(Grouped(0), "0");
  EXPECT_EQ(Grouped(999), "999");
  EXPECT_EQ(Grouped(1000), "1,000");
  EXPECT_EQ(Grouped(-1234567), "-1,234,567");
  EXPECT_EQ(Grouped(-999), "-999");
  EXPECT_EQ(Grouped(INT64_MIN), "-9,223,372,036,854,775,808");
  EXPECT_EQ(Counted(1, "gift", "gifts"), "1 gift");
  EXPECT_EQ(Counted(0, "gift", "gifts"), "0 gifts");
}

TEST(Json, NestsAndSeparates) {
  const std::string text = JsonWriter()
                               .BeginObject()
                               .Field("a", 1)
                               .Key("b")
                               .BeginArray()
                               .Number(2)
                               .BeginObject()
                               .EndObject()
                               .Text("x\"y\n")
                               .EndArray()
                               .Field("c", true)
                               .Key("d")
                               .Null()
                               .EndObject()
                               .text();
  EXPECT_EQ(text, R"({"a":1,"b":[2,{},"x\"y\u000a"],"c":true,"d":null})");
}

TEST(Json, MessagesHaveNumbersShortEnumsAndTimesAsText) {
  thanks::v1::Purchase purchase;
  purchase.set_purchase_id("pur_1");
  purchase.mutable_total()->set_currency_code("USD");
  purchase.mutable_total()->set_minor_units(9'007'199'254'740'993);
  *purchase.mutable_purchased_at() = ToProto(absl::FromUnixSeconds(0));
  purchase.mutable_thank_you()->set_outcome(thanks::v1::THANK_YOU_OUTCOME_WITHHELD);
  purchase.mutable_thank_you()->set_why(thanks::v1::WITHHELD_REASON_TOO_LATE);
  EXPECT_EQ(ToJson(purchase),
            R"({"purchase_id":"pur_1","member_id":"",)"
            R"("total":{"currency_code":"USD","minor_units":9007199254740993},"item_count":0,)"
            R"("purchased_at":"1970-01-01T00:00:00.000000Z",)"
            R"("thank_you":{"outcome":"WITHHELD","why":"TOO_LATE","bonus_points":0,"sender":""},)"
            R"("transaction_id":"","lines":[],"payments":[],"channel":"","staff_id":"",)"
            R"("staff_member_id":"","organization_id":"","organization_points":0,"position":0,)"
            R"("returned_points":0,"returned_whole":false,"tax_on_top":false})");
  EXPECT_EQ(EnumWords(purchase.thank_you(), "why"), "too late");
}

TEST(Json, OptionalFieldsAreLeftOutUntilSet) {
  ledger::v1::Damage damage;
  damage.set_check("chain");
  EXPECT_EQ(ToJson(damage), R"({"check":"chain","description":""})");
  damage.set_sequence(0);
  EXPECT_EQ(ToJson(damage), R"({"check":"chain","description":"","sequence":0})");
}

TEST(Json, ListsAreThereAlsoWhenEmpty) {
  EXPECT_EQ(ToJson(ledger::v1::VerifyPartitionResponse()),
            R"({"partition":0,"entries":0,"wallets":0,"damages":[],"last_sequence":0,)"
            R"("chain_hash":"","program":"","anchors":0})");
}

TEST(Failure, SaysReasonFieldValuesAndWhatToDo) {
  const absl::Status status =
      InField(Error(Reason::kInsufficientPoints, "the member has 120 points available, not 500",
                    {{"available_points", "120"}}),
              "points");
  EXPECT_EQ(ExplainFailure(status),
            "gratis: the member has 120 points available, not 500\n"
            "  reason            INSUFFICIENT_POINTS\n"
            "  field             points\n"
            "  available_points  120\n");
  EXPECT_EQ(FailureJson(status),
            R"({"error":{"reason":"INSUFFICIENT_POINTS","code":"FAILED_PRECONDITION",)"
            R"("message":"the member has 120 points available, not 500","field":"points",)"
            R"("metadata":{"available_points":"120"}}})");
  EXPECT_THAT(ExplainFailure(Error(Reason::kPeerUnavailable, "gone")), HasSubstr("deploy/up"));
}

TEST(Failure, NamesTheFieldOnceAndAdvisesWhatHelps) {
  const absl::Status taken =
      InField(Error(Reason::kIdentifierTaken, "another member has this identifier",
                    {{"field", "profile.email"}, {"member_id", "mem_1"}}),
              "profile.email");
  EXPECT_EQ(
      ExplainFailure(taken),
      "gratis: another member has this identifier\n"
      "  reason     IDENTIFIER_TAKEN\n"
      "  field      profile.email\n"
      "  member_id  mem_1\n"
      "  try        gratis member show MEMBER shows who has it; gratis member merge makes one "
      "member of two\n");
  const absl::Status nobody = Error(Reason::kMemberNotFound, "nobody");
  EXPECT_THAT(ExplainFailure(nobody), HasSubstr("gratis member find"));
  EXPECT_THAT(ExplainFailure(IfNobody(nobody)), testing::Not(HasSubstr("gratis member find")));
  EXPECT_THAT(ExplainFailure(Error(Reason::kMemberAmbiguous, "two")),
              HasSubstr("member duplicates"));
  EXPECT_THAT(ExplainFailure(Error(Reason::kInvalidPhone, "no")), HasSubstr("--default-region"));
  EXPECT_EQ(ReasonOf(IfNobody(nobody)), Reason::kMemberNotFound);
  EXPECT_TRUE(IfNobody(absl::OkStatus()).ok());
}

TEST(Failure, HasAnExitCodeForEachKind) {
  EXPECT_EQ(ExitCodeOf(absl::OkStatus()), 0);
  EXPECT_EQ(ExitCodeOf(Error(Reason::kMemberNotFound, "")), 1);
  EXPECT_EQ(ExitCodeOf(Error(Reason::kInternal, "")), 1);
  EXPECT_EQ(ExitCodeOf(UsageError("--map", "")), 2);
  EXPECT_EQ(ExitCodeOf(AsUsage(Error(Reason::kProgramMissing, ""))), 2);
  EXPECT_EQ(ExitCodeOf(Error(Reason::kPeerUnavailable, "")), 3);
  EXPECT_EQ(ExitCodeOf(Error(Reason::kDatabaseUnavailable, "")), 3);
  EXPECT_EQ(ExitCodeOf(Error(Reason::kDeadlineExceeded, "")), 3);
  EXPECT_EQ(ExitCodeOf(Error(Reason::kKeyMissing, "")), 3);
  EXPECT_EQ(ExitCodeOf(Error(Reason::kBooksDamaged, "")), 4);
  EXPECT_EQ(ExitCodeOf(RowsRejected("")), 5);
}

TEST(Failure, UsageKeepsTheFieldThatWasNamedFirst) {
  const absl::Status status = AsUsage(FieldError(Reason::kInvalidDate, "ordered_on", "no"), "--at");
  EXPECT_EQ(FieldOf(status), "ordered_on");
  EXPECT_EQ(FieldOf(AsUsage(Error(Reason::kInvalidDate, "no"), "--at")), "--at");
  EXPECT_TRUE(AsUsage(absl::OkStatus()).ok());
}

TEST(MessageText, SaysInOneLineWhatBecameOfIt) {
  messages::v1::Message message;
  message.set_message_id("msg_1");
  message.set_channel(messages::v1::MESSAGE_CHANNEL_EMAIL);
  message.set_sentence("It waits until 2026-11-29 08:00 UTC: it is night where the member lives.");
  EXPECT_EQ(MessageText(message),
            "email: It waits until 2026-11-29 08:00 UTC: it is night where the member lives. "
            "(msg_1)");
  message.set_sentence("It went to e-mail on 2026-11-29 08:00 UTC.");
  message.set_template_version(2);
  message.set_language("de");
  message.set_variant(1);
  message.set_delivery("dead");
  EXPECT_EQ(MessageText(message),
            "email: It went to e-mail on 2026-11-29 08:00 UTC. Wording 2 in de. The mail: dead. "
            "(msg_1)");
}

TEST(Progress, DrawsWhatIsDoneAndWhatIsLeft) {
  using std::chrono::milliseconds;
  EXPECT_EQ(Progress::Draw("Importing", "orders", 1, 2, 34'829, milliseconds(5'000)),
            "Importing [==============              ]  50%  34,829 orders  6 s left");
  EXPECT_EQ(Progress::Draw("Importing", "orders", 2, 2, 9, milliseconds(5'000)),
            "Importing [============================] 100%  9 orders");
  EXPECT_EQ(Progress::Draw("Importing", "orders", 0, 0, 0, milliseconds(0)),
            "Importing [                            ]   0%  0 orders");
}

TEST(Values, ReadAsPeopleWriteThem) {
  type::v1::Birthday birthday;
  birthday.set_month(2);
  birthday.set_day(29);
  EXPECT_EQ(FormatBirthday(birthday), "29 February");
  birthday.set_year(1988);
  EXPECT_EQ(FormatBirthday(birthday), "29 February 1988");
  const absl::Time before_1970 = absl::FromUnixSeconds(-1) + absl::Milliseconds(250);
  EXPECT_EQ(ToProto(before_1970).seconds(), -1);
  EXPECT_EQ(ToProto(before_1970).nanos(), 250'000'000);
  EXPECT_EQ(FromProto(ToProto(before_1970)), before_1970);
}

}  // namespace
}  // namespace gratis::cli
