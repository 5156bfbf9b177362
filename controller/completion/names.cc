#include "controller/completion/names.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/quantities.h"
#include "controller/commands/job_search.h"
#include "controller/grid.h"
#include "controller/paths.h"
#include "db/result_store.h"

namespace edgebench::controller {
namespace {

// Whoever presses TAB waits for it.
constexpr absl::Duration kPatience = absl::Milliseconds(250);
constexpr int kJobs = 500;

std::vector<Candidate> Described(const absl::StatusOr<std::vector<std::string>>& names,
                                 const char* description) {
  std::vector<Candidate> candidates;
  if (!names.ok()) return candidates;
  for (const std::string& name : *names) candidates.push_back({name, description});
  return candidates;
}

std::string WhenText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d %H:%M", time, absl::LocalTimeZone());
}

// What was looked up, from a database that may be missing: then nothing is known.
class Stored {
 public:
  explicit Stored(const std::string& path) {
    auto opened = db::ResultStore::OpenReadOnly(path.empty() ? DefaultDatabasePath() : path);
    if (opened.ok()) store_ = *std::move(opened);
  }

  std::vector<Candidate> Devices() const {
    std::vector<Candidate> candidates = {{kLocalDevice, "this machine"}};
    if (store_ == nullptr) return candidates;
    if (const auto devices = store_->ListDevices(); devices.ok()) {
      for (const db::Device& device : *devices) candidates.push_back({device.name, device.address});
    }
    return candidates;
  }

  std::vector<Candidate> Models() const {
    if (store_ == nullptr) return {};
    return Described(store_->NamesOfKnownModels(), "measured before");
  }

  std::vector<Candidate> Tags() const {
    if (store_ == nullptr) return {};
    return Described(store_->NamesOfKnownTags(), "");
  }

  std::vector<Candidate> JobsThat(bool (*fits)(const db::SubmittedJob&)) const {
    std::vector<Candidate> candidates;
    for (const db::SubmittedJob& job : NewestJobs()) {
      if (!fits(job)) continue;
      candidates.push_back(
          {job.job_id, absl::StrCat(CellLabel(job.settings), " on ", job.device, ", ", job.status,
                                    ", ", WhenText(job.submitted_time))});
    }
    return candidates;
  }

  std::vector<Candidate> Runs() const {
    std::vector<Candidate> candidates;
    std::map<std::string, int> jobs;
    const std::vector<db::SubmittedJob> newest = NewestJobs();
    for (const db::SubmittedJob& job : newest) ++jobs[job.run_id];
    std::set<std::string> seen;
    for (const db::SubmittedJob& job : newest) {
      if (!seen.insert(job.run_id).second) continue;
      const int others = jobs[job.run_id] - 1;
      candidates.push_back(
          {job.run_id, absl::StrCat(job.settings.model().display_name(), " on ", job.device,
                                    others > 0 ? absl::StrCat(" and ", others, " more jobs") : "",
                                    ", ", WhenText(job.submitted_time))});
    }
    return candidates;
  }

 private:
  std::vector<db::SubmittedJob> NewestJobs() const {
    if (store_ == nullptr) return {};
    return store_->ListJobs(kJobs).value_or(std::vector<db::SubmittedJob>());
  }

  std::unique_ptr<db::ResultStore> store_;
};

std::vector<Candidate> ZooOfLocal(AgentConnector& connector) {
  const std::unique_ptr<AgentClient> client = connector.RunningLocal();
  if (client == nullptr) return {};
  const auto capabilities = client->GetCapabilities(kPatience);
  if (!capabilities.ok()) return {};
  std::vector<Candidate> candidates;
  for (const v1::ZooModel& model : capabilities->zoo()) {
    std::string description = model.family();
    if (model.has_parameters())
      absl::StrAppend(&description, ", ", FormatCount(model.parameters()), " parameters");
    candidates.push_back({model.name(), std::move(description)});
  }
  return candidates;
}

// A file that was measured once may lie anywhere by now.
bool IsOfZoo(const Candidate& model) { return model.word.find_first_of("./") == std::string::npos; }

std::vector<Candidate> Models(AgentConnector& connector, const Stored& stored) {
  std::vector<Candidate> models = ZooOfLocal(connector);
  for (Candidate& model : stored.Models()) {
    const auto same = [&](const Candidate& known) { return known.word == model.word; };
    if (IsOfZoo(model) && std::none_of(models.begin(), models.end(), same))
      models.push_back(std::move(model));
  }
  return models;
}

}  // namespace

NameSource NamesAtHand(AgentConnector& connector) {
  return [&connector](NameKind kind, const std::string& database) {
    const Stored stored(database);
    switch (kind) {
      case NameKind::kDevices:
        return stored.Devices();
      case NameKind::kModels:
        return Models(connector, stored);
      case NameKind::kMeasuredModels:
        return stored.Models();
      case NameKind::kJobs:
        return stored.JobsThat([](const db::SubmittedJob&) { return true; });
      case NameKind::kPendingJobs:
        return stored.JobsThat([](const db::SubmittedJob& job) { return job.status == kPending; });
      case NameKind::kRuns:
        return stored.Runs();
      case NameKind::kTags:
        return stored.Tags();
    }
    return std::vector<Candidate>();
  };
}

}  // namespace edgebench::controller
