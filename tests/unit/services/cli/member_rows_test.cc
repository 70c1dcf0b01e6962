#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "common/base/civil.h"
#include "common/status/reasons.h"
#include "services/cli/json.h"
#include "services/cli/member_export.h"
#include "services/cli/member_file.h"
#include "services/cli/member_row.h"
#include "services/cli/preference_words.h"
#include "services/cli/proto_values.h"
#include "tests/unit/services/cli/temp_file.h"

namespace gratis::cli {
namespace member_rows_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
namespace v1 = members::v1;

MemberDefaults Defaults() { return {.source = "crm", .wording = "", .zone = absl::UTCTimeZone()}; }

MemberTexts Texts(std::initializer_list<std::pair<MemberColumn, std::string>> given) {
  MemberTexts texts;
  for (const auto& [column, text] : given) texts[static_cast<size_t>(column)] = text;
  return texts;
}

struct Read {
  std::vector<MemberRow> rows;
  int64_t rejected = 0;
  std::string rejects;
};

Read ReadAllOf(const TempFile& temp, MemberFormat format,
               const std::map<std::string, std::string>& mapping = {}) {
  Read read;
  absl::StatusOr<MemberFile> file = MemberFile::Open(temp.path(), format, ',', mapping);
  EXPECT_TRUE(file.ok()) << file.status();
  if (!file.ok()) return read;
  const auto rejects = file->MakeRejects(temp.Beside("rejects"));
  MemberRow row;
  while (file->Next(Defaults(), *rejects, row)) read.rows.push_back(row);
  EXPECT_TRUE(rejects->Close().ok());
  EXPECT_EQ(file->position(), file->size());
  read.rejected = rejects->count();
  read.rejects = ReadAll(temp.Beside("rejects"));
  return read;
}

TEST(Lists, AreSplitAsTheyWereJoined) {
  EXPECT_THAT(SplitList(""), IsEmpty());
  EXPECT_THAT(SplitList("a"), ElementsAre("a"));
  EXPECT_THAT(SplitList("a|b c|"), ElementsAre("a", "b c", ""));
  EXPECT_THAT(SplitList(R"(a\|b\\|c\d)"), ElementsAre("a|b\\", "c\\d"));
  const std::vector<std::string> items = {"|", "\\", "\\|", "x"};
  EXPECT_EQ(SplitList(JoinList(items)), items);
}

TEST(MemberRow, IsWhatTheTextsSay) {
  const auto row = ReadMember(
      Texts({{MemberColumn::kExternalId, "77|webshop:A:1"},
             {MemberColumn::kEmail, "ann@example.org"},
             {MemberColumn::kBirthday, "1980-02-29"},
             {MemberColumn::kEnrolledAt, "2020-01-31"},
             {MemberColumn::kConsents, "marketing/email@v2|-surveys@v2|profiling@v1 2021-01-01"},
             {MemberColumn::kPreferences, "seat:choice=aisle"},
             {MemberColumn::kSegments, "press|founder since 1999-12-31 until 2040-01-01"}}),
      Defaults());
  ASSERT_TRUE(row.ok()) << row.status();
  const v1::Profile& profile = row->enrollment.profile();
  ASSERT_EQ(profile.external_ids_size(), 2);
  EXPECT_EQ(profile.external_ids(0).source(), "crm");
  EXPECT_EQ(profile.external_ids(1).source(), "webshop");
  EXPECT_EQ(profile.external_ids(1).id(), "A:1");
  EXPECT_EQ(profile.birthday().year(), 1980);
  ASSERT_THAT(row->consents, SizeIs(2));  // by when and to which words
  EXPECT_EQ(row->consents[0].decisions_size(), 2);
  EXPECT_EQ(row->consents[0].decided_at().seconds(), row->enrollment.enrolled_at().seconds());
  EXPECT_EQ(row->consents[1].wording_version(), "v1");
  EXPECT_GT(row->consents[1].decided_at().seconds(), row->enrollment.enrolled_at().seconds());
  ASSERT_TRUE(row->preferences);
  EXPECT_EQ(row->preferences->set(0).choice(), "aisle");
  ASSERT_TRUE(row->segments);
  EXPECT_EQ(row->segments->add(0).segment(), "press");
  EXPECT_FALSE(row->segments->add(0).has_since());
  EXPECT_EQ(row->segments->add(1).segment(), "founder");
  EXPECT_EQ(row->segments->add(1).since().seconds(), 946'598'400);    // as the day begins
  EXPECT_EQ(row->segments->add(1).until().seconds(), 2'209'075'200);  // as it is over
  EXPECT_THAT(row->segments->request_id(), testing::StartsWith("import:crm:segment:"));
}

TEST(MemberRow, TodayIsNowWhileItsNoonIsAhead) {
  MemberDefaults defaults = Defaults();
  defaults.now = absl::FromCivil(absl::CivilHour(2026, 11, 30, 7), defaults.zone);
  const auto read = [&](const std::string& day) {
    return *ReadMember(Texts({{MemberColumn::kExternalId, "77"},
                              {MemberColumn::kEnrolledAt, day},
                              {MemberColumn::kConsents, "marketing/email@v2 " + day}}),
                       defaults);
  };
  const MemberRow today = read("2026-11-30");
  EXPECT_FALSE(today.enrollment.has_enrolled_at());
  EXPECT_FALSE(today.consents[0].has_decided_at());
  const MemberRow before = read("2026-11-29");
  EXPECT_EQ(base::FormatTime(FromProto(before.enrollment.enrolled_at())),
            "2026-11-29T12:00:00.000000Z");
  EXPECT_TRUE(before.consents[0].has_decided_at());
}

TEST(MemberRow, WhatTheySaidTodayIsTheSameInTheAfternoon) {
  const auto read = [](int hour, const std::string& enrolled, const std::string& said) {
    MemberDefaults defaults = Defaults();
    defaults.now = absl::FromCivil(absl::CivilHour(2026, 11, 30, hour), defaults.zone);
    return *ReadMember(
        Texts({{MemberColumn::kExternalId, "77"},
               {MemberColumn::kEnrolledAt, enrolled},
               {MemberColumn::kConsents, "marketing/email@v2" + said + "|objection" + said}}),
        defaults);
  };
  // In their own words, and as of their enrollment.
  for (const auto& [enrolled, said] :
       {std::pair("", " 2026-11-30"), std::pair("2020-01-31", " 2026-11-30"),
        std::pair("2026-11-30", "")}) {
    const MemberRow morning = read(8, enrolled, said);
    const MemberRow afternoon = read(14, enrolled, said);
    EXPECT_FALSE(morning.consents[0].has_decided_at());
    EXPECT_TRUE(afternoon.consents[0].has_decided_at());
    EXPECT_EQ(morning.consents[0].request_id(), afternoon.consents[0].request_id());
    EXPECT_FALSE(morning.objection->has_decided_at());
    EXPECT_TRUE(afternoon.objection->has_decided_at());
    EXPECT_EQ(morning.objection->request_id(), afternoon.objection->request_id());
  }
  EXPECT_NE(read(8, "", " 2026-11-30").consents[0].request_id(),
            read(8, "", " 2026-11-29").consents[0].request_id());
}

TEST(MemberRow, RequestIdsAreMadeOfWhatItSays) {
  const auto read = [](const std::string& id, const std::string& email,
                       const std::string& consents) {
    return *ReadMember(Texts({{MemberColumn::kExternalId, id},
                              {MemberColumn::kEmail, email},
                              {MemberColumn::kConsents, consents}}),
                       Defaults());
  };
  const MemberRow row = read("77", "a@b.c", "profiling@v1");
  const MemberRow same = read("77", "a@b.c", "profiling@v1");
  EXPECT_EQ(row.enrollment.request_id(), same.enrollment.request_id());
  EXPECT_EQ(row.consents[0].request_id(), same.consents[0].request_id());
  EXPECT_THAT(row.enrollment.request_id(), testing::MatchesRegex("import:crm:member:[0-9a-f]{20}"));
  // Mended in what they said, it is the same enrollment and another saying.
  const MemberRow mended = read("77", "a@b.c", "profiling@v2");
  EXPECT_EQ(row.enrollment.request_id(), mended.enrollment.request_id());
  EXPECT_NE(row.consents[0].request_id(), mended.consents[0].request_id());
  EXPECT_NE(row.enrollment.request_id(), read("77", "x@b.c", "").enrollment.request_id());
  EXPECT_NE(read("", "a@b.c", "").enrollment.request_id(),
            read("", "x@b.c", "").enrollment.request_id());
}

TEST(MemberRow, WhatCannotBeReadIsRefusedByItsColumn) {
  const struct {
    MemberColumn column;
    const char* text;
    Reason reason;
    const char* field;
  } cases[] = {
      {MemberColumn::kName, "Ann", Reason::kFieldMissing, "external_id"},
      {MemberColumn::kBirthday, "30.2.", Reason::kInvalidDate, "birthday"},
      {MemberColumn::kEnrolledAt, "soon", Reason::kInvalidDate, "enrolled_at"},
      {MemberColumn::kEnrolledAt, "infinite-past", Reason::kInvalidDate, "enrolled_at"},
      {MemberColumn::kConsents, "everything", Reason::kFieldInvalid, "consents"},
      {MemberColumn::kConsents, "marketing/drum", Reason::kFieldInvalid, "consents"},
      {MemberColumn::kConsents, "profiling@v1 soon", Reason::kInvalidDate, "consents"},
      {MemberColumn::kConsents, "objection soon", Reason::kInvalidDate, "consents"},
      {MemberColumn::kConsents, "objection|objection", Reason::kFieldInvalid, "consents"},
      {MemberColumn::kMemberState, "deceased", Reason::kFieldInvalid, "member_state"},
      {MemberColumn::kMemberState, "merged", Reason::kFieldInvalid, "member_state"},
      {MemberColumn::kPreferences, "window", Reason::kFieldInvalid, "preferences"},
      {MemberColumn::kPreferences, "size:number=big", Reason::kFieldInvalid, "preferences"},
      {MemberColumn::kSegments, "press corps", Reason::kFieldInvalid, "segments"},
      {MemberColumn::kSegments, "press until then", Reason::kInvalidDate, "segments"},
  };
  for (const auto& c : cases) {
    MemberTexts texts = Texts({{c.column, c.text}});
    if (c.reason != Reason::kFieldMissing) texts[0] = "77";
    const absl::Status status = ReadMember(texts, Defaults()).status();
    EXPECT_EQ(ReasonOf(status), c.reason) << c.text << status;
    EXPECT_EQ(FieldOf(status), c.field) << c.text;
  }
}

TEST(MemberFile, CsvIsReadByItsHeader) {
  const TempFile temp(
      "Name,Nr,E-Mail\n\"Ann, the first\",77,ann@example.org\nBob,78\nCleo,,\n\"Dan\",79,\n");
  const Read read = ReadAllOf(temp, MemberFormat::kCsv, {{"external_id", "nr"}, {"name", "Name"}});
  ASSERT_THAT(read.rows, SizeIs(2));
  EXPECT_EQ(read.rows[0].enrollment.profile().greeting_name(), "Ann, the first");
  EXPECT_EQ(read.rows[0].enrollment.profile().email(), "");  // "E-Mail" is not "email"
  EXPECT_EQ(read.rows[1].line, 5);
  EXPECT_EQ(read.rejected, 2);
  EXPECT_THAT(read.rejects, HasSubstr("Name,Nr,E-Mail,line,reason,message\n"));
  EXPECT_THAT(read.rejects, HasSubstr("Cleo,,,4,FIELD_MISSING,"));

  const TempFile other("Nr\n77\n");
  EXPECT_EQ(ReasonOf(MemberFile::Open(other.path(), MemberFormat::kCsv, ',', {}).status()),
            Reason::kFieldMissing);
  EXPECT_EQ(
      ReasonOf(MemberFile::Open(other.path(), MemberFormat::kCsv, ',', {{"id", "Nr"}}).status()),
      Reason::kFieldInvalid);
}

TEST(MemberFile, JsonLinesAreReadByTheirKeys) {
  const TempFile temp(R"({"external_id": ["crm:1", "a|b:2"], "name": "Ann", "extra": null}
{"external_id": 77, "preferences": "seat=x|hat=y"}

{"external_id": "78", "name": {"first": "Bob"}}
nonsense
{ }
{"external_id": 12345678901234567890}
)");
  const Read read = ReadAllOf(temp, MemberFormat::kJsonLines);
  ASSERT_THAT(read.rows, SizeIs(2));
  EXPECT_EQ(read.rows[0].enrollment.profile().external_ids(1).source(), "a|b");
  EXPECT_EQ(read.rows[1].enrollment.profile().external_ids(0).id(), "77");
  EXPECT_EQ(read.rows[1].preferences->set_size(), 2);
  EXPECT_EQ(read.rejected, 4);
  EXPECT_THAT(read.rejects, HasSubstr(R"({"first": "Bob"},"line":4,"reason":"FIELD_INVALID",)"));
  EXPECT_THAT(read.rejects, HasSubstr(R"("text":"nonsense"})"));
  EXPECT_THAT(read.rejects, HasSubstr(R"({"line":6,"reason":"FIELD_MISSING",)"));
  EXPECT_THAT(read.rejects, HasSubstr(R"("line":7,"reason":"FIELD_INVALID",)"));

  // Mended there, they are imported from there.
  const TempFile mended(R"({"external_id":"78","name":"Bob","line":4,"reason":"X","message":"y"})");
  EXPECT_THAT(ReadAllOf(mended, MemberFormat::kJsonLines).rows, SizeIs(1));
  const TempFile endless("{\"external_id\":\"" + std::string(100'000, 'x') +
                         "\"}\n{\"email\":\"a\"}");
  EXPECT_THAT(ReadAllOf(endless, MemberFormat::kJsonLines).rows, SizeIs(1));
}

TEST(MemberExport, WritesWhatIsReadAgain) {
  v1::ExportedMember member;
  member.mutable_member()->set_member_id("mem_1");
  v1::Profile& profile = *member.mutable_member()->mutable_profile();
  for (const char* id : {"1", "b|c"}) {
    profile.add_external_ids()->set_source("crm");
    profile.mutable_external_ids()->rbegin()->set_id(id);
  }
  profile.set_greeting_name("Ann \"the\" first, née B");
  profile.mutable_birthday()->set_month(2);
  profile.mutable_birthday()->set_day(29);
  member.mutable_member()->mutable_enrolled_at()->set_seconds(1'600'000'000);
  v1::Consent& consent = *member.add_consents();
  consent.set_purpose(v1::CONSENT_PURPOSE_SURVEYS);
  consent.set_channel(v1::CONSENT_CHANNEL_SMS);
  consent.set_state(v1::CONSENT_STATE_WITHDRAWN);
  consent.mutable_decided_at()->set_seconds(1'650'000'000);
  v1::Preference& preference = *member.add_preferences()->mutable_preference();
  preference.set_key("wedding");
  preference.mutable_day()->set_year(2027);
  preference.mutable_day()->set_month(6);
  preference.mutable_day()->set_day(12);
  v1::SegmentMark& press = *member.mutable_member()->add_segments();
  press.set_segment("press");
  press.mutable_since()->set_seconds(1'600'000'000);
  press.mutable_until()->set_seconds(1'900'000'000);
  member.mutable_member()->add_segments()->set_segment("vip");
  for (const MemberFormat format : {MemberFormat::kCsv, MemberFormat::kJsonLines}) {
    const std::string header = format == MemberFormat::kCsv ? MemberHeader() : "";
    const TempFile temp(header + MemberLine(member, format));
    const Read read = ReadAllOf(temp, format);
    ASSERT_THAT(read.rows, SizeIs(1)) << read.rejects;
    const MemberRow& row = read.rows[0];
    EXPECT_EQ(ToJson(row.enrollment.profile()), ToJson(profile));
    EXPECT_EQ(row.enrollment.enrolled_at().seconds(), 1'600'000'000);
    EXPECT_EQ(row.consents[0].decided_at().seconds(), 1'650'000'000);
    EXPECT_EQ(row.consents[0].decisions(0).state(), v1::CONSENT_STATE_WITHDRAWN);
    EXPECT_EQ(ToJson(row.preferences->set(0)), ToJson(preference));
    ASSERT_EQ(row.segments->add_size(), 2);
    EXPECT_EQ(ToJson(row.segments->add(0)), ToJson(press));
    EXPECT_EQ(ToJson(row.segments->add(1)), ToJson(member.member().segments(1)));
  }
}

TEST(MemberExport, OfWhoIsNotActiveNobodyIsMadeAgain) {
  v1::ExportedMember member;
  member.mutable_member()->set_member_id("mem_1");
  member.mutable_member()->mutable_profile()->set_email("ann@example.org");
  for (const MemberFormat format : {MemberFormat::kCsv, MemberFormat::kJsonLines}) {
    std::string lines = format == MemberFormat::kCsv ? MemberHeader() : "";
    for (int state = v1::MEMBER_STATE_ACTIVE; state <= v1::MEMBER_STATE_MERGED; ++state) {
      member.mutable_member()->set_state(static_cast<v1::MemberState>(state));
      member.set_merged_into(state == v1::MEMBER_STATE_MERGED ? "mem_2" : "");
      lines += MemberLine(member, format);
    }
    EXPECT_THAT(lines, HasSubstr("earn-only"));
    EXPECT_THAT(lines, HasSubstr("mem_2"));
    const Read read = ReadAllOf(TempFile(lines), format);
    EXPECT_THAT(read.rows, SizeIs(1));
    EXPECT_EQ(read.rejected, v1::MEMBER_STATE_MERGED - v1::MEMBER_STATE_ACTIVE);
    EXPECT_THAT(read.rejects, HasSubstr("leave the row out"));
  }
}

TEST(MemberExport, AnObjectionStaysOne) {
  v1::ExportedMember member;
  member.mutable_member()->mutable_profile()->set_email("ann@example.org");
  member.mutable_member()->mutable_enrolled_at()->set_seconds(1'600'000'000);
  const auto said = [&member](v1::ConsentPurpose purpose, v1::ConsentState state, bool objection,
                              int64_t seconds) {
    v1::Consent& consent = *member.add_consents();
    consent.set_purpose(purpose);
    consent.set_state(state);
    consent.set_objection(objection);
    consent.set_wording_version(objection ? "" : "v1");
    consent.mutable_decided_at()->set_seconds(seconds);
  };
  said(v1::CONSENT_PURPOSE_PROFILING, v1::CONSENT_STATE_GRANTED, false, 1'700'000'000);
  said(v1::CONSENT_PURPOSE_THIRD_PARTIES, v1::CONSENT_STATE_WITHDRAWN, true, 1'650'000'001);
  said(v1::CONSENT_PURPOSE_MARKETING, v1::CONSENT_STATE_WITHDRAWN, true, 1'650'000'000);
  const Read read = ReadAllOf(TempFile(MemberHeader() + MemberLine(member, MemberFormat::kCsv)),
                              MemberFormat::kCsv);
  ASSERT_THAT(read.rows, SizeIs(1)) << read.rejects;
  const MemberRow& row = read.rows[0];
  ASSERT_TRUE(row.objection);
  EXPECT_EQ(row.objection->decided_at().seconds(), 1'650'000'000);
  EXPECT_THAT(row.objection->request_id(), testing::StartsWith("import:crm:objection:"));
  ASSERT_THAT(row.consents, SizeIs(1));  // what they said yes to since
  ASSERT_EQ(row.consents[0].decisions_size(), 1);
  EXPECT_EQ(row.consents[0].decisions(0).state(), v1::CONSENT_STATE_GRANTED);
}

TEST(MemberExport, GoesOnWhereItStopped) {
  const TempFile temp("");
  const std::string path = temp.Beside("out.jsonl");
  v1::ExportMembersResponse message;
  message.add_members()->mutable_member()->set_member_id("mem_1");
  message.set_cursor("3/mem_1");
  {
    auto first = MemberExport::Open(path, MemberFormat::kJsonLines);
    ASSERT_TRUE(first.ok()) << first.status();
    EXPECT_EQ(first->cursor(), "");
    ASSERT_TRUE(first->Add(message).ok());
  }
  const std::string whole = ReadAll(path);
  std::ofstream(path, std::ios::app) << "{\"half\":";  // killed while writing
  {
    auto second = MemberExport::Open(path, MemberFormat::kJsonLines);
    EXPECT_EQ(second->cursor(), "3/mem_1");
    EXPECT_EQ(second->members(), 1);
    ASSERT_TRUE(second->Add(message).ok());
    ASSERT_TRUE(second->Finish().ok());
  }
  EXPECT_EQ(ReadAll(path), whole + whole);
  auto anew = MemberExport::Open(path, MemberFormat::kJsonLines);
  EXPECT_EQ(anew->cursor(), "");
  EXPECT_EQ(ReadAll(path), "");
}

TEST(PreferenceWords, SayKindAndValue) {
  for (const char* text :
       {"station=Swiss = Jazz", "size:number=-41", "wrap:flag=no", "seat:choice=window",
        "wedding:day=2027-06-12", "no_celebrations:text=maybe"}) {
    const auto preference = ParsePreference(text, "PREFERENCE");
    ASSERT_TRUE(preference.ok()) << preference.status();
    EXPECT_EQ(PreferenceText(*preference), text);
  }
  EXPECT_TRUE(ParsePreference("no_celebrations=yes", "PREFERENCE")->flag());
  for (const char* text : {"seat", "a:b=c", "a:flag=true", "a:day=2027-02-29"}) {
    EXPECT_FALSE(ParsePreference(text, "PREFERENCE").ok()) << text;
  }
}

}  // namespace
}  // namespace member_rows_test
}  // namespace gratis::cli
