#include "common/valid_text.h"

#include <gtest/gtest.h>

#include "edgebench/v1/result.pb.h"

namespace edgebench {
namespace {

constexpr char kBad[] = "\xEF\xBF\xBD";

TEST(ValidUtf8, LeavesWellFormedTextAlone) {
  for (const char* text : {"", "plain", "µs ± 3 %", "\xE2\x82\xAC", "\xF0\x9F\x98\x80",
                           "\xED\x9F\xBF", "\xEE\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_EQ(ValidUtf8(text), text);
  }
  EXPECT_EQ(ValidUtf8(absl::string_view("a\0b", 3)), std::string("a\0b", 3));
}

TEST(ValidUtf8, ReplacesEachByteThatBelongsToNoCharacter) {
  EXPECT_EQ(ValidUtf8("a\xFF"
                      "b"),
            std::string("a") + kBad + "b");
  EXPECT_EQ(ValidUtf8("\x80\xBF"), std::string(kBad) + kBad);
  EXPECT_EQ(ValidUtf8("\xC2"), kBad) << "cut off";
  EXPECT_EQ(ValidUtf8("\xE2\x82"), std::string(kBad) + kBad) << "cut off";
  EXPECT_EQ(ValidUtf8("\xE2\x82z"), std::string(kBad) + kBad + "z");
  EXPECT_EQ(ValidUtf8("\xF0\x9F\x98z"), std::string(kBad) + kBad + kBad + "z");
}

TEST(ValidUtf8, ReplacesOverlongFormsSurrogatesAndWhatIsAboveUnicode) {
  for (const char* text : {"\xC0\x80", "\xC1\xBF"}) {
    EXPECT_EQ(ValidUtf8(text), std::string(kBad) + kBad);
  }
  for (const char* text : {"\xE0\x9F\xBF", "\xED\xA0\x80", "\xED\xBF\xBF"}) {
    EXPECT_EQ(ValidUtf8(text), std::string(kBad) + kBad + kBad);
  }
  for (const char* text : {"\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80"}) {
    EXPECT_EQ(ValidUtf8(text), std::string(kBad) + kBad + kBad + kBad);
  }
}

TEST(MakeTextValid, MakesAMessageReadableWhereverItsTextWasBroken) {
  v1::JobResult result;
  result.set_log_tail("cut \xE2\x82");
  result.add_notes("\xFF");
  result.mutable_settings()->mutable_model()->set_display_name("r\xE9sum\xE9.pt");
  result.mutable_coverage()->add_skipped()->set_reason("\xFE");
  result.mutable_latency()->add_measured_ns(5);
  ASSERT_FALSE(v1::JobResult().ParseFromString(result.SerializeAsString()));
  MakeTextValid(result);
  v1::JobResult read;
  ASSERT_TRUE(read.ParseFromString(result.SerializeAsString()));
  EXPECT_EQ(read.log_tail(), std::string("cut ") + kBad + kBad);
  EXPECT_EQ(read.notes(0), kBad);
  EXPECT_EQ(read.settings().model().display_name(), std::string("r") + kBad + "sum" + kBad + ".pt");
  EXPECT_EQ(read.coverage().skipped(0).reason(), kBad);
  EXPECT_EQ(read.latency().measured_ns(0), 5);
}

}  // namespace
}  // namespace edgebench
