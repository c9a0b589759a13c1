#!/bin/sh
#
# claude_code - one prompt of Claude Code, with its OpenTelemetry metrics, log events and spans
#
# It is not among the pinned packages: MC_CLAUDE_CODE names its executable. All of its state goes
# to a home of its own, and its model is the one on loopback.
#
set -eu

: "${MC_CLAUDE_CODE:?names the executable of Claude Code}"
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
mkdir "$home/work"
cd "$home/work"

export HOME="$home" CLAUDE_CONFIG_DIR="$home/.claude"
export CLAUDE_CODE_ENABLE_TELEMETRY=1 CLAUDE_CODE_ENHANCED_TELEMETRY_BETA=1
export OTEL_METRICS_EXPORTER=otlp OTEL_LOGS_EXPORTER=otlp OTEL_TRACES_EXPORTER=otlp
export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf OTEL_METRIC_EXPORT_INTERVAL=600000
export OTEL_LOGS_EXPORT_INTERVAL=600000 OTEL_BSP_SCHEDULE_DELAY=600000
export CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1 DISABLE_AUTOUPDATER=1

"$MC_CLAUDE_CODE" -p "Is the parser safe?" --model claude-haiku-4-5 \
    --allowedTools Bash,Agent,Task --output-format text </dev/null
