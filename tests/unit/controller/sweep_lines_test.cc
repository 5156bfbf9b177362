#include "controller/report/sweep_lines.h"

#include <gtest/gtest.h>

#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "controller/ascii_output.h"
#include "controller/report/sparkline.h"
#include "tests/unit/controller/fixtures.h"

namespace edgebench::controller {
namespace {

CellReport Measured(int batch, std::optional<double> median_ms,
                    v1::Precision precision = v1::PRECISION_FP32) {
  CellReport report;
  report.device = "local";
  report.cell.settings = SettingsOf("resnet18", precision, batch);
  if (median_ms)
    report.measurement =
        MeasurementFrom(MakeResult(report.cell.settings, SamplesAround(*median_ms)));
  return report;
}

TEST(Sparkline, IsAsHighAsItsValuesFromZero) {
  EXPECT_EQ(Sparkline({1.0, 2.0, 4.0, 8.0}), "▁▂▄█");
  EXPECT_EQ(Sparkline({5.0, 5.0}), "██");
  EXPECT_EQ(Sparkline({1.0, std::nullopt, 8.0}), "▁×█");
  EXPECT_EQ(Sparkline({0.0, 0.0}), "▁▁");
  EXPECT_EQ(Sparkline({}), "");
}

TEST(SweepLines, ShowEachPrecisionAlongAnAxis) {
  std::vector<CellReport> reports;
  for (const int batch : {1, 2, 4, 8}) {
    reports.push_back(Measured(batch, batch * 8.0));
    reports.push_back(Measured(batch, batch == 8 ? std::nullopt : std::optional(batch * 2.0),
                               v1::PRECISION_INT8_STATIC));
  }
  EXPECT_EQ(RenderSweepLines(reports),
            "\nalong batch 1, 2, 4, 8\n"
            "  local: resnet18 fp32         ▁▂▄█  8.00 ms to 64.0 ms\n"
            "  local: resnet18 int8-static  ▂▄█×  2.00 ms to 8.00 ms\n");
}

TEST(SweepLines, NeedThreeValues) {
  EXPECT_EQ(RenderSweepLines({Measured(1, 8), Measured(2, 16)}), "");
  EXPECT_EQ(RenderSweepLines({}), "");
}

TEST(AsciiOutput, WritesOneCharacterForEach) {
  std::ostringstream stream;
  {
    AsciiOutput ascii(stream);
    stream << "8.5 µs ± 1.2 % · 2.0× ▁▄█ … 🚀 é, \xff plain" << std::flush;
  }
  EXPECT_EQ(stream.str(), "8.5 us ~ 1.2 % - 2.0x  -# . ? ?, ? plain");
  stream << "±";
  EXPECT_EQ(stream.str().substr(stream.str().size() - 2), "±") << "as before";
}

TEST(AsciiOutput, IsForLocalesWithoutUtf8) {
  const auto with = [](const char* all, const char* lang) {
    all == nullptr ? unsetenv("LC_ALL") : setenv("LC_ALL", all, 1);
    unsetenv("LC_CTYPE");
    lang == nullptr ? unsetenv("LANG") : setenv("LANG", lang, 1);
    return LocaleHasUtf8();
  };
  EXPECT_TRUE(with("C.UTF-8", nullptr));
  EXPECT_TRUE(with(nullptr, "de_DE.utf8"));
  EXPECT_FALSE(with("C", "en_US.UTF-8")) << "LC_ALL decides";
  EXPECT_FALSE(with(nullptr, "de_DE@euro"));
  EXPECT_FALSE(with(nullptr, nullptr));
}

}  // namespace
}  // namespace edgebench::controller
