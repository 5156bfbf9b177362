// What the beam search finds, against brute force: all sequences of tokens up to the longest,
// each scored by the whole decoder and language model, and by all of CTC's alignments.

#include <gmock/gmock.h>

#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "agent/worker/torch/multiply_adds.h"
#include "agent/worker/torch/outputs.h"
#include "tests/unit/worker/speech_models.h"
#include "tests/unit/worker/torch_test_support.h"

namespace edgebench::worker::zoo {
namespace {

constexpr int kBlank = 0;
constexpr double kMinusInfinity = -std::numeric_limits<double>::infinity();

using Tokens = std::vector<int64_t>;

at::Tensor Row(const Tokens& tokens) { return at::tensor(tokens, at::kLong).unsqueeze(0); }

double LogSum(double a, double b) {
  const double larger = std::max(a, b);
  if (larger == kMinusInfinity) return larger;
  return larger + std::log(std::exp(a - larger) + std::exp(b - larger));
}

// Sequences of up to `longest` of the tokens between blank and end.
std::vector<Tokens> Sequences(int tokens, size_t longest) {
  std::vector<Tokens> sequences = {{}};
  for (size_t i = 0; i < sequences.size() && sequences[i].size() < longest; ++i) {
    for (int64_t token = 1; token + 1 < tokens; ++token) {
      sequences.push_back(sequences[i]);
      sequences.back().push_back(token);
    }
  }
  return sequences;
}

Tokens Collapsed(const Tokens& alignment) {
  Tokens tokens;
  for (size_t t = 0; t < alignment.size(); ++t) {
    const bool repeated = t > 0 && alignment[t] == alignment[t - 1];
    if (!repeated && alignment[t] != kBlank) tokens.push_back(alignment[t]);
  }
  return tokens;
}

// Log probability of each sequence, from log probabilities [M, V].
std::map<Tokens, double> ByAllAlignments(const at::Tensor& log_probs) {
  const int64_t frames = log_probs.size(0), classes = log_probs.size(1);
  const at::Tensor doubles = log_probs.to(at::kDouble).contiguous();
  const double* const values = doubles.data_ptr<double>();
  std::map<Tokens, double> sums;
  Tokens alignment(static_cast<size_t>(frames), 0);
  for (bool more = true; more;) {
    double score = 0;
    for (int64_t t = 0; t < frames; ++t) {
      score += values[t * classes + alignment[static_cast<size_t>(t)]];
    }
    const auto [place, is_new] = sums.emplace(Collapsed(alignment), score);
    if (!is_new) place->second = LogSum(place->second, score);
    more = false;
    for (int64_t& symbol : alignment) {  // counts up, in base `classes`
      if (++symbol < classes) {
        more = true;
        break;
      }
      symbol = 0;
    }
  }
  return sums;
}

double PrefixSum(const std::map<Tokens, double>& sequences, const Tokens& prefix) {
  double sum = kMinusInfinity;
  for (const auto& [tokens, score] : sequences) {
    const bool begins =
        tokens.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), tokens.begin());
    if (begins) sum = LogSum(sum, score);
  }
  return sum;
}

// The sum over `tokens` and the end of log probabilities, from logits [1, L, V].
double PathScore(const at::Tensor& logits, const Tokens& tokens) {
  const at::Tensor log_probs = at::log_softmax(logits.to(at::kDouble), 2)[0];
  double score =
      log_probs[static_cast<int64_t>(tokens.size())][log_probs.size(1) - 1].item<double>();
  for (size_t i = 0; i < tokens.size(); ++i) {
    score += log_probs[static_cast<int64_t>(i)][tokens[i]].item<double>();
  }
  return score;
}

class Scorer {
 public:
  Scorer(torch::jit::Module module, const at::Tensor& speech)
      : decoder_(module.attr("decoder").toModule()),
        lm_(module.attr("lm").toModule()),
        memory_(module.attr("encoder").toModule().forward({speech}).toTensor()),
        log_probs_(module.attr("ctc").toModule().forward({memory_}).toTensor()[0]),
        ctc_(module.attr("ctc_weight").toDouble()),
        lm_weight_(module.attr("lm_weight").toDouble()) {}

  int64_t frames() const { return memory_.size(1); }

  double Score(const Tokens& tokens) {
    Tokens started = {log_probs_.size(1) - 1};
    started.insert(started.end(), tokens.begin(), tokens.end());
    double score = 0;
    if (ctc_ < 1) {
      const at::Tensor logits = decoder_.forward({Row(started), memory_}).toTensor();
      score += (1 - ctc_) * PathScore(logits, tokens);
    }
    if (lm_weight_ > 0) {
      score += lm_weight_ * PathScore(lm_.forward({Row(started)}).toTensor(), tokens);
    }
    if (ctc_ == 0) return score;
    if (alignments_.empty()) alignments_ = ByAllAlignments(log_probs_);
    const auto found = alignments_.find(tokens);
    return found == alignments_.end() ? kMinusInfinity : score + ctc_ * found->second;
  }

