#!/usr/bin/env bash
# A Ray head on this machine: token on, job server on loopback, telemetry off. Stop it with Ctrl-C.
#
# Seven ports listen on every interface whatever Ray is told: the control store, two of the raylet and two of its agent,
# which the token guards without encrypting, and two of metrics, which answer to anybody. On a machine that others can
# reach, close all of them in the firewall.
#
#   cluster/local/start-head.sh [port of the job server, default 8265]
#
# Then, in another terminal:
#   export RAY_AUTH_MODE=token RAY_AUTH_TOKEN_PATH=~/.multisite/ray-token RAY_API_SERVER_ADDRESS=http://127.0.0.1:8265
#   ray job submit -- exec python jobs/extract.py configs/demo.yaml --sites configs/sites --workspace "$PWD/workspace"
set -euo pipefail
port=${1:-8265}
token=${RAY_AUTH_TOKEN_PATH:-$HOME/.multisite/ray-token}

# Ray's own token file would be readable by everyone on the machine.
if [[ ! -s $token ]]; then
    mkdir -p "$(dirname "$token")"
    (umask 077 && head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$token")
fi

export RAY_AUTH_MODE=token RAY_AUTH_TOKEN_PATH=$token
# It would win over the file.
unset RAY_AUTH_TOKEN
export RAY_USAGE_STATS_ENABLED=0 RAY_DEDUP_LOGS=0 RAY_task_oom_retries=1
# Ray's head asks the clouds' metadata servers where it runs, whatever the settings say; a closed port is all they get.
# multisite takes these two out again for its drivers and workers.
export http_proxy=http://127.0.0.1:9 no_proxy=127.0.0.1,localhost
unset HTTP_PROXY NO_PROXY
# Ray takes 127.0.0.1 for "find my address" and would listen on the network; 127.0.0.2 is loopback, too. The port of the
# agent is fixed unless it is 0, and a second head on this machine would find it taken.
# Ray cancels tasks with SIGINT; a shell that started this in the background would have it ignored.
exec env --default-signal=INT ray start --head --block \
    --node-ip-address 127.0.0.2 --port 0 --dashboard-host 127.0.0.1 --dashboard-port "$port" \
    --dashboard-agent-listen-port 0 \
    --disable-usage-stats
