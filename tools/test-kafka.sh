#!/usr/bin/env bash
# Runs the Kafka tests on a real Apache Kafka: on the broker that PICKET_TEST_KAFKA names, or else on one of the tests'
# own, whose jars are fetched once with Maven into bin/kafka. Where neither can be had it says so and succeeds.
set -euo pipefail
cd "$(dirname "$0")/.."

jars=$PWD/bin/kafka

skip() {
	echo "test-kafka: SKIPPED: $1; PICKET_TEST_KAFKA=host:port names a broker that is there" >&2
	exit 0
}

# The copy is complete or not there, and of the version that the pom names.
fetch() {
	cmp -s tools/kafka/pom.xml "$jars/pom.xml" && return
	command -v mvn >/dev/null || skip "no broker, and no Maven to fetch one with"
	local part=$jars.part
	rm -rf "$part"
	# From a plugin of a fixed version: what runs here is what was tried.
	mvn -q -B -f tools/kafka/pom.xml org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
		-DincludeScope=runtime -DoutputDirectory="$part" -Dmaven.artifact.threads=10 || skip "Kafka's jars cannot be fetched"
	cp tools/kafka/pom.xml "$part/"
	rm -rf "$jars"
	mv "$part" "$jars"
}

if [[ -z ${PICKET_TEST_KAFKA:-} ]]; then
	command -v java >/dev/null || skip "no broker, and no Java to run one with"
	fetch
	export PICKET_TEST_KAFKA_JARS=$jars
fi
bin/picket-local exec -- go test -race -count=1 -timeout 30m "$@" ./services/ingest/internal/consumer
# Two processes of ingest, of which one comes, is killed and leaves.
exec bin/picket-local exec -- go test -count=1 "$@" -run 'BetweenIngestProcesses' ./test/e2e
