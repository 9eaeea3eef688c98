// swift-tools-version: 6.2
// The targets in the order of their layers, lowest first; dependencies only point down (ARCHITECTURE.md).
import PackageDescription

/// Warnings are errors in our own targets, not in dependencies.
let settings: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let protobufNames = Target.Dependency.product(name: "SwiftProtobufPluginLibrary", package: "swift-protobuf")
let protobufGenerator = Target.Dependency.product(name: "protoc-gen-swift", package: "swift-protobuf")
let swiftProtobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")

let package = Package(
  name: "freshet",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "Freshet", targets: ["Freshet"]),
    .library(name: "FreshetStreams", targets: ["FreshetStreams"]),
    .library(name: "FreshetWeb", targets: ["FreshetWeb"]),
    .library(name: "FreshetCompressions", targets: ["FreshetCompressions"]),
    .library(name: "FreshetErrorDetails", targets: ["FreshetErrorDetails"]),
    .executable(name: "freshet", targets: ["FreshetCommand"]),
    .executable(name: "protoc-gen-freshet", targets: ["protoc-gen-freshet"]),
    .plugin(name: "GenerateStubs", targets: ["GenerateStubs"]),
    .plugin(name: "GenerateStubsAtBuildTime", targets: ["GenerateStubsAtBuildTime"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-protobuf.git", from: "1.39.0"),
    .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections.git", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
  ],
  targets: [
    // 0: system libraries
    .systemLibrary(
      name: "CNGHTTP2", pkgConfig: "libnghttp2", providers: [.apt(["libnghttp2-dev"]), .brew(["nghttp2"])]),
    .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]),
    .systemLibrary(name: "CMalloc"),
    .systemLibrary(name: "CCoarseClock"),
    .systemLibrary(name: "CThreadLocal"),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"]), .brew(["zstd"])]),
    .systemLibrary(
      name: "CBrotli", pkgConfig: "libbrotlienc", providers: [.apt(["libbrotli-dev"]), .brew(["brotli"])]),

    // 1: async sequences, without RPC
    .target(name: "FreshetStreams", swiftSettings: settings),
    // 1: makes a peer's text safe to quote
    .target(name: "FreshetText", swiftSettings: settings),
    // 1: common to all versions of HTTP
    .target(name: "FreshetHTTP", dependencies: ["FreshetText", nioCore], swiftSettings: settings),

    // 2: pure parts; none knows another
    .target(name: "FreshetTLS", dependencies: ["COpenSSL", "FreshetText", nioCore], swiftSettings: settings),
    .target(
      name: "FreshetHTTP2", dependencies: ["CNGHTTP2", "FreshetHTTP", "FreshetText", nioCore], swiftSettings: settings),
    .target(
      name: "FreshetCore", dependencies: ["CThreadLocal", "CZlib", "FreshetText", nioCore], swiftSettings: settings),

    // 2: WebSocket, whatever carries it
    .target(
      name: "FreshetWebSocket", dependencies: ["COpenSSL", "CZlib", "FreshetHTTP", "FreshetText", deque, nioCore],
      swiftSettings: settings),

    // 3: a connection with its streams
    .target(
      name: "FreshetTransport",
      dependencies: [
        "CCoarseClock", "CMalloc", "FreshetTLS", "FreshetHTTP", "FreshetHTTP2", "FreshetCore", "FreshetText", deque,
        nioCore, nioPosix,
      ],
      swiftSettings: settings),

    // 4: HTTP/1.1 as a carrier
    .target(
      name: "FreshetHTTP1",
      dependencies: ["CCoarseClock", "FreshetTransport", "FreshetTLS", "FreshetHTTP", "FreshetText", nioCore],
      swiftSettings: settings),

    // 4: a call on a stream; neither side knows the other
    .target(
      name: "FreshetServer",
      dependencies: [
        "FreshetTransport", "FreshetTLS", "FreshetHTTP", "FreshetHTTP2", "FreshetCore", "FreshetStreams", "FreshetText",
        deque,
        nioCore, nioPosix, logging, lifecycle, unixSignals,
      ], swiftSettings: settings),
    .target(
      name: "FreshetClient",
      dependencies: [
        "FreshetTransport", "FreshetTLS", "FreshetHTTP", "FreshetHTTP2", "FreshetCore", "FreshetStreams", "FreshetText",
        deque,
        nioCore,
        nioPosix, logging,
      ], swiftSettings: settings),

    // 5: the one import of an application
    .target(
      name: "Freshet",
      dependencies: [
        "FreshetClient", "FreshetServer", "FreshetTransport", "FreshetTLS", "FreshetHTTP", "FreshetHTTP2",
        "FreshetCore",
        "FreshetStreams", swiftProtobuf, nioCore,
      ], swiftSettings: settings),

    // 4: the module freshet.js, as bytes
    .target(
      name: "FreshetJavaScript", path: "JavaScript",
      exclude: ["README.md", "fake-server.mjs", "freshet.test.mjs", "package.json"],
      resources: [.embedInCode("freshet.js")], swiftSettings: settings),

    // 5: the pure parts of gRPC-Web, Connect, CORS and streams of JSON
    .target(
      name: "FreshetWeb",
      dependencies: [
        "FreshetJavaScript",
        "FreshetWebSocket", "FreshetHTTP2", "FreshetServer", "FreshetClient", "FreshetStreams", "FreshetHTTP1",
        "FreshetTransport", "FreshetTLS",
        "FreshetCore", "FreshetHTTP", "FreshetText", nioCore, nioPosix,
      ], swiftSettings: settings),

    // 6: messages and stubs, written by `freshet generate` and committed
    .target(
      name: "EchoStubs", dependencies: ["Freshet", swiftProtobuf], path: "Generated/Echo", swiftSettings: settings),
    .target(
      name: "RouteGuideStubs", dependencies: ["Freshet", swiftProtobuf], path: "Generated/RouteGuide",
      swiftSettings: settings),
    .target(
      name: "LibraryStubs", dependencies: ["Freshet", swiftProtobuf], path: "Generated/Library", swiftSettings: settings
    ),
    .target(
      name: "ConformanceStubs", dependencies: ["Freshet", swiftProtobuf], path: "Generated/Conformance",
      swiftSettings: settings),
    .target(
      name: "GRPCTestingStubs", dependencies: ["Freshet", swiftProtobuf], path: "Generated/GRPCTesting",
      swiftSettings: settings),
    .target(
      name: "ORCAStubs", dependencies: ["Freshet", swiftProtobuf], path: "Generated/ORCA", swiftSettings: settings),
    .target(
      name: "EtcdStubs", dependencies: ["Freshet", swiftProtobuf], path: "Generated/Etcd", swiftSettings: settings),
    .target(
      name: "ChatroomStubs", dependencies: ["Freshet", swiftProtobuf], path: "Generated/Chatroom",
      swiftSettings: settings),
    .target(name: "GoogleRPC", dependencies: [swiftProtobuf], path: "Generated/GoogleRPC", swiftSettings: settings),

    // 6½: an optional addition for applications, made of generated messages
    .target(
      name: "FreshetErrorDetails", dependencies: ["Freshet", "GoogleRPC", swiftProtobuf], swiftSettings: settings),

    // 6½: zstd and brotli, whose libraries only its users need
    .target(
      name: "FreshetCompressions", dependencies: ["CBrotli", "CZstd", "FreshetCore", nioCore], swiftSettings: settings),

    // 7: programs as a user writes them
    .target(
      name: "ExampleSupport", dependencies: ["Freshet", argumentParser, nioCore, nioPosix, nioHTTP1],
      path: "Sources/Examples/Support", swiftSettings: settings),
    .executableTarget(
      name: "echo", dependencies: ["Freshet", "EchoStubs", "ExampleSupport", argumentParser],
      path: "Sources/Examples/echo", swiftSettings: settings),
    .executableTarget(
      name: "routeguide", dependencies: ["Freshet", "RouteGuideStubs", "ExampleSupport", argumentParser],
      path: "Sources/Examples/routeguide", swiftSettings: settings),
    .executableTarget(
      name: "library", dependencies: ["Freshet", "LibraryStubs", "ExampleSupport", argumentParser],
      path: "Sources/Examples/library", swiftSettings: settings),
    .executableTarget(
      name: "chatroom",
      dependencies: ["FreshetStreams", "FreshetWeb", "Freshet", "ChatroomStubs", "ExampleSupport", argumentParser],
      path: "Sources/Examples/chatroom", exclude: ["README.md", "page-check.py"], resources: [.copy("Page")],
      swiftSettings: settings),
    .executableTarget(
      name: "ticker", dependencies: ["FreshetStreams", "FreshetWeb", "Freshet", "ExampleSupport", argumentParser],
      path: "Sources/Examples/ticker", swiftSettings: settings),
    .executableTarget(
      name: "streams", dependencies: ["FreshetStreams", "Freshet", "EchoStubs", "ExampleSupport", argumentParser],
      path: "Sources/Examples/streams", swiftSettings: settings),
    .target(
      name: "InteropSupport", dependencies: ["Freshet", "GRPCTestingStubs", "ORCAStubs"],
      path: "Sources/Interop/InteropSupport", swiftSettings: settings),
    .executableTarget(
      name: "interop-server",
      dependencies: ["Freshet", "GRPCTestingStubs", "ORCAStubs", "InteropSupport", "ExampleSupport", argumentParser],
      path: "Sources/Interop/interop-server", swiftSettings: settings),
    .executableTarget(
      name: "interop-client",
      dependencies: [
        "FreshetStreams", "Freshet", "GRPCTestingStubs", "ORCAStubs", "InteropSupport", "ExampleSupport",
        argumentParser,
      ],
      path: "Sources/Interop/interop-client", swiftSettings: settings),

    .target(
      name: "ConformanceSupport",
      dependencies: ["FreshetCore", "Freshet", "ConformanceStubs", swiftProtobuf, nioPosix],
      path: "Sources/Interop/ConformanceSupport", swiftSettings: settings),
    .executableTarget(
      name: "conformance-server",
      dependencies: [
        "Freshet", "FreshetWeb", "FreshetCompressions", "FreshetErrorDetails", "ConformanceStubs", "ConformanceSupport",
        swiftProtobuf,
      ],
      path: "Sources/Interop/conformance-server", swiftSettings: settings),
    .executableTarget(
      name: "conformance-client",
      dependencies: [
        "FreshetStreams", "FreshetWeb", "FreshetCompressions", "Freshet", "FreshetErrorDetails", "ConformanceStubs",
        "ConformanceSupport", swiftProtobuf,
      ],
      path: "Sources/Interop/conformance-client", swiftSettings: settings),
    .executableTarget(
      name: "websocket-peer", dependencies: ["Freshet", "FreshetWeb", "ExampleSupport", argumentParser, nioCore],
      path: "Sources/Interop/websocket-peer", swiftSettings: settings),

    // The generator, independent of the run-time. The program `freshet` is the target FreshetCommand, since a folder
    // `freshet` would be the folder `Freshet` on case-insensitive file systems.
    .target(name: "ProtoCompiler", dependencies: [swiftProtobuf], swiftSettings: settings),
    .target(name: "StubGenerator", dependencies: [swiftProtobuf, protobufNames], swiftSettings: settings),
    .executableTarget(
      name: "FreshetCommand",
      dependencies: [
        "ProtoCompiler", "StubGenerator", swiftProtobuf, protobufNames, argumentParser, protobufGenerator,
      ], swiftSettings: settings),

    .executableTarget(
      name: "protoc-gen-freshet", dependencies: ["StubGenerator", swiftProtobuf, protobufNames], swiftSettings: settings
    ),
    .plugin(
      name: "GenerateStubs",
      capability: .command(
        intent: .custom(
          verb: "generate-stubs", description: "Generate messages and stubs where a freshet.json says so."),
        permissions: [.writeToPackageDirectory(reason: "Generated files are written beside the schemas.")]),
      dependencies: ["FreshetCommand", protobufGenerator], path: "Sources/Plugins/GenerateStubs"),
    .plugin(
      name: "GenerateStubsAtBuildTime", capability: .buildTool(),
      dependencies: ["FreshetCommand", protobufGenerator], path: "Sources/Plugins/GenerateStubsAtBuildTime"),

    // Tests: one target for each target above, and some for several
    .target(
      name: "TestSupport", dependencies: ["Freshet", "COpenSSL", "CNGHTTP2", nioCore, nioPosix, logging],
      path: "Tests/TestSupport", swiftSettings: settings),
    .testTarget(
      name: "FreshetStreamsTests", dependencies: ["FreshetStreams", "TestSupport"], swiftSettings: settings),
    .testTarget(name: "FreshetTextTests", dependencies: ["FreshetText"], swiftSettings: settings),
    .testTarget(name: "FreshetHTTPTests", dependencies: ["FreshetHTTP", nioCore], swiftSettings: settings),
    .testTarget(
      name: "FreshetWebSocketTests",
      dependencies: ["FreshetWebSocket", "FreshetHTTP", "Fuzzing", "WebSocketFuzzing", nioCore],
      swiftSettings: settings),
    .testTarget(
      name: "FreshetCoreTests", dependencies: ["FreshetCore", "CZlib", "TestSupport", nioCore],
      swiftSettings: settings),
    .testTarget(
      name: "FreshetTLSTests", dependencies: ["FreshetTLS", "FreshetText", "TestSupport", "COpenSSL", nioCore],
      swiftSettings: settings),
    .testTarget(
      name: "FreshetHTTP2Tests", dependencies: ["FreshetHTTP2", "FreshetHTTP", "TestSupport", nioCore],
      swiftSettings: settings),
    .testTarget(
      name: "FreshetTransportTests",
      dependencies: [
        "FreshetTransport", "FreshetTLS", "FreshetHTTP", "FreshetHTTP2", "FreshetCore", "TestSupport", "COpenSSL",
        nioCore, nioPosix,
        nioEmbedded,
      ], swiftSettings: settings),
    .testTarget(
      name: "FreshetHTTP1Tests",
      dependencies: [
        "FreshetHTTP1", "FreshetTransport", "FreshetTLS", "FreshetHTTP", "FreshetCore", "TestSupport", nioCore,
        nioEmbedded,
      ], swiftSettings: settings),
    .testTarget(
      name: "FreshetServerTests",
      dependencies: [
        "FreshetServer", "FreshetTransport", "FreshetTLS", "FreshetHTTP", "FreshetHTTP2", "FreshetCore",
        "FreshetStreams",
        "TestSupport", nioCore,
        nioPosix, logging,
      ], swiftSettings: settings),
    .testTarget(
      name: "FreshetClientTests",
      dependencies: [
        "FreshetClient", "FreshetTransport", "FreshetHTTP", "FreshetHTTP2", "FreshetCore", "FreshetStreams",
        "TestSupport", nioCore, nioPosix, nioEmbedded, logging,
      ], swiftSettings: settings),
    .testTarget(
      name: "FreshetTests",
      dependencies: [
        "FreshetServer", "Freshet", "FreshetClient", "FreshetCore", "EchoStubs", "TestSupport", nioCore, swiftProtobuf,
      ],
      swiftSettings: settings),
    .testTarget(
      name: "FreshetWebTests",
      dependencies: [
        "FreshetWeb", "FreshetStreams", "Freshet", "FreshetClient", "FreshetServer", "FreshetHTTP1", "FreshetTransport",
        "FreshetCore", "FreshetHTTP", "FreshetWebSocket", "EchoStubs", "TestSupport", "WebFuzzing", "WebResponses",
        "WebSocketFuzzing", nioCore, nioEmbedded, nioPosix, swiftProtobuf,
      ], swiftSettings: settings),
    .testTarget(
      name: "FreshetErrorDetailsTests",
      dependencies: ["FreshetErrorDetails", "Freshet", "GoogleRPC", "EchoStubs", "TestSupport", swiftProtobuf],
      swiftSettings: settings),
    .testTarget(
      name: "FreshetCompressionsTests",
      dependencies: ["FreshetCompressions", "Freshet", "FreshetCore", "EchoStubs", "TestSupport", nioCore],
      swiftSettings: settings),
    .target(name: "Fuzzing", path: "Tests/Fuzzing", swiftSettings: settings),
    .target(
      name: "WebFuzzing",
      dependencies: [
        "Fuzzing", "FreshetWeb", "FreshetClient", "FreshetServer", "FreshetHTTP1", "FreshetTransport", "FreshetCore",
        "FreshetHTTP", nioCore, nioEmbedded,
      ],
      path: "Tests/WebFuzzing", swiftSettings: settings),
    .target(
      name: "WebResponses", dependencies: ["FreshetWeb", "FreshetServer", "FreshetCore", "TestSupport", nioCore],
      path: "Tests/WebResponses",
      swiftSettings: settings),
    .executableTarget(
      name: "web-fuzz", dependencies: ["WebFuzzing"], path: "Tests/WebFuzz", swiftSettings: settings),
    .target(
      name: "WebSocketFuzzing", dependencies: ["Fuzzing", "FreshetWebSocket", nioCore], path: "Tests/WebSocketFuzzing",
      swiftSettings: settings),
    .executableTarget(
      name: "websocket-fuzz", dependencies: ["WebSocketFuzzing"], path: "Tests/WebSocketFuzz", swiftSettings: settings),
    .target(
      name: "SchemaFuzzing", dependencies: ["Fuzzing", "ProtoCompiler"], path: "Tests/SchemaFuzzing",
      swiftSettings: settings),
    .executableTarget(
      name: "schema-fuzz", dependencies: ["SchemaFuzzing"], path: "Tests/SchemaFuzz", swiftSettings: settings),
    .executableTarget(
      name: "stress", dependencies: ["FreshetTransport", "Freshet", "TestSupport", logging, nioCore, nioPosix],
      path: "Tests/Stress",
      swiftSettings: settings),
    .testTarget(
      name: "ProtoCompilerTests", dependencies: ["ProtoCompiler", "Fuzzing", "SchemaFuzzing", swiftProtobuf],
      exclude: ["Fixtures", "Editions", "Broken", "oracle"], swiftSettings: settings),
    .target(
      name: "GoldenStubs", dependencies: ["Freshet", swiftProtobuf], path: "Tests/StubGeneratorTests/Golden",
      exclude: ["Schemas"], swiftSettings: settings),
    .testTarget(
      name: "StubGeneratorTests",
      dependencies: [
        "ProtoCompiler", "StubGenerator", "GoldenStubs", "Freshet", "TestSupport", swiftProtobuf, protobufNames,
      ], exclude: ["Golden"], swiftSettings: settings),
    .testTarget(
      name: "FreshetCommandTests",
      dependencies: ["FreshetCommand", "protoc-gen-freshet", "TestSupport", argumentParser, swiftProtobuf],
      swiftSettings: settings),
    .testTarget(name: "LibraryTests", dependencies: ["library", "Freshet"], swiftSettings: settings),
    .testTarget(
      name: "StreamsExampleTests", dependencies: ["FreshetStreams", "streams", "Freshet", "TestSupport"],
      swiftSettings: settings),
    .executableTarget(
      name: "stoppable-server", dependencies: ["Freshet", "EchoStubs", lifecycle, unixSignals, logging],
      path: "Tests/StoppableServer",
      swiftSettings: settings),
    .testTarget(
      name: "EndToEndTests",
      dependencies: [
        "FreshetStreams",
        "Freshet", "FreshetClient", "FreshetServer", "FreshetTransport", "EchoStubs", "TestSupport", "stoppable-server",
        nioCore, nioPosix, lifecycle,
      ], swiftSettings: settings),
    // Without our settings: what users write must compile in a new package.
    .testTarget(
      name: "DefaultSettingsTests",
      dependencies: [
        "FreshetStreams", "FreshetWeb", "Freshet", "FreshetErrorDetails", "EchoStubs", "LibraryStubs", lifecycle,
        logging,
      ]),
    .testTarget(
      name: "ConformanceTests",
      dependencies: [
        "conformance-server", "conformance-client", "ConformanceStubs", "ConformanceSupport", "Freshet",
        "FreshetCompressions", "FreshetCore", "FreshetErrorDetails", "FreshetWeb", "GoogleRPC", "TestSupport",
        "WebResponses", nioCore, nioPosix,
        swiftProtobuf,
      ], swiftSettings: settings),
    .testTarget(
      name: "InteropTests",
      dependencies: [
        "Freshet", "FreshetWeb", "FreshetErrorDetails", "EchoStubs", "EtcdStubs", "GRPCTestingStubs", "ORCAStubs",
        "interop-server",
        "interop-client", "TestSupport", nioCore,
      ],
      exclude: ["peers"],
      swiftSettings: settings),
  ]
)

// For a short edit-test loop: FRESHET_TESTS=FreshetHTTP2Tests,FreshetTLSTests keeps only these test targets and their
// dependencies (CONTRIBUTING.md).
if let wanted = Context.environment["FRESHET_TESTS"] {
  var kept: Set<String> = [], next = wanted.split(separator: ",").map(String.init)
  while let name = next.popLast() {
    guard kept.insert(name).inserted, let target = package.targets.first(where: { $0.name == name }) else { continue }
    for dependency in target.dependencies {
      switch dependency {
      case .byNameItem(let name, _), .targetItem(let name, _): next.append(name)
      default: break
      }
    }
  }
  package.targets.removeAll { !kept.contains($0.name) }
  package.products = []
}
