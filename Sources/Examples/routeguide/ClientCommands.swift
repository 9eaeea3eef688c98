// The client's half of routeguide: one command for each method.
import ArgumentParser
import ExampleSupport
import Freshet
import RouteGuideStubs

struct Feature: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Look up what is at a place.")

  @OptionGroup var connect: ConnectOptions
  @Argument(help: "The place: latitude,longitude.") var place: Place

  func run() async throws {
    try await connect.withChannel { channel in
      let guide = Routeguide_V1_RouteGuide.Client(channel)
      let feature = try await guide.getFeature(place.point)
      say(feature.name.isEmpty ? "\(place)  nothing that has a name" : feature.line)
    }
  }
}

struct List: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "List what is in a rectangle.")

  @OptionGroup var connect: ConnectOptions
  @Option(help: "One corner.") var from = Features.corners.0
  @Option(help: "The opposite corner.") var to = Features.corners.1

  func run() async throws {
    try await connect.withChannel { channel in
      let guide = Routeguide_V1_RouteGuide.Client(channel)
      let rectangle = Routeguide_V1_Rectangle.with {
        $0.lo = from.point
        $0.hi = to.point
      }
      for try await feature in guide.listFeatures(rectangle) {
        say(feature.line)
      }
    }
  }
}

struct Record: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Walk from feature to feature, and learn the distance.")

  @OptionGroup var connect: ConnectOptions
  @Option(help: "How many features to visit.") var stops = 10
  @Option(help: "How many milliseconds to rest at each.") var rest = 0

  func validate() throws {
    guard stops >= 0 else { throw ValidationError("--stops must not be negative.") }
  }

  func run() async throws {
    try await connect.withChannel { channel in
      let guide = Routeguide_V1_RouteGuide.Client(channel)
      let summary = try await guide.recordRoute { yield in
        for stop in Features.all.prefix(stops) {
          say("passing \(stop.name)")
          try await yield(stop.location)
          try await Task.sleep(for: .milliseconds(rest))
        }
      }
      say("\(summary.pointCount) points, \(summary.featureCount) of them with a name")
      say("\(summary.distance) metres in \(summary.elapsedTime) seconds")
    }
  }
}

struct Chat: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Leave notes at places, and get the notes that others left there.",
    discussion: "Each line of standard input is a place and a note, such as: 47.6012,11.0533 The bridge is closed."
  )

  @OptionGroup var connect: ConnectOptions

  func run() async throws {
    try await connect.withChannel { channel in
      let call = Routeguide_V1_RouteGuide.Client(channel).routeChat()
      async let sending: Void = {
        for try await line in standardInputLines() {
          guard let note = Routeguide_V1_RouteNote(line: line) else {
            say("not a place and a note: \(line)")
            continue
          }
          try await call.send(note)
        }
        call.finish()
      }()
      for try await note in call.responses {
        say("\(Place(note.location))  \(note.message)")
      }
      try await sending
    }
  }
}

extension Routeguide_V1_Feature {
  fileprivate var line: String { "\(Place(location))  \(name)" }
}

extension Routeguide_V1_RouteNote {
  /// Reads `latitude,longitude text`.
  fileprivate init?(line: String) {
    let parts = line.split(separator: " ", maxSplits: 1).map { String($0) }
    guard parts.count == 2, let place = Place(argument: parts[0]) else { return nil }
    self.init()
    location = place.point
    message = parts[1]
  }
}
