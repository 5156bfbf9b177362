#include <zlib.h>

#include <cstring>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "controller/report/page/page.h"
#include "gmock/gmock.h"

namespace edgebench::controller {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kBeforeData[] =
    R"(<script id="report-data" type="application/octet-stream" data-encoding="deflate-base64">)";

// What stands in the slot of the page, up to the end of its element.
std::string Slot(const std::string& page) {
  const size_t begin = page.find(kBeforeData) + std::strlen(kBeforeData);
  return page.substr(begin, page.find('<', begin) - begin);
}

std::string Inflated(const std::string& compressed, size_t size) {
  std::string bytes(size + 1, '\0');
  uLongf inflated_size = bytes.size();
  EXPECT_EQ(uncompress(reinterpret_cast<Bytef*>(bytes.data()), &inflated_size,
                       reinterpret_cast<const Bytef*>(compressed.data()), compressed.size()),
            Z_OK);
  bytes.resize(inflated_size);
  return bytes;
}

std::string RoundTrip(const std::string& json) {
  std::string compressed;
  EXPECT_TRUE(absl::Base64Unescape(Slot(ReportPage(json)), &compressed));
  return Inflated(compressed, json.size());
}

TEST(ReportPage, GivesBackTheReportThatWasPutIn) {
  const std::string json = R"({"schema_version": 1, "measurements": []})";
  EXPECT_EQ(RoundTrip(json), json);
}

TEST(ReportPage, HoldsAReportOfAnySize) {
  EXPECT_EQ(RoundTrip(""), "");
  std::string large;
  for (int i = 0; i < 200000; ++i) absl::StrAppend(&large, i * 7919 % 100003, ",");
  EXPECT_EQ(RoundTrip(large), large);
}

TEST(ReportPage, LetsNoTextOfAReportEndItsElement) {
  const std::string hostile =
      absl::StrCat("</script><script>alert(1)</script><!--", absl::string_view("\0\xff\xfe", 3),
                   "@EDGEBENCH_REPORT_DATA@ $& \\");
  EXPECT_EQ(RoundTrip(hostile), hostile);
  const std::string slot = Slot(ReportPage(hostile));
  EXPECT_EQ(slot.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                   "0123456789+/="),
            std::string::npos);
}

TEST(ReportPage, DiffersBetweenReportsInTheSlotOnly) {
  const std::string one = ReportPage("1");
  const std::string other = ReportPage("2");
  EXPECT_NE(one, other);
  EXPECT_EQ(one.size(), other.size());
  EXPECT_EQ(one.substr(0, one.find(kBeforeData)), other.substr(0, other.find(kBeforeData)));
}

TEST(ReportPage, IsAWholePageThatLoadsNothing) {
  const std::string page = ReportPage("{}");
  EXPECT_THAT(page, StartsWith("<!doctype html>"));
  EXPECT_TRUE(absl::EndsWith(page, "</html>\n"));
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  EXPECT_THAT(page, Not(HasSubstr("@EDGEBENCH_REPORT_DATA@")));
  EXPECT_LT(page.size(), 1500000U);
}

}  // namespace
}  // namespace edgebench::controller
