#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "agent/worker/zoo/speech/asr.h"

namespace edgebench::worker::zoo {
namespace {

// Types of tensors are numbers in TorchScript: 4 is int64, 7 float64. Scores are added up in
// double precision.

constexpr char kUtterances[] = R"(
def forward(self, speech: Tensor) -> Tuple[Tensor, Tensor]:
    memory = self.encoder(speech)
    longest = max(1, int(self.max_length_ratio * memory.size(1) + 0.5))
    shortest = min(longest, int(self.min_length_ratio * memory.size(1) + 0.5))
    if self.min_length_ratio >= self.max_length_ratio:
        shortest = longest
    tokens: List[Tensor] = []
    scores: List[Tensor] = []
    for i in range(memory.size(0)):
        best, score = self.search(memory[i:i + 1], shortest, longest)
        tokens.append(torch.constant_pad_nd(best, [0, longest - best.size(0)], -1))
        scores.append(score.float())
    return torch.stack(tokens, 0), torch.stack(scores, 0)
)";

// Log probabilities of each next token, weighted, by all that knows every token at once.
constexpr char kLocalScores[] = R"(
def local_scores(self, last: Tensor, decoder_state: List[Tensor], lm_state: List[Tensor],
                 prepared: List[Tensor]) -> Tuple[Tensor, List[Tensor], List[Tensor]]:
    scores = torch.zeros([last.size(0), TOKENS], dtype=7, device=last.device)
    if self.ctc_weight < 1.0:
        logits, decoder_state = self.decoder.step(last, decoder_state, prepared)
        scores = scores + (1.0 - self.ctc_weight) * torch.log_softmax(logits.double(), 1)
    if self.lm_weight > 0.0:
        logits, lm_state = self.lm.step(last, lm_state)
        scores = scores + self.lm_weight * torch.log_softmax(logits.double(), 1)
    return scores, decoder_state, lm_state
)";

// Every way to end is weighed at every step, so the best ended hypothesis is kept and the rest
// forgotten. What goes on can only lose: each token multiplies probabilities of at most 1, and
// a prefix is at least as probable as what begins with it. So the search may end, without
// missing anything, when no running hypothesis scores more than the best that has ended.
//
// Only the `tried` best tokens of a hypothesis, by the scores that are cheap, become
// candidates: half as many again as the beam holds where CTC has a say too, as in ESPnet. With
// CTC alone all do.
constexpr char kSearch[] = R"(
def search(self, memory: Tensor, shortest: int, longest: int) -> Tuple[Tensor, Tensor]:
    beam = int(self.beam)
    end = TOKENS - 1
    tried = min(beam, end - 1)
    prepared: List[Tensor] = []
    decoder_state: List[Tensor] = []
    lm_state: List[Tensor] = []
    log_probs = memory
    prefix = memory
    if self.ctc_weight < 1.0:
        prepared = self.decoder.prepare(memory)
        decoder_state = self.decoder.initial_state(memory)
    if self.lm_weight > 0.0:
        lm_state = self.lm.initial_state(memory)
    if self.ctc_weight > 0.0:
        log_probs = self.ctc(memory)[0].double()
        prefix = self.initial_prefix(log_probs)
        tried = end - 1
        if self.ctc_weight < 1.0:
            tried = min(int(1.5 * beam), end - 1)

    hypotheses = torch.full([1, 1], end, dtype=4, device=memory.device)
    scores = torch.zeros([1], dtype=7, device=memory.device)
    best = hypotheses[0, 1:]
    best_score = scores[0]
    some_ended = False
    step = 0
    searching = True
    while searching:
        last = hypotheses[:, -1]
        local, decoder_state, lm_state = self.local_scores(last, decoder_state, lm_state, prepared)
        if step >= shortest:
            ended = scores + local[:, end]
            if self.ctc_weight > 0.0:
                ended = ended + self.ctc_weight * self.complete(prefix)
            score, which = ended.max(0)
            if not some_ended or bool(score > best_score):
                best = hypotheses.index_select(0, which.unsqueeze(0))[0, 1:]
                best_score = score
                some_ended = True
        searching = step < longest
        step += 1
        if searching:
            gained, ids = local[:, 1:end].topk(tried, 1)
            ids = ids + 1
            candidates = scores.unsqueeze(1) + gained
            totals = candidates
            if self.ctc_weight > 0.0:
                by_ctc = self.prefix_scores(log_probs, prefix, last, ids)
                totals = candidates + self.ctc_weight * by_ctc
            reached, places = totals.flatten().topk(min(beam, totals.numel()))
            if some_ended and bool(best_score >= reached[0]):
                searching = False
            else:
                parents = torch.div(places, tried, rounding_mode="floor")
                tokens = ids.flatten().index_select(0, places)
                scores = candidates.flatten().index_select(0, places)
                decoder_state = self.of_parents(decoder_state, parents)
                lm_state = self.of_parents(lm_state, parents)
                if self.ctc_weight > 0.0:
                    prefix = self.extend(log_probs, prefix.index_select(0, parents), last.index_select(0, parents), tokens)
                hypotheses = torch.cat([hypotheses.index_select(0, parents), tokens.unsqueeze(1)], 1)
    return best, best_score

def of_parents(self, state: List[Tensor], parents: Tensor) -> List[Tensor]:
    return [part.index_select(0, parents) for part in state]
)";

}  // namespace

Layer BeamSearch(Layer encoder, Layer decoder, Layer ctc, Layer lm, int tokens,
                 double length_ratio) {
  const std::string methods =
      absl::StrReplaceAll(absl::StrCat(kUtterances, kLocalScores, kSearch, CtcPrefixMethods()),
                          {{"TOKENS", absl::StrCat(tokens)}});
  Layer layer = Module("edgebench.speech.Recognizer",
                       {{"encoder", std::move(encoder)},
                        {"decoder", std::move(decoder)},
                        {"ctc", std::move(ctc)},
                        {"lm", std::move(lm)}},
                       methods);
  layer.settings = {{"ctc_weight", 0.3},
                    {"lm_weight", 0.3},
                    {"beam", 10},
                    {"min_length_ratio", length_ratio},
                    {"max_length_ratio", length_ratio}};
  return layer;
}

}  // namespace edgebench::worker::zoo
