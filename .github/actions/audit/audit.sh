#!/usr/bin/env bash
# The step "Audit" of action.yml. Inputs come as environment variables and are never evaluated.
set -euo pipefail

dlqctl="${DLQCTL:-$RUNNER_TEMP/dlqctl/bin/dlqctl}"
sarif="$RUNNER_TEMP/dlqctl-audit.sarif"
summary="$RUNNER_TEMP/dlqctl-audit.md"
rm -f "$sarif" "$summary"

arguments=(-o github --also "sarif=$sarif" --also "markdown=$summary")

# each OPTION VALUES: the option once for every word of VALUES, commas counting as spaces.
each() {
  local words word
  read -r -d '' -a words <<<"${2//,/ }" || true
  for word in "${words[@]+"${words[@]}"}"; do
    arguments+=("$1=$word")
  done
}

each --region "${REGIONS:-}"
each --role-arn "${ROLE_ARNS:-}"
each --queue "${QUEUES:-}"
each --function "${FUNCTIONS:-}"
each --select "${SELECT:-}"
each --ignore "${IGNORE:-}"
if [ -n "${FAIL_ON:-}" ]; then arguments+=("--fail-on=$FAIL_ON"); fi
if [ -n "${CONFIG:-}" ]; then arguments+=("--config=$CONFIG"); fi
if [ -n "${BASELINE:-}" ]; then arguments+=("--baseline=$BASELINE"); fi
if [ -n "${SARIF_ANCHOR:-}" ]; then arguments+=("--sarif-anchor=$SARIF_ANCHOR"); fi

code=0
"$dlqctl" audit "${arguments[@]}" || code=$?

echo "exit-code=$code" >>"$GITHUB_OUTPUT"
if [ -f "$sarif" ]; then echo "sarif-file=$sarif" >>"$GITHUB_OUTPUT"; fi
if [ -f "$summary" ]; then cat "$summary" >>"$GITHUB_STEP_SUMMARY"; fi
