#include "agent/worker/zoo/speech/parts.h"

namespace edgebench::worker::zoo {

Layer Ctc(int tokens, int width) {
  return Composite("espnet2.asr.ctc.CTC", {{"ctc_lo", Linear(width, tokens)}},
                   {"return torch.log_softmax(self.ctc_lo(x), -1)"});
}

// Prefix probabilities: Graves, Supervised Sequence Labelling with Recurrent Neural Networks,
// 2008, section 7.5.2; Watanabe et al., Hybrid CTC/Attention Architecture for End-to-End
// Speech Recognition, 2017, algorithm 2.
//
// A prefix is [n, 2, M + 1]: for every number of frames the log probability that they yield
// just this prefix, ending in its last token (0) or in a blank (1). Nothing was read in
// column 0, so the empty prefix is no special case.
//
// The recursion r[t] = log(exp(r[t-1]) + exp(enters[t-1])) + x[t] is linear in probabilities.
// Divided by the product of all x up to t it is a running sum, so that LibTorch goes through
// the frames: r[t] = X[t] + logcumsumexp(enters[s-1] - X[s-1]), s = 1..t, with X the running
// sum of x. Differences of such sums need double precision.
std::string CtcPrefixMethods() {
  return R"(
def initial_prefix(self, log_probs: Tensor) -> Tensor:
    blanks = torch.constant_pad_nd(torch.cumsum(log_probs[:, 0], 0), [1, 0], 0.0)
    return torch.stack([torch.full_like(blanks, -float("inf")), blanks], 0).unsqueeze(0)

def prefix_scores(self, log_probs: Tensor, prefix: Tensor, last: Tensor, ids: Tensor) -> Tensor:
    frames = log_probs.index_select(1, ids.flatten()).t().view([ids.size(0), ids.size(1), -1])
    any_way = torch.logaddexp(prefix[:, 0], prefix[:, 1]).unsqueeze(1)
    again = (ids == last.unsqueeze(1)).unsqueeze(2)
    enters = torch.where(again, prefix[:, 1].unsqueeze(1), any_way)
    return torch.logsumexp(enters[:, :, :-1] + frames, 2)

def complete(self, prefix: Tensor) -> Tensor:
    return torch.logaddexp(prefix[:, 0, -1], prefix[:, 1, -1])

def extend(self, log_probs: Tensor, prefix: Tensor, last: Tensor, ids: Tensor) -> Tensor:
    any_way = torch.logaddexp(prefix[:, 0], prefix[:, 1])
    enters = torch.where((ids == last).unsqueeze(1), prefix[:, 1], any_way)
    tokens = self.recursion(enters, log_probs.index_select(1, ids).t())
    blanks = self.recursion(tokens, log_probs[:, 0].unsqueeze(0))
    return torch.stack([tokens, blanks], 1)

def recursion(self, enters: Tensor, frames: Tensor) -> Tensor:
    sums = torch.constant_pad_nd(torch.cumsum(frames, 1), [1, 0], 0.0)
    ratios = torch.logcumsumexp(enters[:, :-1] - sums[:, :-1], 1)
    return torch.constant_pad_nd(ratios + sums[:, 1:], [1, 0], -float("inf"))
)";
}

}  // namespace edgebench::worker::zoo
