#include "controller/report/trace_document.h"

#include <cstdint>
#include <set>
#include <string>

#include "common/names.h"
#include "controller/report/json_values.h"
#include "controller/report/profile_text.h"

namespace edgebench::controller {
namespace {

using Json = nlohmann::ordered_json;

double Microseconds(int64_t nanos) { return static_cast<double>(nanos) / 1e3; }

Json NameEvent(const char* what, int process, int64_t thread, const std::string& name) {
  return {
      {"name", what}, {"ph", "M"}, {"pid", process}, {"tid", thread}, {"args", {{"name", name}}}};
}

// Of an operator that no other one calls, what the table tells of its row.
Json Arguments(const v1::ProfileReport::Operator& op) {
  Json json;
  json["operator"] = OrNull(op.name());
  json["kind"] = op.kind();
  json["precision"] = OrNull(PrecisionName(op.precision()));
  json["input_shape"] = OrNull(op.input_shape());
  json["output_shape"] = OrNull(op.output_shape());
  return json;
}

Json EventJson(const v1::ProfileReport& profile, const v1::ProfileReport::Event& event,
               int process) {
  const bool outermost = event.depth() == 0 && event.row() < profile.operators_size();
  Json json;
  json["name"] = event.kind();
  json["cat"] = outermost ? "operator" : "called";
  json["ph"] = "X";
  json["ts"] = Microseconds(event.start_ns());
  json["dur"] = Microseconds(event.duration_ns());
  json["pid"] = process;
  json["tid"] = event.thread();
  if (outermost) {
    const v1::ProfileReport::Operator& op = profile.operators(event.row());
    if (!op.name().empty()) json["name"] = op.name();
    json["args"] = Arguments(op);
  }
  return json;
}

}  // namespace

Json TraceDocument(const std::vector<const db::Measurement*>& profiles) {
  Json document;
  document["displayTimeUnit"] = "ns";
  document["traceEvents"] = Json::array();
  int process = 0;
  for (const db::Measurement* const measurement : profiles) {
    const v1::ProfileReport& profile = measurement->result.profile();
    ++process;
    document["traceEvents"].push_back(
        NameEvent("process_name", process, 0, ProfileTitle(*measurement)));
    std::set<int64_t> threads;
    for (const v1::ProfileReport::Event& event : profile.timeline()) threads.insert(event.thread());
    for (const int64_t thread : threads)
      document["traceEvents"].push_back(NameEvent("thread_name", process, thread, "inference"));
    for (const v1::ProfileReport::Event& event : profile.timeline())
      document["traceEvents"].push_back(EventJson(profile, event, process));
  }
  return document;
}

}  // namespace edgebench::controller
