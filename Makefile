# Entry points. `make demo` and `make test` work on a fresh Debian 12 machine with a Swift 6.3 toolchain;
# `make help` lists all targets.

SHELL := /bin/bash
# The toolchain may be in the PATH of login shells only.
ifeq ($(shell command -v swift),)
export PATH := $(shell bash -lc 'echo "$$PATH"')
endif
STEP := .ci/step
SWIFT_FLAGS := --explicit-target-dependency-import-check error

BUILD_PACKAGES := libnghttp2-dev libssl-dev zlib1g-dev libzstd-dev libbrotli-dev
DEMO_PACKAGES := openssl curl python3
TEST_PACKAGES := openssl protobuf-compiler protobuf-compiler-grpc libprotobuf-dev libgrpc++-dev libstdc++-12-dev python3-venv \
  nghttp2-client curl chromium
ATTACK_PACKAGES := openssl gcc libc6-dev
BENCH_PACKAGES := nghttp2-client nghttp2-server openssl valgrind gcc g++ libgrpc++-dev libprotobuf-dev protobuf-compiler \
  protobuf-compiler-grpc golang-go golang-google-grpc-dev golang-goprotobuf-dev libboost-dev libwebsockets-dev python3-venv
# Servers and proxies that tests start: unpacked, not installed, with the libraries that they need.
SOFTWARE_PACKAGES := etcd-server nginx nghttp2-proxy haproxy
SOFTWARE_LIBRARIES := libc-ares2 libev4 libjemalloc2 liblua5.3-0 libopentracing-c-wrapper0 libpcre2-8-0

PEERS := .build-peers
REQUIREMENTS := Tests/InteropTests/peers/requirements.txt
export FRESHET_PEER_PYTHON := $(CURDIR)/$(PEERS)/venv/bin/python
export FRESHET_PEER_STUBS := $(CURDIR)/$(PEERS)/stubs
export FRESHET_PEER_CPP := $(CURDIR)/$(PEERS)/cpp
export FRESHET_PEER_SOFTWARE := $(CURDIR)/$(PEERS)/software

.NOTPARALLEL:
.PHONY: help demo test format lint test-tsan test-asan oracle oracle-part fuzz fuzz-web fuzz-websocket interleavings stress bench-streams bench-compiler \
  bench soak soak-sockets bench-peers bench-instructions bench-freshet bench-packages bench-tests attack \
  release-compiler generate check-generated build consumer stub-matrix stub-matrix-part large-service clean packages test-packages peers python-peers cpp-peers software generator autobahn websocket-suite websocket-suite-part try-websocket-suite

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-19s %s\n", $$1, $$2 }'

demo: packages ## Run the example servers and clients, over plaintext and over TLS
	@.ci/install $(DEMO_PACKAGES)
	@.ci/install chromium || echo '    Chromium cannot be installed: the page of the chat room will not be opened'
	@$(STEP) 'Building' build swift build $(SWIFT_FLAGS)
	@Sources/Examples/demo.sh .build/debug

# Swift Testing starts all tests at once; on two cores, 20 s of a handshake's time-out passed between two turns of one test.
# Running twelve at once takes no longer overall.
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH := 12

# Generated code is not reformatted.
SWIFT_SOURCES = $$(git ls-files '*.swift' | grep -vE '^(Generated|Benchmarks/Generated|Tests/StubGeneratorTests/Golden)/')
format: ## Format all Swift sources by .swift-format
	@swift format --in-place --parallel $(SWIFT_SOURCES)

lint: ## Check that all Swift sources are formatted
	@$(STEP) 'Checking the format of all sources' lint swift format lint --strict --parallel $(SWIFT_SOURCES)

