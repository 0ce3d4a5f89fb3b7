#!/usr/bin/env bash
# Sends traces with clients that are not Go programs of this repository: the OpenTelemetry SDK for JavaScript, whose
# packages npm fetches into bin/otlp-js, and the collector's telemetrygen. Without npm the first is left out, and it says so.
set -euo pipefail
cd "$(dirname "$0")/.."

flags=(-otlp.telemetrygen="$PWD/bin/telemetrygen")
if command -v npm >/dev/null && command -v node >/dev/null; then
	mkdir -p bin/otlp-js
	cp tools/otlp-js/{package.json,package-lock.json,send.mjs} bin/otlp-js/
	npm ci --prefix bin/otlp-js --silent --no-audit --no-fund --ignore-scripts
	flags+=(-otlp.js="$PWD/bin/otlp-js/send.mjs")
else
	echo "test-otlp: the SDK for JavaScript is SKIPPED: there is no npm" >&2
fi
bin/picket-local exec -- go test -count=1 -v -run 'TestTracesOf' ./services/traces/internal/server -args "${flags[@]}"
