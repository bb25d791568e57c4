#include "api/main/flag_table.h"

#include <array>

namespace tocsin {
namespace {

using enum FlagKind;

constexpr std::array kFlags = std::to_array<FlagSpec>({
    {"config.file", kText, "prometheus.yml", "Configuration file."},
    {"config.auto-reload", kBool, "false", "Reload by itself when the configuration's files change."},
    {"config.auto-reload-interval", kDuration, "30s", "How often the files are looked at with --config.auto-reload."},
    {"reload.strict", kBool, "false", "One bad rule file refuses the whole reload, as in Prometheus."},

    {"web.listen-address", kTexts, "0.0.0.0:9090", "Address to listen on, or unix:/path; can be repeated."},
    {"web.config.file", kText, "", "File with TLS, users and headers of the server."},
    {"web.read-timeout", kDuration, "5m", "To read a request, and for how long an idle connection is kept."},
    {"web.max-connections", kInteger, "512", "Simultaneous connections over all listeners."},
    {"web.max-notifications-subscribers", kInteger, "16", "Simultaneous readers of /api/v1/notifications/live."},
    {"web.external-url", kText, "", "URL under which people reach the server, for links; its path is the default of --web.route-prefix."},
    {"web.route-prefix", kText, "", "Prefix of all paths."},
    {"web.enable-lifecycle", kBool, "false", "Enable /-/reload and /-/quit."},
    {"web.enable-admin-api", kBool, "false", "Enable deletion and other administration by the API."},
    {"web.enable-remote-write-receiver", kBool, "false", "Accept remote write."},
    {"web.remote-write-receiver.accepted-protobuf-messages", kTexts, "prometheus.WriteRequest,io.prometheus.write.v2.Request",
     "Remote write messages to accept."},
    {"web.enable-otlp-receiver", kBool, "false", "Accept OTLP metrics."},
    {"web.page-title", kText, "Prometheus Time Series Collection and Processing Server", "Title of the pages."},
    {"web.cors.origin", kText, ".*", "Regular expression, fully anchored, for CORS origins."},
    {"web.search.max-limit", kInteger, "10000", "Largest limit of the search endpoints; 0: none."},
    {"web.user-assets", kText, "", "Files served at /user.", true},
    {"web.console.templates", kText, "consoles", "Console templates.", true},
    {"web.console.libraries", kText, "console_libraries", "Console libraries.", true},
    {"grpc.listen-address", kText, "", "Address of OTLP over gRPC; off when empty."},

    {"storage.tsdb.path", kText, "data/", "Folder of the store; its files lie in its sub-folder tocsin/."},
    {"storage.memory-only", kBool, "false", "Keep nothing on disk."},
    {"storage.tsdb.retention.time", kDuration, "",
     "How long samples are kept, memory permitting; 15d when neither this nor the size is set."},
    {"storage.tsdb.retention.size", kBytes, "", "Bytes that samples may take."},
    {"memory.max", kBytes, "", "Memory of the whole process; default: 80% of the cgroup's limit, else half of the machine's memory."},
    {"storage.remote.flush-deadline", kDuration, "1m", "To send remote-written samples at the end or at a reload."},
    {"storage.remote.read-sample-limit", kInteger, "50000000", "Samples of one remote read; 0: no limit."},
    {"storage.remote.read-concurrent-limit", kInteger, "10", "Simultaneous remote reads; 0: no limit."},
    {"storage.remote.read-max-bytes-in-frame", kInteger, "1048576", "Bytes of one frame of a streamed remote read."},

    {"rules.alert.for-outage-tolerance", kDuration, "1h", "Longest outage over which the \"for\" state is restored from ALERTS_FOR_STATE."},
    {"rules.alert.for-grace-period", kDuration, "10m", "Shortest time between a restored \"for\" state and the alert."},
    {"rules.alert.resend-delay", kDuration, "1m", "Shortest time between two sendings of an alert."},
    {"rules.max-concurrent-evals", kInteger, "4", "Independent rules that are evaluated at once (feature concurrent-rule-eval)."},
    {"alertmanager.notification-queue-capacity", kInteger, "10000", "Alerts that wait for one Alertmanager."},
    {"alertmanager.notification-batch-size", kInteger, "256", "Alerts sent at once."},
    {"alertmanager.drain-notification-queue-on-shutdown", kBool, "true", "Send what waits before the process ends."},

    {"query.lookback-delta", kDuration, "5m", "How far back a query looks for a sample."},
    {"query.timeout", kDuration, "2m", "Longest time of a query."},
    {"query.max-concurrency", kInteger, "20", "Queries that run at once."},
    {"query.max-samples", kInteger, "50000000", "Samples that one query may load."},

    {"enable-feature", kTexts, "", "Experimental features, comma separated, by Prometheus's names."},
    {"log.level", kText, "info", "debug, info, warn or error."},
    {"log.format", kText, "logfmt", "logfmt or json."},

    {"agent", kBool, "false", "Agent mode.", true},
    {"auto-gomaxprocs", kBool, "true", "Of Go's runtime.", true},
    {"auto-gomemlimit", kBool, "true", "Of Go's runtime.", true},
    {"auto-gomemlimit.ratio", kFloat, "0.9", "Of Go's runtime.", true},
    {"auto-gomemlimit.refresh-interval", kDuration, "0s", "Of Go's runtime.", true},
    {"storage.tsdb.min-block-duration", kDuration, "2h", "Of Prometheus's blocks.", true},
    {"storage.tsdb.max-block-duration", kDuration, "", "Of Prometheus's blocks.", true},
    {"storage.tsdb.max-block-chunk-segment-size", kBytes, "", "Of Prometheus's blocks.", true},
    {"storage.tsdb.wal-segment-size", kBytes, "", "Of Prometheus's log.", true},
    {"storage.tsdb.no-lockfile", kBool, "false", "Of Prometheus's store.", true},
    {"storage.tsdb.allow-overlapping-compaction", kBool, "true", "Of Prometheus's blocks.", true},
    {"storage.tsdb.wal-compression", kBool, "true", "Of Prometheus's log.", true},
    {"storage.tsdb.wal-compression-type", kText, "snappy", "Of Prometheus's log.", true},
    {"storage.tsdb.head-chunks-write-queue-size", kInteger, "0", "Of Prometheus's store.", true},
    {"storage.tsdb.samples-per-chunk", kInteger, "120", "Of Prometheus's store.", true},
    {"storage.tsdb.delayed-compaction.max-percent", kInteger, "10", "Of Prometheus's blocks.", true},
    {"storage.tsdb.delay-compact-file.path", kText, "", "Of Prometheus's blocks.", true},
    {"storage.tsdb.block-reload-interval", kDuration, "1m", "Of Prometheus's blocks.", true},
    {"storage.agent.path", kText, "data-agent/", "Of agent mode.", true},
    {"storage.agent.wal-segment-size", kBytes, "", "Of agent mode.", true},
    {"storage.agent.wal-compression", kBool, "true", "Of agent mode.", true},
    {"storage.agent.wal-compression-type", kText, "snappy", "Of agent mode.", true},
    {"storage.agent.wal-truncate-frequency", kDuration, "", "Of agent mode.", true},
    {"storage.agent.retention.min-time", kDuration, "5m", "Of agent mode.", true},
    {"storage.agent.retention.max-time", kDuration, "4h", "Of agent mode.", true},
    {"storage.agent.checkpoint-from-in-memory-series", kBool, "false", "Of agent mode.", true},
    {"storage.agent.checkpoint-batch-size", kInteger, "1000", "Of agent mode.", true},
    {"storage.agent.no-lockfile", kBool, "false", "Of agent mode.", true},
    {"scrape.adjust-timestamps", kBool, "true", "Sample times are always aligned here.", true},
    {"scrape.timestamp-tolerance", kDuration, "2ms", "Sample times are always aligned here.", true},
    {"scrape.discovery-reload-interval", kDuration, "5s", "How often changes of discovery are handed on."},
});

}  // namespace

std::span<const FlagSpec> ServerFlagTable() { return kFlags; }

}  // namespace tocsin