test: packages test-packages peers lint ## Build and run all tests, including those against gRPC for Python and gRPC C++
	@$(STEP) 'Building, tests included' build swift build --build-tests $(SWIFT_FLAGS)
	@$(MAKE) --no-print-directory check-generated
	@rm -f .build-logs/interop-*
	@$(STEP) --closing 3 'Running all tests' test swift test --skip-build $(SWIFT_FLAGS) || \
	  { grep -h FAILED .build-logs/interop-*; exit 1; }
	@grep -h '^back-pressure' .build-logs/test.log | sed 's/^/    /'
	@grep -h '^conformance' .build-logs/test.log | sed 's/^/    /'
	@grep -hE '^(stream laws: [0-9]|interleavings)' .build-logs/test.log | sed 's/^/    /'
	@tail -n 1 .build-logs/interop-matrix.txt | sed 's/^/    echo service with gRPC for Python: /'
	@sed -n '1s/^/    /p; $$s/^/    /p' .build-logs/interop-software.txt
	@grep -o ' – .*' .build-logs/interop-software.txt | sort | uniq -c | sed 's/ *\([0-9]*\)  – /    of which \1: /'
	@sed 's/^/    /' .build-logs/interop-programs.md
	@sed 's/^/    /' .build-logs/interop-web.md
	@sed 's/^/    /' .build-logs/interop-websocket.md
	@$(MAKE) --no-print-directory bench-tests oracle-part websocket-suite-part stub-matrix-part consumer

# A separate package with its own SwiftPM build, so it is not part of the test suite.
consumer: packages ## Build and run a user's package with Freshet and its plugins
	@$(STEP) --closing 1 'Building a package that depends on this one, with the plugins' consumer \
	  Tests/ConsumerPackage/check.sh $(CURDIR)/.build-consumer

# Stubs with the settings that users may have; `make test` has a part. Also builds packages with older tools versions.
MATRIX = $(FRESHET_PEER_PYTHON) Tests/StubMatrix/matrix.py --build .build/debug
# A service of 275 streaming methods once did not compile, and compile time was quadratic in their number.
LARGE = $(FRESHET_PEER_PYTHON) Tests/StubMatrix/large.py --build .build/debug
stub-matrix-part: python-peers
	@$(STEP) --closing 1 'Compiling stubs with a part of all settings' stub-matrix-part $(MATRIX) --part
	@$(STEP) --closing 1 'Compiling the stubs of a large service' large-service-part $(LARGE) --methods 275

large-service: generator python-peers ## Compile services of up to 1,000 streaming methods, in linear time
	@$(STEP) --closing 3 'Compiling large services' large-service $(LARGE)
	@$(STEP) --closing 3 'Compiling large services, optimized' large-service-optimized $(LARGE) -O

stub-matrix: generator python-peers ## Compile stubs, including those of public schemas, with all settings
	@$(STEP) 'Fetching packages that bring schemas' oracle-packages $(COMPILER_TESTS)/oracle/collect.sh $(ORACLE)
	@$(STEP) --closing 1 'Compiling stubs with all settings' stub-matrix $(MATRIX) --public Protos $(SITE) $(wildcard $(ORACLE)/*)
	@$(STEP) --closing 1 'Building packages of older tools versions' stub-packages \
	  Tests/StubMatrix/packages.sh $(CURDIR)/.build-consumer

# The schema compiler's three long checks, with a release build. A static executable starts in a third of the time, since
# there is nothing to load and relocate. Not available on macOS.
RELEASE := .build/release
RELEASE_FLAGS := -c release $(if $(filter Linux,$(shell uname)),-Xswiftc -static-executable) $(SWIFT_FLAGS)
ORACLE := $(PEERS)/oracle
SITE = $(firstword $(wildcard $(PEERS)/venv/lib/python3*/site-packages))
COMPILER_TESTS := Tests/ProtoCompilerTests
COMPARE = $(FRESHET_PEER_PYTHON) $(COMPILER_TESTS)/oracle/oracle.py
OWN_SCHEMAS := Protos $(COMPILER_TESTS)/Fixtures $(COMPILER_TESTS)/Editions

# The schemas already available, with the debug build: for `make test`.
oracle-part: test-packages python-peers
	@$(STEP) --closing 1 'Comparing descriptors with protoc, for a part of all schemas' oracle-part \
	  $(COMPARE) --freshet .build/debug/freshet $(SITE)/google $(OWN_SCHEMAS)

