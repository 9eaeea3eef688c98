// Finds a call's handler by the bytes of its path.

/// A hash table from paths to handlers, looked up without making a string. Immutable.
struct Router: Sendable {
  private struct Entry: Sendable {
    var path: [UInt8]
    var handler: MethodHandler
  }

  /// A power of two of places, at most half of them taken, probed one after the other.
  private var places: [Entry?]
  private let mask: Int

  /// - Precondition: no two services share a method's path; which of them should answer is for the program to say.
  init(_ services: [any Service], execution: HandlerExecution) {
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
    for handler in handlers { insert(handler) }
  }

  private mutating func insert(_ handler: MethodHandler) {
    let path = [UInt8](handler.path.utf8)
    var place = path.withUnsafeBytes { Self.hash($0) } & mask
    while let taken = places[place] {
      precondition(taken.path != path, "two services serve the method \(handler.path)")
      place = (place + 1) & mask
    }
    places[place] = Entry(path: path, handler: handler)
  }

  func find(_ path: UnsafeRawBufferPointer) -> MethodHandler? {
    var place = Self.hash(path) & mask
    while let entry = places[place] {
      if entry.path.count == path.count, entry.path.withUnsafeBytes({ $0.elementsEqual(path) }) { return entry.handler }
      place = (place + 1) & mask
    }
    return nil
  }

  /// FNV-1a. The table is fixed and at most half full, so chosen paths cannot make a probe longer than the services do.
  private static func hash(_ bytes: UnsafeRawBufferPointer) -> Int {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return Int(truncatingIfNeeded: hash >> 1)
  }
}