 private:
  torch::jit::Module decoder_, lm_;
  at::Tensor memory_, log_probs_;
  double ctc_, lm_weight_;
  std::map<Tokens, double> alignments_;
};

struct Found {
  Tokens tokens;
  double score = 0;
};

Found Search(torch::jit::Module& module, const at::Tensor& speech) {
  const std::vector<at::Tensor> outputs = *RunModule(module, {speech});
  Found found;
  found.score = outputs[1][0].item<double>();
  for (int64_t i = 0; i < outputs[0].size(1); ++i) {
    const int64_t token = outputs[0][0][i].item<int64_t>();
    if (token < 0) break;
    found.tokens.push_back(token);
  }
  return found;
}

class BruteForceTest
    : public ::testing::TestWithParam<std::tuple<std::string, double /*ctc*/, double /*lm*/>> {
 protected:
  torch::jit::Module Recognizer(int tokens, int64_t seed) const {
    torch::jit::Module module = Tiny(std::get<0>(GetParam()), tokens, seed);
    module.setattr("ctc_weight", std::get<1>(GetParam()));
    module.setattr("lm_weight", std::get<2>(GetParam()));
    return module;
  }

  const at::NoGradGuard no_grad_;
};

INSTANTIATE_TEST_SUITE_P(Weights, BruteForceTest,
                         ::testing::Combine(::testing::Values("transformer", "lstm"),
                                            ::testing::Values(0.0, 0.3, 1.0),
                                            ::testing::Values(0.0, 0.4)));

TEST_P(BruteForceTest, AWideBeamFindsTheBestOfAllSequences) {
  constexpr int kTokens = 5;
  for (const auto& [seed, shortest] : std::vector<std::pair<int64_t, size_t>>{{1, 0}, {2, 2}}) {
    torch::jit::Module module = Recognizer(kTokens, seed);
    const at::Tensor speech = SeededInput({1, 19, kTinyFeatures}, seed);
    Scorer scorer(module, speech);
    const size_t longest = static_cast<size_t>(scorer.frames());
    module.setattr("beam", 300.0);
    module.setattr("min_length_ratio", static_cast<double>(shortest) / longest);
    module.setattr("max_length_ratio", 1.0);

    Found best;
    best.score = kMinusInfinity;
    for (const Tokens& tokens : Sequences(kTokens, longest)) {
      if (tokens.size() < shortest) continue;
      const double score = scorer.Score(tokens);
      if (score > best.score) best = {tokens, score};
    }
    const Found found = Search(module, speech);
    EXPECT_EQ(found.tokens, best.tokens) << "seed " << seed;
    EXPECT_NEAR(found.score, best.score, 1e-4) << "seed " << seed;
  }
}

// Also says that every hypothesis goes on from the state of its own parent.
TEST_P(BruteForceTest, ANarrowBeamReturnsTheScoreOfItsTokens) {
  for (const int64_t seed : {1, 2}) {
    torch::jit::Module module = Recognizer(5, seed);
    const at::Tensor speech = SeededInput({1, 24, kTinyFeatures}, seed);
    Scorer scorer(module, speech);
    module.setattr("beam", 3.0);
    module.setattr("min_length_ratio", 0.75);
    module.setattr("max_length_ratio", 1.0);
    const Found found = Search(module, speech);
    EXPECT_GE(found.tokens.size(), 3u);
    EXPECT_NEAR(found.score, scorer.Score(found.tokens), 1e-4) << "seed " << seed;
  }
}

TEST(CtcPrefixes, HaveTheProbabilityOfAllUtterancesThatBeginSo) {
  constexpr int kClasses = 4, kFrames = 5;
  const at::NoGradGuard no_grad;
  torch::jit::Module ctc =
      BuildModule(Module("Prefixes", {}, CtcPrefixMethods()), RandomWeights(0));
  const at::Tensor log_probs =
      at::log_softmax(2 * SeededInput({kFrames, kClasses}).to(at::kDouble), 1);
  const std::map<Tokens, double> alignments = ByAllAlignments(log_probs);
  const auto call = [&](const char* method, std::vector<c10::IValue> arguments) {
    return ctc.get_method(method)(std::move(arguments)).toTensor();
  };

  std::map<Tokens, at::Tensor> prefixes = {{{}, call("initial_prefix", {log_probs})}};
  const at::Tensor ids = at::tensor({1, 2}, at::kLong);
  for (const Tokens& tokens : Sequences(kClasses, 4)) {
    const at::Tensor& prefix = prefixes.at(tokens);
    const at::Tensor last = at::tensor({tokens.empty() ? kClasses - 1 : tokens.back()}, at::kLong);
    const auto complete = alignments.find(tokens);
    const double whole = call("complete", {prefix}).item<double>();
    if (complete != alignments.end()) {
      EXPECT_NEAR(whole, complete->second, 1e-10);
    } else {  // more repeated tokens than frames
      EXPECT_EQ(whole, kMinusInfinity);
    }
    const at::Tensor scores = call("prefix_scores", {log_probs, prefix, last, ids.unsqueeze(0)});
    for (const int64_t token : {1, 2}) {
      Tokens longer = tokens;
      longer.push_back(token);
      const double expected = PrefixSum(alignments, longer);
      if (std::isfinite(expected)) {
        EXPECT_NEAR(scores[0][token - 1].item<double>(), expected, 1e-10);
      } else {
        EXPECT_EQ(scores[0][token - 1].item<double>(), kMinusInfinity);
      }
      prefixes[longer] = call("extend", {log_probs, prefix, last, at::tensor({token}, at::kLong)});
    }
  }
}

