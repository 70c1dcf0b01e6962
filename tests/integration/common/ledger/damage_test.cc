#include "absl/strings/str_cat.h"
#include "tests/integration/common/ledger/lively.h"

// Damage beside the journal is named with its place, once.
namespace gratis::ledger::testing {
namespace damage_test {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Plant {
  std::string name;
  std::string script;
  std::string check;
  std::string says;  // part of the description
  int32_t partition = 1;
  size_t most = 2;  // findings for one damaged place
};

void PrintTo(const Plant& plant, std::ostream* out) { *out << plant.name; }

class PlantedBesideTheJournal : public Lively, public ::testing::WithParamInterface<Plant> {};

TEST_P(PlantedBesideTheJournal, IsNamedWithItsPlace) {
  ExpectSoundBooks();
  database_.Execute(
      absl::StrCat("SET session_replication_role = replica;"
                   "ALTER TABLE ledger.lot DROP CONSTRAINT lot_check, DROP CONSTRAINT lot_check1;",
                   GetParam().script));
  for (const int page_rows : {5'000, 2}) {
    const Verification found = Verify(GetParam().partition, page_rows);
    std::string all;
    for (const Damage& d : found.damages) absl::StrAppend(&all, d.check, ": ", d.description, "\n");
    EXPECT_THAT(found.damages,
                Contains(AllOf(Field(&Damage::check, GetParam().check),
                               Field(&Damage::description, HasSubstr(GetParam().says)))))
        << all;
    EXPECT_LE(found.damages.size(), GetParam().most) << all;
  }
}

const Plant kPlants[] = {
    {"LotOfMorePoints",
     "UPDATE ledger.lot SET available = available + 1, points = points + 1 WHERE partition = 1 AND"
     " open AND available > 0 AND unit = 2",
     "lot", "; the journal makes it of mem_"},
    {"LotThatLivesLonger",
     "UPDATE ledger.lot SET expires_at = expires_at + interval '1 day' WHERE partition = 1 AND"
     " unit = 2",
     "lot", "until "},
    {"LotHidden", "UPDATE ledger.lot SET open = false WHERE partition = 1 AND unit = 2", "lot",
     "(closed); the journal"},
    {"LotGone", "DELETE FROM ledger.lot WHERE partition = 1 AND unit = 2", "lot", "is gone"},
    {"WalletThatLooksTooLate",
     "UPDATE ledger.wallet SET next_due = 'infinity' WHERE partition = 1 AND unit = 2", "wallet",
     "and something is due at"},
    {"WalletThatLooksTooEarly",
     "UPDATE ledger.wallet SET next_due = '2001-01-01' WHERE partition = 1 AND unit = 2", "wallet",
     "and nothing of it ever was, then"},
    {"WalletThatAlwaysLooks",
     "UPDATE ledger.wallet SET next_due = '-infinity' WHERE partition = 1 AND unit = 2", "wallet",
     "looks for what is due at"},
    {"WalletWithoutItsDebt", "UPDATE ledger.wallet SET debt = 0 WHERE partition = 1 AND debt < 0",
     "wallet", "debt 0"},
    {"CoverForgotten",
     "DELETE FROM ledger.cover WHERE ctid = (SELECT min(ctid) FROM ledger.cover WHERE partition ="
     " 1)",
     "cover", "by the journal, and that is not stored"},
    {"CoverRaised",
     "UPDATE ledger.cover SET points = points + 1 WHERE ctid = (SELECT min(ctid) FROM ledger.cover"
     " WHERE partition = 1)",
     "cover", "the journal makes it"},
    {"CoverMadeUp", "INSERT INTO ledger.cover VALUES (1, 3, 77, 0)", "cover", "owes 0 to lot 77"},
    {"HoldOfMore", "UPDATE ledger.hold SET points = points + 1 WHERE points = 55", "hold",
     "56 points placed"},
    {"HoldReopened", "UPDATE ledger.hold SET open = true WHERE points = 5", "hold", "(open)"},
    {"HoldGone", "DELETE FROM ledger.hold WHERE points = 7", "hold", "is gone", 1, 3},
    {"PinMoved", "UPDATE ledger.pin SET lot = lot + 1000 WHERE points > 0", "hold", "pins", 1, 3},
    {"PinGone", "DELETE FROM ledger.pin WHERE points = 0", "hold", "pins", 1, 4},
    {"VoucherForMore", "UPDATE ledger.voucher SET basis_points = 10000 WHERE basis_points = 1000",
     "voucher", "\"basis_points\":10000"},
    {"VoucherOfAnother",
     "UPDATE ledger.voucher SET member = gen_random_uuid() WHERE basis_points = 1000", "voucher",
     "it was issued to"},
    {"VoucherGone", "DELETE FROM ledger.voucher WHERE basis_points = 0", "voucher", "is gone"},
    {"AdjustmentHidden", "UPDATE ledger.adjustment SET open = false WHERE open", "adjustment",
     "the journal says that it waits"},
    {"AdjustmentThatWaitsAgain", "UPDATE ledger.adjustment SET open = true", "adjustment",
     "the journal says that it is resolved", 1, 2},
    {"AdjustmentGone", "DELETE FROM ledger.adjustment WHERE open", "adjustment", "is gone"},
    {"AdjustmentMadeUp",
     "INSERT INTO ledger.adjustment SELECT 1, gen_random_uuid(), seq, asked_at, true FROM"
     " ledger.adjustment WHERE open",
     "adjustment", "no fact asked for"},
    {"UnitThatForgives", "UPDATE ledger.unit SET clawback = 2 WHERE number = 2", "unit",
     "it was set to"},
    {"UnitGone", "DELETE FROM ledger.unit WHERE number = 2", "unit", "the unit 2 is gone"},
    {"UnitMadeUp",
     "INSERT INTO ledger.unit SELECT 2, 3, 1, 'gold', display_name, expiry, expiry_months,"
     " expiry_month, expiry_day, rounding, clawback, transferable, adjust_limit, max_hold_hours,"
     " return_grace_days FROM ledger.unit WHERE number = 2",
     "unit", "no fact set the unit 3"},
    {"PointsMadeUpAsAProgramBeginsWithThem",
     "INSERT INTO ledger.unit VALUES (1, 1, 0, 'points', 'Points', 1, 0, 0, 0, 1, 1, false, 0, 720,"
     " 0)",
     "unit", "no fact set the unit 1", 0},
    {"BudgetRaised", "UPDATE ledger.budget SET limit_points = 2000 WHERE code = 'gifts'", "budget",
     "\"limit\":2000"},
    {"BudgetSpentLess", "UPDATE ledger.budget SET spent = 0 WHERE code = 'gifts'", "budget",
     "counts 0 spent, its partitions make it 40"},
    {"DrawHidden", "UPDATE ledger.budget_draw SET spent = spent - 1 WHERE spent = 40", "budget",
     "counts 39 spent here, the journal makes it 40"},
    {"AllocationOnAnotherLot",
     "UPDATE ledger.allocation SET debit_lot = debit_lot + 1 WHERE ctid = (SELECT min(ctid) FROM"
     " ledger.allocation WHERE partition = 1)",
     "chain", "does not follow", 1, 9},
    {"AllocationOutOfPlace",
     "UPDATE ledger.allocation SET ordinal = ordinal + 1 WHERE ctid = (SELECT min(ctid) FROM"
     " ledger.allocation WHERE partition = 1)",
     "allocation", "there is an allocation 2 of row"},
    {"HeadThatCountsLess", "UPDATE ledger.head SET requests = requests - 1 WHERE partition = 4",
     "head", "the head's seal does not fit", 4},
    {"RequestForgotten",
     "DELETE FROM ledger.request WHERE program = 2 AND partition = 4 AND number = 2", "request",
     "request 2 of partition 4 is missing"},
    {"RequestsForgotten",
     "DELETE FROM ledger.request WHERE program = 2 AND partition = 1 AND number BETWEEN 3 AND 5",
     "request", "requests 3 to 5 of partition 1 are missing"},
    {"LastRequestForgottenWithItsCount",
     "DELETE FROM ledger.request WHERE program = 2 AND partition = 4 AND number ="
     " (SELECT requests FROM ledger.head WHERE partition = 4);"
     "UPDATE ledger.head SET requests = requests - 1 WHERE partition = 4",
     "head", "the head's seal does not fit", 4},
    {"CountTakenBack", "UPDATE ledger.head SET requests = 1 WHERE partition = 4", "request",
     "the head of partition 4 counts 1 requests, and there is one of number"},
    {"OtherAnswer",
     "UPDATE ledger.request SET answer = 'x' WHERE program = 2 AND partition = 4 AND number = 2",
     "request", "number 2 of partition 4, was changed or put in"},
    {"RequestMadeUp",
     "INSERT INTO ledger.request SELECT program, 'new', fingerprint, answer, partition,"
     " recorded_at, number, seal FROM ledger.request WHERE partition = 4 AND number = 2",
     "request", "the request \"new\", number 2 of partition 4, was changed or put in"},
    {"RequestTwice",
     "ALTER TABLE ledger.request DROP CONSTRAINT request_pkey;"
     "INSERT INTO ledger.request SELECT * FROM ledger.request WHERE partition = 4 AND number = 2",
     "request", "number 2 of partition 4, is there twice"},
    {"RequestOfAnotherProgram",
     "UPDATE ledger.request SET program = 77 WHERE partition = 4 AND number = 2", "foreign",
     "table request has a row of program 77", 0},
    {"NameThatLeadsElsewhere",
     "UPDATE ledger.directory SET id = gen_random_uuid() WHERE partition = 4", "name",
     "was changed or put in"},
    {"NameForgotten", "DELETE FROM ledger.directory WHERE partition = 4", "name",
     "name 1 of partition 4 is missing"},
    {"WalletOfNoPartition", "UPDATE ledger.wallet SET partition = 99 WHERE partition = 4",
     "foreign", "table wallet has a row of partition 99", 0},
    {"ProgramInAnotherZone", "UPDATE ledger.program SET time_zone = 'Asia/Tokyo' WHERE number = 2",
     "program", "\"time_zone\":\"Asia/Tokyo\"", 0},
    {"ProgramMadeUp",
     "INSERT INTO ledger.program VALUES (3, 'more', 'More', 'EUR', 'UTC', 9, 1, now())", "program",
     "no fact made program 3", 0},
    {"ProgramGone", "DELETE FROM ledger.program WHERE number = 2", "program",
     "there are programs up to 1; up to 2 were made", 0, 99},
    {"HouseRenamed", "UPDATE ledger.program SET display_name = 'Ours' WHERE number = 1", "program",
     "the house's program is not as it was made", 0},
};

INSTANTIATE_TEST_SUITE_P(All, PlantedBesideTheJournal, ::testing::ValuesIn(kPlants),
                         [](const auto& plant) { return plant.param.name; });

}  // namespace
}  // namespace damage_test
}  // namespace gratis::ledger::testing