oracle: release-compiler test-packages python-peers ## Compare our descriptors with protoc's, for all available schemas
	@$(STEP) 'Fetching packages that bring schemas' oracle-packages $(COMPILER_TESTS)/oracle/collect.sh $(ORACLE)
	@$(STEP) --closing 2 'Comparing with protoc' oracle $(COMPARE) --freshet $(RELEASE)/freshet \
	  $(ORACLE) $(SITE)/google $(SITE)/grpc_tools/_proto $(OWN_SCHEMAS) .build/checkouts/swift-protobuf

fuzz: release-compiler ## Compile a million damaged schemas (FRESHET_FUZZ_COUNT, FRESHET_FUZZ_SEED)
	@$(STEP) --closing 1 'Compiling damaged schemas' fuzz $(RELEASE)/schema-fuzz \
	  $(COMPILER_TESTS)/Fixtures $(COMPILER_TESTS)/Editions Protos

fuzz-web: packages ## Give the parsers of the web's protocols a million damaged inputs (FRESHET_FUZZ_COUNT, FRESHET_FUZZ_SEED)
	@$(STEP) 'Building the fuzzer' build-fuzz-web swift build -c release $(SWIFT_FLAGS) --product web-fuzz
	@$(STEP) --closing 1 'Reading damaged inputs' fuzz-web $(RELEASE)/web-fuzz

fuzz-websocket: packages ## Have WebSocket sessions read two million frames, many of them damaged (FRESHET_FUZZ_COUNT, FRESHET_FUZZ_SEED)
	@$(STEP) 'Building the fuzzer' build-fuzz-websocket swift build -c release $(SWIFT_FLAGS) --product websocket-fuzz
	@$(STEP) --closing 2 'Reading damaged frames' fuzz-websocket $(RELEASE)/websocket-fuzz

bench-compiler: release-compiler test-packages python-peers ## Compare our schema compiler's time with protoc's
	@$(STEP) --closing 6 'Timing' bench-compiler python3 Benchmarks/compiler.py --freshet $(RELEASE)/freshet \
	  /usr/include:google/protobuf/any.proto $(SITE):google/api/annotations.proto $(SITE):google/api \
	  $(SITE):google Protos

INTERLEAVINGS ?= 1000000
interleavings: packages ## Play a million random event orders of the streams (INTERLEAVINGS, FRESHET_SEED)
	@$(STEP) 'Building, tests included' build swift build --build-tests $(SWIFT_FLAGS)
	@$(STEP) 'Playing interleavings' interleavings env FRESHET_INTERLEAVINGS=$(INTERLEAVINGS) \
	  swift test --skip-build $(SWIFT_FLAGS) --filter Interleavings
	@grep -h '^interleavings' .build-logs/interleavings.log | sed 's/^/    /'

STRESS_SECONDS ?= 600
stress: packages ## Check every message of random calls under load, for ten minutes (STRESS_SECONDS, FRESHET_SEED)
	@$(STEP) 'Building the stress program for release' build-stress swift build -c release $(SWIFT_FLAGS) --product stress
	@set -o pipefail; STRESS_SECONDS=$(STRESS_SECONDS) $(RELEASE)/stress | tee .build-logs/stress.log

# A suite for Python 2, ported when it is installed; an environment of its own, since it needs old libraries.
AUTOBAHN := Tests/InteropTests/peers/autobahn
AUTOBAHN_CASES ?= *
export AUTOBAHN_SUITE := $(CURDIR)/$(PEERS)/autobahn
AUTOBAHN_PYTHON := $(AUTOBAHN_SUITE)/venv/bin/python -W ignore
websocket-suite: autobahn ## Run the whole Autobahn test-suite, as a server and as a client (AUTOBAHN_CASES=1.*,2.*)
	@$(STEP) 'Building its peer for release' build-websocket-peer swift build -c release $(SWIFT_FLAGS) --product websocket-peer
	@FRESHET_STEP_LIMIT=4h $(STEP) --closing 1 'Running the Autobahn test-suite' websocket-suite $(AUTOBAHN_PYTHON) \
	  $(AUTOBAHN)/freshet.py $(RELEASE)/websocket-peer .build-logs/websocket-suite-cases.txt --cases '$(AUTOBAHN_CASES)'

