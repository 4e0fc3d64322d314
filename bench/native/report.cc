#include "report.h"

#include <cstdio>

namespace bench {
namespace {

void print_text(const char* name, const std::string& text) {
  std::printf(",\"%s\":\"", name);
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      std::printf("\\%c", c);
    } else if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e) {
      std::printf("\\u%04x", static_cast<unsigned char>(c));
    } else {
      std::putchar(c);
    }
  }
  std::printf("\"");
}

}  // namespace

void print_latencies(const Histogram& latencies, bool buckets) {
  const auto micros = [](uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e3; };
  std::printf(
      ",\"latencyUs\":{\"count\":%lu,\"mean\":%.2f,\"p50\":%.2f,\"p90\":%.2f,\"p99\":%.2f,\"p999\":%.2f,"
      "\"max\":%.2f",
      latencies.count(), latencies.mean() / 1e3, micros(latencies.quantile(0.5)),
      micros(latencies.quantile(0.9)), micros(latencies.quantile(0.99)), micros(latencies.quantile(0.999)),
      micros(latencies.max()));
  if (buckets) {
    std::printf(",\"buckets\":[");
    const char* separator = "";
    for (size_t i = 0; i < Histogram::kBuckets; ++i) {
      if (latencies.in_bucket(i) == 0) continue;
      std::printf("%s[%.3f,%lu]", separator, micros(Histogram::upper_bound(i)), latencies.in_bucket(i));
      separator = ",";
    }
    std::printf("]");
  }
  std::printf("}");
}

void print_outcome(const Watched& watched, const Outcome& outcome) {
  const double seconds = static_cast<double>(outcome.measured) / 1e9;
  const auto deliveries = static_cast<double>(outcome.deliveries);
  const auto server_cpu = static_cast<double>(outcome.server_cpu);
  std::printf(
      "{\"seconds\":%.4f,\"published\":%lu,\"received\":%lu,\"deliveries\":%lu,\"deliveriesPerSecond\":%.1f",
      seconds, outcome.published, outcome.received, outcome.deliveries, deliveries / seconds);
  std::printf(",\"loadBusy\":%.4f", outcome.load_busy);
  std::printf(",\"loadWaited\":%.4f,\"coreTaken\":%.4f", outcome.load_waited, outcome.core_taken);
  if (!watched.server_processes.empty()) {
    std::printf(",\"serverBusy\":%.4f,\"cpuUsPerDelivery\":%.5f", server_cpu / 1e9 / seconds,
                deliveries > 0 ? server_cpu / 1e3 / deliveries : 0.0);
  }
  std::printf(",\"lost\":%lu,\"doubled\":%lu,\"outOfOrder\":%lu,\"disconnected\":%u,\"stalled\":%s",
              outcome.faults.lost, outcome.faults.doubled, outcome.faults.out_of_order, outcome.disconnected,
              outcome.stalled ? "true" : "false");
  std::printf(",\"longestGapMs\":%.3f", static_cast<double>(outcome.longest_gap) / 1e6);
  if (!outcome.complaint.empty()) print_text("complaint", outcome.complaint);
}

void print_report(const Options& options, const Outcome& outcome, const Histogram& latencies) {
  print_outcome(options, outcome);
  if (options.rate > 0) {
    std::printf(",\"worstDelayUs\":%.2f", static_cast<double>(outcome.worst_delay) / 1e3);
    print_latencies(latencies, options.histogram);
  }
  std::printf("}\n");
}

}  // namespace bench
