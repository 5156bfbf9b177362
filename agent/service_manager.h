#pragma once

#include "absl/time/time.h"

namespace edgebench::agent {

// What systemd is told (sd_notify). Without systemd nothing happens.
class ServiceManager {
 public:
  // Reads the watchdog's period from the environment and takes it out of there.
  ServiceManager();

  void Ready();
  void Stopping();
  // Must come more often than watchdog_period.
  void Alive();

  // Infinite when systemd does not watch.
  absl::Duration watchdog_period() const { return watchdog_period_; }
  // How long after a look at ourselves the next is due. One that finds something
  // wrong may have come in a bad moment: it leaves time to look again.
  absl::Duration UntilNextCheck(bool well) const { return watchdog_period_ / (well ? 2 : 10); }

 private:
  absl::Duration watchdog_period_ = absl::InfiniteDuration();
};

}  // namespace edgebench::agent