# Without the large messages of section 9 and the thousands of 12 and 13.
AUTOBAHN_PART := 1.*,2.*,3.*,4.*,5.*,6.*,7.*,10.*,12.1.1,12.3.4,13.1.1,13.3.4,13.7.7
websocket-suite-part: autobahn
	@$(STEP) --closing 1 'Running a part of the Autobahn test-suite' websocket-suite-part $(AUTOBAHN_PYTHON) \
	  $(AUTOBAHN)/freshet.py .build/debug/websocket-peer .build-logs/websocket-suite-part-cases.txt --carriers HTTP/1.1,HTTP/2 --cases '$(AUTOBAHN_PART)'

try-websocket-suite: autobahn ## Try that suite in both roles with an echo by PyPI's websockets
	@$(STEP) --closing 13 'Trying the Autobahn test-suite' try-websocket-suite $(AUTOBAHN_PYTHON) $(AUTOBAHN)/trial.py

autobahn: test-packages
	@$(STEP) 'Installing the Autobahn test-suite, if missing' autobahn $(AUTOBAHN)/build.sh $(AUTOBAHN_SUITE)

BENCH := Benchmarks/.build/release
BENCH_PEERS := $(CURDIR)/$(PEERS)/bench
BENCH_ROUNDS ?= 5
BENCH_SECONDS ?= 1
BENCH_OUT ?= .build-bench
bench: packages bench-packages bench-freshet bench-peers software ## Measure Freshet and its peers (BENCH_ROUNDS, BENCH_SECONDS, BENCH_ONLY, BENCH_OUT)
	@python3 Benchmarks/measure --rounds $(BENCH_ROUNDS) --seconds $(BENCH_SECONDS) --out $(BENCH_OUT) $(if $(BENCH_ONLY),--only $(BENCH_ONLY))

# Minutes of mixed protocols, cut connections and garbage.
SOAK_MINUTES ?= 20
soak: bench-freshet ## Call a server in all protocols for a long time and watch its memory (SOAK_MINUTES)
	@$(STEP) --closing 30 'Soaking' soak python3 Benchmarks/soak.py --minutes $(SOAK_MINUTES)

soak-sockets: packages ## Open and end a thousand WebSockets at a time and watch a server's memory and descriptors (SOAK_MINUTES)
	@$(STEP) 'Building the server of WebSockets for release' build-websocket-peer \
	  swift build -c release $(SWIFT_FLAGS) --product websocket-peer
	@$(STEP) --closing 30 'Soaking' soak-sockets \
	  python3 Benchmarks/soak_sockets.py $(RELEASE)/websocket-peer --minutes $(SOAK_MINUTES)

# A peer that cannot be built is omitted, as the table notes.
bench-peers: bench-packages
	@$(STEP) 'Building the peer by grpc-swift-2' build-bench-grpc-swift \
	  swift build -c release --package-path Benchmarks --product grpc-swift-bench || true
	@$(STEP) 'Building the peer by gRPC C++' build-bench-grpc-cpp \
	  $(MAKE) -C Benchmarks/Peers/grpc-cpp -j2 OUT=$(BENCH_PEERS)/grpc-cpp || true
	@$(STEP) 'Building the peer by gRPC Go' build-bench-grpc-go \
	  $(MAKE) -C Benchmarks/Peers/grpc-go OUT=$(BENCH_PEERS)/grpc-go || true
	@$(STEP) 'Building the peers for WebSockets' build-bench-websocket \
	  $(MAKE) -C Benchmarks/Peers/websocket -k OUT=$(BENCH_PEERS)/websocket || true

bench-streams: packages ## Measure the cost of a stream element, compared with AsyncStream and AsyncChannel
	@$(STEP) 'Building the benchmark' build-bench-streams \
	  swift build -c release --package-path Benchmarks --product stream-bench
	@$(STEP) --closing 36 'Measuring' bench-streams $(BENCH)/stream-bench

