#include <memory>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/quantities.h"
#include "common/status_macros.h"
#include "controller/address.h"
#include "controller/commands/commands.h"
#include "controller/long_work.h"
#include "controller/report/json_values.h"
#include "controller/report/measurement_json.h"
#include "controller/report/phrases.h"
#include "controller/report/table.h"

namespace edgebench::controller {
namespace {

struct Options {
  std::string name, address;
  bool no_check = false;
  bool json = false;
};

// What `device list` says of one device.
struct Sight {
  db::Device device;
  absl::StatusOr<ConnectedDevice> connected = absl::UnknownError("not asked");
  bool asleep = false;  // local, and no agent runs: nothing is wrong with that
};

// Says what answers there, or why nothing does.
absl::Status Check(const db::Device& device, Session& session) {
  const auto connected = [&] {
    const LongWork work(session, absl::StrCat("connecting to ", DeviceLabel(device)));
    return ConnectDevice(session.world().connector, device, ConnectTimeouts());
  }();
  if (!connected.ok()) return connected.status();
  const v1::Capabilities& capabilities = connected->capabilities;
  session.Tell(absl::StrCat("found ", capabilities.host().hostname(), ": ",
                            capabilities.host().cpu_model(), ", agent ",
                            capabilities.agent_version()));
  return absl::OkStatus();
}

absl::StatusOr<ExitCode> Add(const Options& options, Session& session) {
  EDGEBENCH_ASSIGN_OR_RETURN(const std::string address, NormalizeAddress(options.address));
  EDGEBENCH_ASSIGN_OR_RETURN(SharedStore* const store, session.Store());
  const db::Device device{options.name, address, absl::Now()};
  // First, because a name that cannot be had is found out without a network.
  EDGEBENCH_RETURN_IF_ERROR(
      store->Use([&](db::ResultStore& results) { return results.CheckNewDevice(device.name); }));
  // Added after the check only: Ctrl-C may end it in the middle.
  if (const absl::Status found = options.no_check ? absl::OkStatus() : Check(device, session);
      !found.ok()) {
    session.Tell(absl::StrCat("edgebench: ", found.message(),
                              "\nIt was not added; --no-check adds it all the same."));
    return ExitCodeOf(found);
  }
  EDGEBENCH_RETURN_IF_ERROR(
      store->Use([&](db::ResultStore& results) { return results.AddDevice(device); }));
  session.Tell(absl::StrCat("added ", DeviceLabel(device),
                            "; try: edgebench bench mobilenet_v2 --device ", device.name));
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> Remove(const Options& options, Session& session) {
  if (options.name == kLocalDevice)
    return absl::InvalidArgumentError("'local' is this machine; it always exists");
  EDGEBENCH_RETURN_IF_ERROR(session.FindDevice(options.name).status());
  EDGEBENCH_ASSIGN_OR_RETURN(SharedStore* const store, session.Store());
  EDGEBENCH_RETURN_IF_ERROR(
      store->Use([&](db::ResultStore& results) { return results.RemoveDevice(options.name); }));
  session.Tell(absl::StrCat("removed ", options.name, "; its results stay"));
  return ExitCode::kOk;
}

std::vector<Sight> LookAt(Session& session, const std::vector<db::Device>& devices) {
  std::vector<Sight> sights(devices.size());
  std::vector<std::thread> threads;
  for (size_t i = 0; i < devices.size(); ++i) {
    sights[i].device = devices[i];
    sights[i].asleep =
        devices[i].name == kLocalDevice && !session.world().connector.LocalIsRunning();
    if (sights[i].asleep) continue;
    threads.emplace_back([&session, &sight = sights[i]] {
      sight.connected = ConnectDevice(session.world().connector, sight.device, kBriefTimeouts);
    });
  }
  for (std::thread& thread : threads) thread.join();
  return sights;
}

std::string StateOf(const Sight& sight) {
  if (sight.asleep) return "starts when needed";
  if (sight.connected.ok()) return "ready";
  return ExitCodeOf(sight.connected.status()) == ExitCode::kUnreachable ? "unreachable"
                                                                        : "unusable";
}

nlohmann::ordered_json JsonOf(const Sight& sight) {
  nlohmann::ordered_json json;
  json["name"] = sight.device.name;
  json["address"] = OrNull(sight.device.address);
  json["state"] = StateOf(sight);
  json["agent_version"] = nullptr;
  json["cpu_model"] = nullptr;
  json["message"] = nullptr;
  if (sight.connected.ok()) {
    json["agent_version"] = OrNull(sight.connected->capabilities.agent_version());
    json["cpu_model"] = OrNull(sight.connected->capabilities.host().cpu_model());
  } else if (!sight.asleep) {
    json["message"] = std::string(sight.connected.status().message());
  }
  return json;
}

absl::StatusOr<ExitCode> List(const Options& options, Session& session) {
  EDGEBENCH_ASSIGN_OR_RETURN(const auto devices, session.Devices());
  const std::vector<Sight> sights = LookAt(session, devices);
  if (options.json) {
    nlohmann::ordered_json document;
    document["schema_version"] = kJsonSchemaVersion;
    document["devices"] = nlohmann::ordered_json::array();
    for (const Sight& sight : sights) document["devices"].push_back(JsonOf(sight));
    session.world().out << Serialize(document);
    return ExitCode::kOk;
  }
  Table table({{"device"}, {"address"}, {"state"}, {"agent"}, {"processor"}});
  for (const Sight& sight : sights) {
    const bool ok = sight.connected.ok();
    table.AddRow({sight.device.name,
                  sight.device.address.empty() ? "this machine" : sight.device.address,
                  StateOf(sight), ok ? sight.connected->capabilities.agent_version() : kUnknown,
                  ok ? sight.connected->capabilities.host().cpu_model() : kUnknown});
  }
  session.world().out << table.Render(session.table_style());
  return ExitCode::kOk;
}

std::string CoresText(const v1::HostInfo& host) {
  if (!host.has_physical_cores() && !host.has_logical_cores()) return kUnknown;
  std::string text = absl::StrCat(host.logical_cores(), " logical");
  if (host.has_physical_cores()) text = absl::StrCat(host.physical_cores(), " physical, ", text);
  if (host.has_usable_cores() && host.usable_cores() < host.logical_cores()) {
    absl::StrAppend(&text, ", ", host.usable_cores(), " usable by the agent");
  }
  return text;
}

std::string CudaText(const v1::TorchInfo& torch) {
  if (!torch.built_with_cuda()) return "none (LibTorch was built without CUDA)";
  std::vector<std::string> names;
  for (const v1::CudaDevice& cuda : torch.cuda_devices()) {
    names.push_back(absl::StrCat("cuda:", cuda.index()));
    if (!cuda.name().empty()) absl::StrAppend(&names.back(), " ", cuda.name());
    if (cuda.memory_bytes() > 0) {
      absl::StrAppend(&names.back(), " ", FormatBytes(cuda.memory_bytes()));
    }
  }
  return names.empty() ? "none (LibTorch finds no device)" : absl::StrJoin(names, ", ");
}

std::string EnginesText(const v1::TorchInfo& torch) {
  return absl::StrCat(
      absl::StrJoin(torch.quantized_engines(), ", "),
      torch.default_engine().empty() ? "" : absl::StrCat(" (auto: ", torch.default_engine(), ")"));
}

std::string Describe(const ConnectedDevice& device) {
  const v1::Capabilities& c = device.capabilities;
  const v1::HostInfo& host = c.host();
  std::string text;
  const auto line = [&](const char* name, const std::string& value) {
    absl::StrAppendFormat(&text, "%-14s %s\n", name, value.empty() ? kUnknown : Printable(value));
  };
  line("device", DeviceLabel(device.device));
  // What --name of the agent says; without it that is the host's name.
  const bool has_own_name = !c.device_name().empty() && c.device_name() != host.hostname();
  line("agent", absl::StrCat(c.agent_version(), ", API ", c.api_major(), ".", c.api_minor(),
                             ", pid ", c.agent_pid(), has_own_name ? ", calls itself " : "",
                             has_own_name ? c.device_name() : ""));
  line("host", absl::StrCat(host.hostname(), ", ", host.os(), ", ", host.kernel()));
  line("processor", absl::StrCat(host.cpu_model(), ", ", host.architecture()));
  line("cores", CoresText(host));
  line("governor", host.governor());
  line("memory",
       absl::StrCat(BytesText(host.has_memory_bytes(), host.memory_bytes()), ", available ",
                    BytesText(host.has_memory_available_bytes(), host.memory_available_bytes()),
                    ", swap ", BytesText(host.has_swap_bytes(), host.swap_bytes())));
  line("free disk", BytesText(host.has_free_disk_bytes(), host.free_disk_bytes()));
  line("power", !c.power_source().empty()   ? c.power_source()
                : !c.power_reason().empty() ? absl::StrCat("none: ", c.power_reason())
                                            : "");
  line("job memory", BytesText(c.job_memory_limit_bytes() > 0, c.job_memory_limit_bytes()));
  const bool knows_torch = !c.torch().version().empty();
  line("LibTorch", knows_torch ? absl::StrCat(c.torch().version(), ", BLAS ", c.torch().blas(),
                                              ", ", c.torch().cpu_capability())
                               : "");
  line("int8 engines", EnginesText(c.torch()));
  line("CUDA", knows_torch ? CudaText(c.torch()) : "");
  std::vector<std::string> models;
  for (const v1::ZooModel& model : c.zoo()) models.push_back(model.name());
  line("models", absl::StrJoin(models, ", "));
  return text;
}

absl::StatusOr<ExitCode> Show(const Options& options, Session& session) {
  EDGEBENCH_ASSIGN_OR_RETURN(const ConnectedDevice device, session.Connect(options.name));
  session.world().out << (options.json
                              ? Serialize(CapabilitiesDocument(
                                    device.device.name, device.device.address, device.capabilities))
                              : Describe(device));
  for (const std::string& warning : device.capabilities.warnings()) session.Warn(warning);
  return ExitCode::kOk;
}

}  // namespace

CommandBody DefineDevice(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  command.group(kDevicesAndJobs);
  AddExamples(command, {{"A device whose agent is reached through ssh",
                         "ssh -N -L 7700:127.0.0.1:7700 pi@raspberry &\n"
                         "edgebench device add pi 127.0.0.1:7700"},
                        {"Which devices answer", "edgebench device list"}});
  const auto bind = [options](absl::StatusOr<ExitCode> (*body)(const Options&, Session&)) {
    return [options, body](Session& session) { return body(*options, session); };
  };
  CLI::App* const add = command.add_subcommand("add", "remember a device");
  AddExamples(*add, {{"An agent at the other end of ssh -L 7700:127.0.0.1:7700",
                      "edgebench device add pi 127.0.0.1:7700"},
                     {"A device that is off just now",
                      "edgebench device add nano 192.168.1.20:7700 --no-check"}});
  add->add_option("NAME", options->name, "how to call it")->type_name("")->required();
  add->add_option("ADDRESS", options->address, "HOST:PORT, or unix:/PATH")
      ->type_name("")
      ->required();
  add->add_flag("--no-check", options->no_check, "add it even if it does not answer now");
  CLI::App* const list = command.add_subcommand("list", "all devices, and whether they answer");
  AddExamples(*list, {{"Which devices answer", "edgebench device list"}});
  AddJsonFlag(*list, options->json);
  CLI::App* const show = command.add_subcommand("show", "what a device is and can do");
  AddExamples(*show,
              {{"The processor, memory and engines of a device", "edgebench device show pi"}});
  show->add_option("DEVICE", options->name, "which one; default: local")->type_name("");
  AddJsonFlag(*show, options->json);
  CLI::App* const remove = command.add_subcommand("remove", "forget a device; its results stay");
  AddExamples(*remove, {{"Forget a device that is gone", "edgebench device remove pi"}});
  remove->add_option("DEVICE", options->name, "the one to forget")->type_name("")->required();
  return Dispatch(command, {{add, bind(Add)},
                            {list, bind(List)},
                            {show,
                             [options](Session& session) {
                               if (options->name.empty()) options->name = kLocalDevice;
                               return Show(*options, session);
                             }},
                            {remove, bind(Remove)}});
}

}  // namespace edgebench::controller
