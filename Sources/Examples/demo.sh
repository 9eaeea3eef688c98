#!/bin/bash
# `make demo`: starts the example servers, calls every method with the example clients, over plaintext and over TLS,
# and stops the servers. Usage: demo.sh FOLDER-OF-THE-BINARIES   Exit code 0 says that all went well.
set -Eeuo pipefail

bin=$(cd "$1" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/freshet-demo.XXXXXX")
declare -A pids=()   # the running servers, by name

say() { printf '\n==> %s\n' "$*"; }

fail() {
  trap - ERR
  for log in "$work"/*.log; do
    [[ -s $log ]] && { echo "--- $(basename "$log")"; tail -n 40 "$log"; }
  done
  printf '\n==> FAILED: %s\n' "$*"
  exit 1
}

clean_up() {
  for name in "${!pids[@]}"; do
    kill -KILL "${pids[$name]}" 2>/dev/null || true
    wait "${pids[$name]}" 2>/dev/null || true
  done
  rm -rf "$work"
}
trap clean_up EXIT
trap 'fail "line $LINENO: $BASH_COMMAND"' ERR

# start NAME PROGRAM FLAGS…   Runs a server, waits for its ready line, and sets `port`.
start() {
  local name=$1 program=$2 ready
  shift 2
  "$bin/$program" serve --port 0 "$@" >"$work/$name.out.log" 2>"$work/$name.err.log" &
  pids[$name]=$!
  for _ in {1..200}; do
    ready=$(grep -m 1 "^$program: listening on " "$work/$name.out.log" || true)
    [[ -n $ready ]] && break
    kill -0 "${pids[$name]}" 2>/dev/null || fail "$name ended before it was ready"
    sleep 0.1
  done
  [[ -n $ready ]] || fail "$name was not ready after 20 s"
  port=${ready##*:}
  echo "    $name: process ${pids[$name]}, port $port"
}

# stop NAME   Sends SIGTERM, and waits for the exit code, which must be 0.
stop() {
  local name=$1 pid=${pids[$1]} code=0
  kill -TERM "$pid"
  for _ in {1..200}; do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL "$pid" 2>/dev/null || true   # a server that does not end is a failure, not a hang
  wait "$pid" || code=$?
  unset "pids[$name]"
  [[ $code -eq 0 ]] || fail "$name ended with exit code $code after SIGTERM"
  echo "    $name: SIGTERM, exit code 0"
}

# client PROGRAM ARGUMENTS…   Runs a client with `target` added, shows the command and what it printed: all or the ends.
client() {
  local shown='' word lines
  for word in "$@"; do
    [[ $word == *' '* ]] && word="\"$word\""
    shown+="$word "
  done
  printf "\n  $ %s\n" "${shown% }"
  timeout 60 "$bin/$1" "${@:2}" "${target[@]}" </dev/null >"$work/client.log" 2>&1 ||
    fail "the client ended with exit code $?: $shown"
  lines=$(wc -l <"$work/client.log")
  if [[ $lines -le 8 ]]; then
    sed 's/^/    /' "$work/client.log"
  else
    head -n 4 "$work/client.log" | sed 's/^/    /'
    echo "    … $((lines - 5)) lines more …"
    tail -n 1 "$work/client.log" | sed 's/^/    /'
  fi
}

# expect TEXT   Checks a line of what the last client printed.
expect() {
  grep -qxF -- "$1" "$work/client.log" || fail "the client did not print: $1"
}

call_echo() {
  client echo get "hello, stream";                 expect "hello, stream"
  client echo expand "one two three";              expect "three"
  client echo collect drops make a river;          expect "drops make a river"
  client echo update ping pong;                    expect "swift says: pong"
}

call_library() {
  client library list
  isbn=$(awk 'NR == 1 { print $1 }' "$work/client.log")
  [[ $(wc -l <"$work/client.log") -eq 500 ]] || fail "the library has 500 books, and $(wc -l <"$work/client.log") came"
  client library list --author "Ada Marsh" --page-size 10
  client library list --limit 3
  client library get "$isbn"
}

# The room by curl and by gRPC, which see each other.
call_chatroom() {
  local room=$1/chatroom.v1.Chatroom token
  shift
  ask() { curl --silent --show-error --fail-with-body --max-time 60 "$@"; }
  token=$(ask "$@" "$room/Login" -H 'content-type: application/json' -d '{"name": "curl"}' | sed 's/.*"token":"\([^"]*\)".*/\1/')
  ask "$@" "$room/Post" -H 'content-type: application/json' -H "authorization: Bearer $token" -d '{"text": "hello from curl"}'
  printf '\n    curl has posted\n'
  client chatroom post --name terminal "hello from gRPC"
  client chatroom join --name terminal --count 2;  expect "curl: hello from curl"; expect "terminal: hello from gRPC"
  printf '\0\0\0\0\x0b{"count":2}' | ask "$@" "$room/Read" -H 'content-type: application/connect+json' \
    -H "authorization: Bearer $token" --data-binary @- | tr -d '\000-\037' >"$work/curl.log"
  grep -q 'hello from gRPC' "$work/curl.log" || fail "curl did not read the room: $(cat "$work/curl.log")"
  echo "    curl has read: $(cat "$work/curl.log")"
}

# The room by plain WebSocket. URL, and the flag for the certificate.
call_socket() {
  target=(--url "$@")
  client chatroom socket --name socket --say "hello from a WebSocket" --count 3
  expect "terminal: hello from gRPC";              expect "socket: hello from a WebSocket"
}

# The page itself, in two tabs of a headless browser.
call_page() {
  local code=0
  timeout 120 python3 "$(dirname "$0")/chatroom/page-check.py" "$@" >"$work/page.log" 2>&1 || code=$?
  if [[ $code -eq 3 ]]; then
    echo "    skipped: the page was not opened, since there is no Chromium, and it could not be installed"
    return
  fi
  [[ $code -eq 0 ]] || fail "the page in Chromium ended with exit code $code"
  sed 's/^/    /' "$work/page.log"
}

make_certificates() {
  local key=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes)
  cd "$work"
  openssl req -x509 "${key[@]}" -days 2 -subj "/CN=Freshet demo CA" -keyout ca.key -out ca.pem
  openssl req "${key[@]}" -subj "/CN=localhost" -keyout server.key -out server.csr
  openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out server.pem \
    -extfile <(echo "subjectAltName = DNS:localhost, IP:127.0.0.1")
  cd - >/dev/null
}

