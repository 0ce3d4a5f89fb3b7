#!/usr/bin/env bash
# Compares the contract in proto with the commit before: HEAD if proto has uncommitted changes, else HEAD~1.
#
# Every commit is expected to run this before it is pushed. A push of many commits is judged by its last one alone.
#
# Until v0.1.0 a commit may break the contract if a line of its message body says so and says why:
#
#     breaking: GetEvent answers NOT_FOUND, no longer an empty event
#
# Uncommitted changes have no message yet: BREAKING='why' make verify says the same. From v0.1.0 on neither is accepted,
# and a change that breaks needs a new package version, such as picket.ingest.v2.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! git rev-parse --quiet --verify 'HEAD^{commit}' >/dev/null; then
	echo "breaking: no commit to compare with"
	exit 0
fi
if [ -n "$(git status --porcelain -- proto)" ]; then
	base=HEAD
	why=${BREAKING:-}
else
	base=HEAD~1
	# In the first commit, and in a clone of depth one, there is no HEAD~1.
	if ! git rev-parse --quiet --verify "$base^{commit}" >/dev/null; then
		echo "breaking: HEAD has no parent here, nothing to compare with"
		exit 0
	fi
	# More than one commit if HEAD is a merge: those that it brought in speak too.
	why=$(git log --format=%b "$base..HEAD" | sed -n 's/^breaking: *//p')
fi

before=$(mktemp -d)
trap 'rm -rf "$before"' EXIT
# A commit without buf.yaml or without protos had no contract to break.
if ! git archive "$base" -- buf.yaml proto third_party/proto 2>/dev/null | tar -x -C "$before" 2>/dev/null ||
	[ -z "$(find "$before/proto" -name '*.proto' -print -quit)" ]; then
	echo "breaking: $(git rev-parse --short "$base") has no contract, nothing to compare with"
	exit 0
fi

if bin/buf breaking proto --against "$before/proto"; then
	exit 0
fi
if [ -z "$why" ]; then
	echo "breaking: the contract of $(git rev-parse --short "$base") is broken, and no 'breaking: why' says so" >&2
	exit 1
fi
if [ -n "$(git tag --merged HEAD --list 'v[0-9]*')" ]; then
	echo "breaking: there has been a release, so the contract may no longer be broken" >&2
	exit 1
fi
echo "breaking: accepted: $why"
