// Points, rectangles and distances on the earth. Coordinates are integers in units of 10⁻⁷ degrees.
import Foundation
import RouteGuideStubs

extension Routeguide_V1_Point {
  init(latitude: Double, longitude: Double) {
    self.init()
    self.latitude = Int32((latitude * 1e7).rounded())
    self.longitude = Int32((longitude * 1e7).rounded())
  }

  var degrees: (latitude: Double, longitude: Double) {
    (Double(latitude) / 1e7, Double(longitude) / 1e7)
  }

  var isOnEarth: Bool {
    (-900_000_000...900_000_000).contains(latitude) && (-1_800_000_000...1_800_000_000).contains(longitude)
  }

  /// The distance along the surface, by the haversine formula on a sphere with the earth's mean radius.
  func metres(to other: Routeguide_V1_Point) -> Double {
    func radians(_ degrees: Double) -> Double { degrees * .pi / 180 }
    let (from, to) = (degrees, other.degrees)
    let halfLatitude = radians(to.latitude - from.latitude) / 2
    let halfLongitude = radians(to.longitude - from.longitude) / 2
    let h =
      sin(halfLatitude) * sin(halfLatitude)
      + cos(radians(from.latitude)) * cos(radians(to.latitude)) * sin(halfLongitude) * sin(halfLongitude)
    return 2 * 6_371_000 * asin(min(1, h.squareRoot()))
  }
}

extension Routeguide_V1_Rectangle {
  /// Any two opposite corners define a rectangle. Its edges are included.
  func contains(_ point: Routeguide_V1_Point) -> Bool {
    let latitudes = min(lo.latitude, hi.latitude)...max(lo.latitude, hi.latitude)
    let longitudes = min(lo.longitude, hi.longitude)...max(lo.longitude, hi.longitude)
    return latitudes.contains(point.latitude) && longitudes.contains(point.longitude)
  }
}