say "A certificate authority and a certificate for localhost, made for this run"
make_certificates >"$work/openssl.log" 2>&1
openssl x509 -in "$work/server.pem" -noout -issuer -ext subjectAltName | sed 's/^ */    /'
tls=(--tls-cert "$work/server.pem" --tls-key "$work/server.key")

say "Starting the servers: echo, chatroom and library, each over plaintext and over TLS, and ticker"
start "echo" echo;                              echo_port=$port
start "echo-tls" echo "${tls[@]}";              echo_tls_port=$port
start "chatroom" chatroom;                      chatroom_port=$port
start "chatroom-tls" chatroom "${tls[@]}";      chatroom_tls_port=$port
start "ticker" ticker --interval 50;            ticker_port=$port
start "library" library;                        library_port=$port
start "library-tls" library "${tls[@]}";        library_tls_port=$port

say "echo over plaintext: the four kinds of call"
target=(--target "dns:///localhost:$echo_port")
call_echo

say "echo over TLS"
target=(--target "dns:///localhost:$echo_tls_port" --ca "$work/ca.pem")
call_echo

say "chatroom over plaintext: curl, terminals over gRPC and WebSocket, and the page in Chromium"
target=(--target "dns:///localhost:$chatroom_port")
call_chatroom "http://localhost:$chatroom_port"
call_socket "ws://localhost:$chatroom_port"
call_page "http://localhost:$chatroom_port/"

say "chatroom over TLS"
target=(--target "dns:///localhost:$chatroom_tls_port" --ca "$work/ca.pem")
call_chatroom "https://localhost:$chatroom_tls_port" --cacert "$work/ca.pem"
call_socket "wss://localhost:$chatroom_tls_port" --ca "$work/ca.pem"
call_page "https://localhost:$chatroom_tls_port/" --trust "$work/server.pem"

say "library over plaintext: 25 pages of a web site, as one stream of books"
target=(--target "dns:///localhost:$library_port")
call_library

say "library over TLS"
target=(--target "dns:///localhost:$library_tls_port" --ca "$work/ca.pem")
call_library

say "ticker: a WebSocket whose handler is a stream"
target=()
client ticker watch --port "$ticker_port" --count 3
[[ $(wc -l <"$work/client.log") -eq 3 ]] || fail "three prices were asked for, and $(wc -l <"$work/client.log") came"

say "Stopping the servers"
for name in echo echo-tls chatroom chatroom-tls ticker library library-tls; do stop "$name"; done

say "All went well."
