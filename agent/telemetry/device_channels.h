#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "agent/telemetry/channel_source.h"

namespace edgebench::agent {

// Everything that this device tells of itself and of one worker, read below `root` ("" for
// the real one). Sources without a channel are left out.
std::vector<std::unique_ptr<ChannelSource>> DeviceChannels(const std::string& root, pid_t worker);

}  // namespace edgebench::agent
