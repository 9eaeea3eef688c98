// A point in text form: 47.5123,11.0841.
import ArgumentParser
import RouteGuideStubs

struct Place: ExpressibleByArgument {
  var point: Routeguide_V1_Point

  init(_ point: Routeguide_V1_Point) {
    self.point = point
  }

  init?(argument: String) {
    let numbers = argument.split(separator: ",").map { Double($0) }
    guard numbers.count == 2, let latitude = numbers[0], let longitude = numbers[1],
      (-90...90).contains(latitude), (-180...180).contains(longitude)
    else { return nil }
    point = Routeguide_V1_Point(latitude: latitude, longitude: longitude)
  }

  var defaultValueDescription: String { description }
}

extension Place: CustomStringConvertible {
  /// Four decimals, which is eleven metres.
  var description: String {
    "\(Self.fourDecimals(point.latitude)),\(Self.fourDecimals(point.longitude))"
  }

  private static func fourDecimals(_ e7: Int32) -> String {
    let rounded = (e7.magnitude + 500) / 1000
    return "\(e7 < 0 ? "-" : "")\(rounded / 10_000).\(String(10_000 + rounded % 10_000).dropFirst())"
  }
}