bench-instructions: bench-freshet ## Count the instructions and allocations of a unary call; fail above the bound
	@$(STEP) --closing 1 'Counting allocations' bench-mallocs python3 Benchmarks/Counters/mallocs.py
	@$(STEP) --closing 2 'Counting instructions' bench-instructions python3 Benchmarks/Counters/instructions.py

# ATTACK_SERVER is an existing build of `echo`, ATTACK_ONLY lists attacks, separated by commas. Modules whose changes SwiftPM
# misses (bench-freshet) are rebuilt.
ATTACK_SERVER ?= $(CURDIR)/.build/release/echo
attack: packages ## Attack a server on loopback and measure its neighbours (ATTACK_ONLY, ATTACK_SERVER, ATTACK_OUT)
	@.ci/install $(ATTACK_PACKAGES)
ifeq ($(origin ATTACK_SERVER),file)
	@[ -z "$$(find Sources -name '*.swift' -newer $(RELEASE)/echo -print -quit 2>/dev/null)" ] || \
	  rm -rf $(RELEASE)/{Freshet*,EchoStubs,ExampleSupport,echo}.build
	@$(STEP) 'Building the server for release' build-attack swift build -c release --product echo $(SWIFT_FLAGS)
endif
	@python3 Benchmarks/attack --server $(ATTACK_SERVER) $(if $(ATTACK_ONLY),--only $(ATTACK_ONLY)) \
	  $(if $(ATTACK_OUT),--out $(ATTACK_OUT))

bench-tests:
	@$(STEP) "Testing the benchmark's harness" bench-tests \
	  python3 -m unittest discover --start-directory Benchmarks/tests --top-level-directory Benchmarks

# SwiftPM misses layout changes through re-exported modules, and the resulting program crashes; it also misses new files behind
# the link to this package. So after any change, all our modules are rebuilt.
bench-freshet: packages bench-packages
	@[ -z "$$(find Sources Benchmarks/Sources -name '*.swift' -newer $(BENCH)/freshet-bench -print -quit 2>/dev/null)" ] || \
	  rm -rf $(BENCH)/{,Modules/}{Freshet,freshet,Bench}* Benchmarks/.build/release.yaml
	@$(STEP) "Building Freshet's program of the benchmark" build-bench-freshet \
	  swift build -c release --package-path Benchmarks --product freshet-bench

release-compiler: packages test-packages
	@$(STEP) 'Building the compiler for release' build-release swift build $(RELEASE_FLAGS) --product freshet
	@$(STEP) 'Building its fuzzer for release' build-fuzz swift build $(RELEASE_FLAGS) --product schema-fuzz

# Sanitized code is many times slower: one test at a time, so that time-outs remain meaningful, and fewer random inputs.
SANITIZED := FRESHET_FUZZ_COUNT=1000 FRESHET_INTERLEAVINGS=10000

test-tsan: packages test-packages peers ## The same tests under ThreadSanitizer
	@$(STEP) 'Building for ThreadSanitizer' build-tsan \
	  swift build --build-tests $(SWIFT_FLAGS) --sanitize=thread --scratch-path .build-tsan
	@$(STEP) --closing 3 'Running all tests under ThreadSanitizer' test-tsan \
	  env TSAN_OPTIONS="suppressions=$(CURDIR)/Tests/tsan-suppressions.txt:exitcode=66" $(SANITIZED) \
	  swift test --skip-build --no-parallel $(SWIFT_FLAGS) --sanitize=thread --scratch-path .build-tsan

test-asan: packages test-packages peers ## The same tests under AddressSanitizer
	@$(STEP) 'Building for AddressSanitizer' build-asan \
	  swift build --build-tests $(SWIFT_FLAGS) --sanitize=address --scratch-path .build-asan
	@$(STEP) --closing 3 'Running all tests under AddressSanitizer' test-asan \
	  env LSAN_OPTIONS="suppressions=$(CURDIR)/Tests/lsan-suppressions.txt:print_suppressions=0" $(SANITIZED) \
	  swift test --skip-build --no-parallel --disable-xctest $(SWIFT_FLAGS) --sanitize=address --scratch-path .build-asan

