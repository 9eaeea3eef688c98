// Finds a call's handler by the bytes of its path.
import FreshetText

/// A handler in the router's table. A class, so that each call holds it by one reference.
package final class Route: Sendable {
  package let handler: MethodHandler
  /// The server's, then the handler's.
  let interceptors: [any ServerInterceptor]
  let pace = MethodPace()

  /// Whether a handler that begins now runs in the global pool.
  var usesGlobalPool: Bool {
    switch handler.execution {
    case .automatic: pace.hasLeft
    case .eventLoop: false
    case .globalPool: true
    }
  }

  init(_ handler: MethodHandler, interceptors: [any ServerInterceptor] = []) {
    self.handler = handler
    self.interceptors = interceptors + handler.interceptors
  }
}

/// A hash table from paths to handlers, for lookups without making a string. Immutable.
package struct Router: Sendable {
  private struct Entry: Sendable {
    var path: [UInt8]
    var route: Route
  }

  /// A power of two of slots, at most half of them used, with linear probing.
  private var places: [Entry?]
  private let mask: Int
  private let interceptors: [any ServerInterceptor]
  private let execution: HandlerExecution

  /// A method that two services have: the program must resolve that, so `Server.run` throws. The first one is used.
  private(set) var ambiguousPath: String?

  package init(_ services: [any RPCService], interceptors: [any ServerInterceptor] = [], execution: HandlerExecution) {
    let handlers = services.flatMap { service in
      service.methodHandlers.map { handler in
        var handler = handler
        handler.execution = service.handlerExecution ?? execution
        return handler
      }
    }
    var size = 4
    while size < handlers.count * 2 { size *= 2 }
    places = Array(repeating: nil, count: size)
    mask = size - 1
    self.interceptors = interceptors
    self.execution = execution
    for handler in handlers { insert(Route(handler, interceptors: interceptors)) }
  }

  private mutating func insert(_ route: Route) {
    let path = [UInt8](route.handler.path.utf8)
    var place = path.withUnsafeBytes { Self.hash($0) } & mask
    while let taken = places[place] {
      if taken.path == path {
        ambiguousPath = route.handler.path
        return
      }
      place = (place + 1) & mask
    }
    places[place] = Entry(path: path, route: route)
  }

  /// A route to a handler that is not in the table, within the server's interceptors.
  package func route(to handler: MethodHandler) -> Route {
    var handler = handler
    handler.execution = execution
    return Route(handler, interceptors: interceptors)
  }

  package func find(_ path: UnsafeRawBufferPointer) -> Route? {
    var place = Self.hash(path) & mask
    while let entry = places[place] {
      if entry.path.withUnsafeBytes({ $0.equals(path) }) { return entry.route }
      place = (place + 1) & mask
    }
    return nil
  }

  /// Like FNV-1a, but for eight bytes at a time, folded so that all of them affect the lowest bits. The table is fixed
  /// and at most half full, so chosen paths cannot make a probe longer than the services do.
  private static func hash(_ bytes: UnsafeRawBufferPointer) -> Int {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    forEachWord(of: bytes) { word in
      hash = (hash ^ word) &* 0x9e37_79b9_7f4a_7c15
      hash ^= hash >> 32
    }
    return Int(truncatingIfNeeded: hash >> 1)
  }

  private static func forEachWord(of bytes: UnsafeRawBufferPointer, _ body: (UInt64) -> Void) {
    var index = 0
    while index + 8 <= bytes.count {
      body(bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
      index += 8
    }
    var rest: UInt64 = 0
    while index < bytes.count {
      rest = rest << 8 | UInt64(bytes[index])
      index += 1
    }
    body(rest)
  }
}
