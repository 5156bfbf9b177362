#include "controller/report/markdown/environments.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/quantities.h"
#include "controller/report/markdown/text.h"
#include "controller/report/phrases.h"

namespace edgebench::controller {
namespace {

struct Fact {
  const char* name;
  std::string value;  // empty: unknown
};

std::string Hertz(bool known, int64_t hertz) {
  return known ? absl::StrCat(FormatCount(hertz), "Hz") : "";
}

std::string YesNo(bool known, bool value) { return !known ? "" : value ? "yes" : "no"; }

template <typename Value>
std::string Number(bool known, Value value) {
  return known ? absl::StrCat(value) : "";
}

std::string Bytes(bool known, int64_t bytes) { return known ? FormatBytes(bytes) : ""; }

void AddHardware(const v1::HostInfo& host, std::vector<Fact>& facts) {
  facts.push_back({"processor", host.cpu_model()});
  facts.push_back({"architecture", host.architecture()});
  facts.push_back({"instruction sets", absl::StrJoin(host.cpu_flags(), " ")});
  facts.push_back({"cores", Number(host.has_physical_cores(), host.physical_cores())});
  facts.push_back({"processors", Number(host.has_logical_cores(), host.logical_cores())});
  facts.push_back({"processors it may use", host.usable_cpus()});
  facts.push_back({"quota of processors", Number(host.has_cpu_quota(), host.cpu_quota())});
  facts.push_back({"several threads a core", YesNo(host.has_smt_active(), host.smt_active())});
  facts.push_back({"NUMA nodes", Number(host.has_numa_nodes(), host.numa_nodes())});
  facts.push_back({"lowest clock", Hertz(host.has_frequency_min_hz(), host.frequency_min_hz())});
  facts.push_back({"highest clock", Hertz(host.has_frequency_max_hz(), host.frequency_max_hz())});
  facts.push_back({"governor", host.governor()});
  facts.push_back({"turbo", YesNo(host.has_turbo(), host.turbo())});
  facts.push_back({"power mode", host.power_mode()});
  facts.push_back({"memory", Bytes(host.has_memory_bytes(), host.memory_bytes())});
  facts.push_back({"swap", Bytes(host.has_swap_bytes(), host.swap_bytes())});
}

void AddSystem(const v1::Environment& environment, std::vector<Fact>& facts) {
  const v1::HostInfo& host = environment.host();
  const v1::TorchInfo& torch = environment.torch();
  facts.push_back({"hostname", host.hostname()});
  facts.push_back({"system", host.os()});
  facts.push_back({"kernel", host.kernel()});
  facts.push_back({"virtual machine", host.virtualization()});
  facts.push_back({"container", host.container()});
  facts.push_back({"clock source", host.clock_source()});
  facts.push_back({"huge pages", host.transparent_huge_pages()});
  facts.push_back({"OpenMP", absl::StrJoin(host.openmp(), " ")});
  facts.push_back({"LibTorch", torch.version()});
  facts.push_back({"BLAS", torch.blas()});
  facts.push_back({"kernels of LibTorch", torch.cpu_capability()});
  facts.push_back({"quantized engines", absl::StrJoin(torch.quantized_engines(), ", ")});
  facts.push_back({"default engine", torch.default_engine()});
  std::vector<std::string> gpus;
  for (const v1::CudaDevice& gpu : torch.cuda_devices()) gpus.push_back(gpu.name());
  facts.push_back({"GPUs", absl::StrJoin(gpus, ", ")});
  facts.push_back({"edgebench agent", environment.agent_version()});
}

std::vector<Fact> FactsOf(const v1::Environment& environment) {
  std::vector<Fact> facts;
  AddHardware(environment.host(), facts);
  AddSystem(environment, facts);
  return facts;
}

// "pi", or "pi (1)" and "pi (2)" of a device whose environment changed.
std::vector<std::string> NamesOf(const std::vector<ReportEnvironment>& environments) {
  std::map<std::string, int> counts, told;
  for (const ReportEnvironment& one : environments) ++counts[one.device];
  std::vector<std::string> names;
  for (const ReportEnvironment& one : environments) {
    const int number = ++told[one.device];
    names.push_back(MarkdownName(one.device) +
                    (counts[one.device] > 1 ? absl::StrCat(" (", number, ")") : ""));
  }
  return names;
}

std::string Shown(const std::string& value) {
  return value.empty() ? kUnknown : MarkdownText(value);
}

}  // namespace

std::string EnvironmentsSection(const std::vector<ReportEnvironment>& environments) {
  if (environments.empty()) return "";
  const std::vector<std::string> names = NamesOf(environments);
  std::vector<std::string> header = {""};
  header.insert(header.end(), names.begin(), names.end());
  MarkdownTable same({"", ListText(names)}), differs(header);
  std::vector<std::vector<Fact>> facts;
  for (const ReportEnvironment& one : environments) facts.push_back(FactsOf(one.environment));
  for (size_t i = 0; i < facts.front().size(); ++i) {
    std::vector<std::string> row = {facts.front()[i].name};
    std::set<std::string> values;
    for (const std::vector<Fact>& of_one : facts) {
      values.insert(of_one[i].value);
      row.push_back(Shown(of_one[i].value));
    }
    if (values.size() > 1) {
      differs.AddRow(std::move(row));
    } else if (!values.begin()->empty()) {
      same.AddRow({row[0], row[1]});
    }
  }
  std::string text = "## Environment\n\n";
  if (!same.empty()) {
    const bool one = environments.size() == 1;
    absl::StrAppend(&text, one ? "" : "The same everywhere:\n\n", same.Render(2));
  }
  if (!differs.empty())
    absl::StrAppend(&text, "What differs:\n\n", differs.Render(names.size() + 1));
  return text;
}

}  // namespace edgebench::controller