// Over the length of a long utterance of a trained model, whose probabilities are near 0 and 1.
TEST(CtcPrefixes, StayExactOverManyFrames) {
  constexpr int kClasses = 3, kFrames = 1500;
  torch::jit::Module ctc =
      BuildModule(Module("Prefixes", {}, CtcPrefixMethods()), RandomWeights(0));
  const at::Tensor log_probs =
      at::log_softmax(30 * SeededInput({kFrames, kClasses}).to(at::kDouble), 1);
  at::Tensor prefix = ctc.get_method("initial_prefix")({log_probs}).toTensor();
  const at::Tensor one = at::tensor({1}, at::kLong), two = at::tensor({2}, at::kLong);
  prefix = ctc.get_method("extend")({log_probs, prefix, two, one}).toTensor();

  // Frame by frame: blanks, a run of 1, blanks.
  const at::TensorAccessor<double, 2> x = log_probs.accessor<double, 2>();
  double empty = 0, in_run = kMinusInfinity, behind = kMinusInfinity;
  for (int t = 0; t < kFrames; ++t) {
    behind = LogSum(behind, in_run) + x[t][kBlank];
    in_run = LogSum(in_run, empty) + x[t][1];
    empty += x[t][kBlank];
  }
  const double expected = LogSum(in_run, behind);
  EXPECT_LT(expected, -1000);
  EXPECT_NEAR(ctc.get_method("complete")({prefix}).toTensor().item<double>(), expected, 1e-8);
}

class UnusedPartsTest : public ::testing::TestWithParam<std::string> {
 protected:
  int64_t Work(double ctc_weight, double lm_weight) {
    module_.setattr("ctc_weight", ctc_weight);
    module_.setattr("lm_weight", lm_weight);
    return Counted([&] { module_.forward({speech_}); });
  }
  int64_t WorkOf(const char* part, const std::vector<c10::IValue>& inputs) {
    torch::jit::Module child = module_.attr(part).toModule();
    return Counted([&] { child.forward(inputs); });
  }
  static int64_t Counted(const std::function<void()>& run) {
    const std::optional<int64_t> count = CountMultiplyAdds(run);
    EXPECT_TRUE(count.has_value()) << "an operator's work is unknown";
    return count.value_or(0);
  }

  const at::NoGradGuard no_grad_;
  torch::jit::Module module_ = Tiny(GetParam(), /*tokens=*/20);
  const at::Tensor speech_ = SeededInput({1, 100, kTinyFeatures});
  const at::Tensor memory_ = module_.attr("encoder").toModule().forward({speech_}).toTensor();
};

INSTANTIATE_TEST_SUITE_P(Families, UnusedPartsTest, ::testing::Values("transformer", "lstm"));

TEST_P(UnusedPartsTest, DoNotRun) {
  constexpr int64_t kBeam = 4;
  module_.setattr("beam", static_cast<double>(kBeam));
  const double ratio = module_.attr("max_length_ratio").toDouble();
  const auto length = static_cast<int64_t>(std::lround(ratio * memory_.size(1)));
  const int64_t encoder = WorkOf("encoder", {speech_});
  const int64_t ctc = WorkOf("ctc", {memory_});
  // One hypothesis at first, then as many as the beam holds, and the end behind the last.
  const int64_t lm = WorkOf("lm", {at::ones({1 + kBeam * length, 1}, at::kLong)});

  EXPECT_EQ(Work(1, 0), encoder + ctc);
  EXPECT_EQ(Work(1, 0.3), encoder + ctc + lm);
  EXPECT_EQ(Work(0.3, 0.3) - Work(0, 0.3), ctc);
  EXPECT_EQ(Work(0.3, 0.3) - Work(0.3, 0), lm);
  EXPECT_GT(Work(0, 0), encoder);
}

}  // namespace
}  // namespace edgebench::worker::zoo
