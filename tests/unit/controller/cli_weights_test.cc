#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/digest.h"
#include "common/file.h"
#include "tests/unit/controller/cli_fixture.h"
#include "tests/unit/controller/fixtures.h"

namespace edgebench::controller {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class CliWeights : public Cli {
 protected:
  CliWeights() { EXPECT_TRUE(WriteFileAtomically(weights_, "tensors").ok()); }

  std::string Refusal(const std::vector<std::string>& arguments) {
    EXPECT_EQ(Run(arguments), ExitCode::kUsage);
    EXPECT_EQ(agent_.received_bytes(), 0);
    return err_;
  }

  const std::string weights_ = folder_.File("cats.pth");
};

TEST_F(CliWeights, AreSentOnceAndGoWithEveryCell) {
  std::vector<std::string> given;
  agent_.SetScript([&](const v1::JobSettings& settings) {
    given.push_back(absl::StrCat(settings.weights_name(), " ", ShortDigest(settings.weights()),
                                 settings.allow_missing_weights() ? " or random" : ""));
    return MakeResult(settings, {1, 2, 3});
  });
  const std::vector<std::string> bench = {"bench",       "resnet18",         "--processes",
                                          "1",           "--weights",        weights_,
                                          "--precision", "fp32,int8-static", "--json"};
  EXPECT_EQ(Run(bench), ExitCode::kOk) << err_;
  const std::string digest = Sha256Hex("tensors");
  const std::string expected = absl::StrCat("cats.pth ", digest.substr(0, 12));
  EXPECT_THAT(given, ElementsAre(expected, expected));
  const auto row = nlohmann::json::parse(out_)["measurements"][0];
  EXPECT_EQ(row["weights"], (nlohmann::json{{"name", "cats.pth"}, {"sha256", digest}}));
  EXPECT_EQ(Run(bench), ExitCode::kOk) << err_;
  EXPECT_EQ(agent_.received_bytes(), 7) << "the second time nothing is sent";
  EXPECT_EQ(Run({"bench", "resnet18", "--weights", weights_, "--allow-missing"}), ExitCode::kOk);
  EXPECT_EQ(given.back(), expected + " or random");
}

TEST_F(CliWeights, AreShownWhereTheyAreNotTheSameInAllRows) {
  agent_.SetScript([](const v1::JobSettings& settings) { return MakeResult(settings, {1, 2, 3}); });
  const std::string expected = absl::StrCat("cats.pth ", Sha256Hex("tensors").substr(0, 12));
  EXPECT_EQ(Run({"bench", "resnet18", "--weights", weights_}), ExitCode::kOk) << err_;
  EXPECT_THAT(out_, HasSubstr(absl::StrCat("weights ", expected, ",")));
  EXPECT_EQ(Run({"bench", "resnet18"}), ExitCode::kOk) << err_;
  EXPECT_THAT(out_, Not(HasSubstr("weights")));
  EXPECT_EQ(Run({"results"}), ExitCode::kOk) << err_;
  EXPECT_THAT(out_, HasSubstr(expected));
}

TEST_F(CliWeights, ThatCannotBeReadAreAUsageError) {
  ASSERT_TRUE(WriteFileAtomically(folder_.File("empty.pth"), "").ok());
  EXPECT_THAT(Refusal({"bench", "resnet18", "--weights", "none.pth"}),
              AllOf(HasSubstr("cannot read the weights"), HasSubstr("none.pth")));
  EXPECT_THAT(Refusal({"bench", "resnet18", "--weights", folder_.File("empty.pth")}),
              HasSubstr("empty.pth is empty"));
  EXPECT_THAT(Refusal({"bench", "resnet18", "--weights", folder_.path()}),
              HasSubstr("is a folder; name the file in it"));
}

TEST_F(CliWeights, AreForOneModelOfTheZoo) {
  ASSERT_TRUE(WriteFileAtomically(folder_.File("my.pt"), "a model").ok());
  EXPECT_THAT(Refusal({"bench", "resnet18", "mobilenet_v2", "--weights", weights_}),
              HasSubstr("--weights is one model's, and 2 models are named"));
  EXPECT_THAT(
      Refusal({"bench", folder_.File("my.pt"), "--input", "float32[N,3]", "--weights", weights_}),
      AllOf(HasSubstr("--weights is for models of the zoo"), HasSubstr("my.pt")));
  EXPECT_THAT(Refusal({"quantize", folder_.File("my.pt"), "--input", "float32[N,3]", "--precision",
                       "fp16", "-o", folder_.File("out.pt"), "--weights", weights_}),
              HasSubstr("--weights is for models of the zoo"));
  EXPECT_THAT(Refusal({"bench", "resnet18", "--allow-missing"}),
              HasSubstr("name one with --weights"));
}

}  // namespace
}  // namespace edgebench::controller
