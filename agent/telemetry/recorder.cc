#include "agent/telemetry/recorder.h"

#include <algorithm>
#include <span>
#include <utility>

namespace edgebench::agent {

Recorder::Recorder(std::vector<std::unique_ptr<ChannelSource>> sources, int64_t start_nanos,
                   int64_t period_nanos)
    : sources_(std::move(sources)), start_nanos_(start_nanos), period_nanos_(period_nanos) {
  for (const auto& source : sources_) width_ += source->channels().size();
  offsets_.reserve(kMostRows);
  values_.reserve(kMostRows * width_);
}

void Recorder::AddRow(int64_t now_nanos) {
  if (rows() == kMostRows) ThinOut();
  offsets_.push_back(now_nanos - start_nanos_);
  size_t place = values_.size();
  values_.resize(place + width_, kUnread);
  for (const auto& source : sources_) {
    const size_t count = source->channels().size();
    source->Read(now_nanos, std::span(values_).subspan(place, count));
    place += count;
  }
}

void Recorder::ThinOut() {
  const auto width = static_cast<std::ptrdiff_t>(width_);
  for (size_t row = 0; 2 * row < rows(); ++row) {
    offsets_[row] = offsets_[2 * row];
    const auto from = values_.begin() + static_cast<std::ptrdiff_t>(2 * row) * width;
    std::copy(from, from + width, values_.begin() + static_cast<std::ptrdiff_t>(row) * width);
  }
  offsets_.resize((rows() + 1) / 2);
  values_.resize(rows() * width_);
  period_nanos_ *= 2;
}

v1::Telemetry Recorder::ToProto() const {
  v1::Telemetry telemetry;
  telemetry.set_period_ns(period_nanos_);
  telemetry.mutable_offset_ns()->Add(offsets_.begin(), offsets_.end());
  if (measure_start_nanos_) telemetry.set_measure_start_ns(*measure_start_nanos_ - start_nanos_);
  size_t column = 0;
  for (const auto& source : sources_) {
    for (const ChannelSource::Channel& channel : source->channels()) {
      v1::TelemetryChannel& proto = *telemetry.add_channels();
      proto.set_name(channel.name);
      proto.set_unit(channel.unit);
      proto.set_source(channel.source);
      proto.mutable_values()->Reserve(static_cast<int>(rows()));
      for (size_t row = 0; row < rows(); ++row) proto.add_values(values_[row * width_ + column]);
      ++column;
    }
  }
  return telemetry;
}

}  // namespace edgebench::agent