build: packages ## Build everything
	@$(STEP) 'Building' build swift build $(SWIFT_FLAGS)

GOLDEN := Tests/StubGeneratorTests/Golden
# The schemas and the folders of their Swift. $(1): more flags.
define generate_all
	$(call generate,Echo,echo/v1/echo.proto,$(1))
	$(call generate,RouteGuide,routeguide/v1/routeguide.proto,$(1))
	$(call generate,Library,library/v1,$(1))
	$(call generate,Chatroom,chatroom/v1/chatroom.proto,$(1))
	$(call generate,GoogleRPC,google/rpc,$(1))
	$(call generate,Conformance,connectrpc/conformance/v1,$(1))
	$(call generate,GRPCTesting,grpc/testing,$(1))
	$(call generate,ORCA,xds,$(1))
	$(call generate,Etcd,etcd,$(1))
	$(call generate_bench,$(1))
	$(call generate_golden,,internal,$(1))
	$(call generate_golden,visibility_package.proto,package,$(1))
	$(call generate_golden,visibility_public.proto,public,$(1))
endef
define generate_golden
	@$(STEP) '$(if $(3),Comparing,Generating) golden stubs ($(2))' generate-golden-$(2) .build/debug/freshet generate \
	  $(or $(addprefix $(GOLDEN)/Schemas/,$(1)),$(filter-out %/visibility_package.proto %/visibility_public.proto,$(wildcard $(GOLDEN)/Schemas/*.proto))) \
	  --proto-path $(GOLDEN)/Schemas --out $(GOLDEN) --visibility $(2) $(3)

endef
define generate_bench
	@$(STEP) '$(if $(1),Comparing,Generating) Benchmarks/Generated/Freshet' generate-bench .build/debug/freshet generate \
	  Benchmarks/Protos/bench/v1/bench.proto --proto-path Benchmarks/Protos --out Benchmarks/Generated/Freshet \
	  --visibility public $(1)

endef
define generate
	@$(STEP) '$(if $(3),Comparing,Generating) Generated/$(1)' generate-$(1) .build/debug/freshet generate \
	  Protos/$(2) --proto-path Protos --out Generated/$(1) --visibility public $(3)

endef

generate: generator ## Regenerate Generated/ from Protos/
	$(call generate_all)

check-generated: generator ## Fail if Generated/ differs from Protos/
	$(call generate_all,--check)

generator: packages
	@$(STEP) 'Building the generator' build-generator swift build --product freshet $(SWIFT_FLAGS)

packages:
	@.ci/install $(BUILD_PACKAGES)

bench-packages:
	@.ci/install $(BENCH_PACKAGES)

test-packages:
	@.ci/install $(TEST_PACKAGES)

peers: python-peers cpp-peers software

# The virtual environment keeps a copy of its requirements, and is recreated when they change.
python-peers: test-packages
	@cmp -s $(REQUIREMENTS) $(PEERS)/venv/requirements.txt || { \
	  rm -rf $(PEERS)/venv && \
	  $(STEP) 'Making the Python environment of the peers' venv python3 -m venv $(PEERS)/venv && \
	  $(STEP) 'Installing gRPC for Python and hyper-h2 in it' pip \
	    $(PEERS)/venv/bin/pip install --quiet -r $(REQUIREMENTS) && \
	  cp $(REQUIREMENTS) $(PEERS)/venv/requirements.txt; }

cpp-peers: test-packages
	@$(STEP) 'Building the peers in C++, if missing' cpp-peers \
	  $(MAKE) -C Tests/InteropTests/peers/interop-cpp -j2 OUT=$(FRESHET_PEER_CPP)

software:
	@.ci/install $(SOFTWARE_LIBRARIES)
	@.ci/unpack $(FRESHET_PEER_SOFTWARE) $(SOFTWARE_PACKAGES)

clean: ## Remove all build products
	@rm -rf .build .build-* Benchmarks/.build
