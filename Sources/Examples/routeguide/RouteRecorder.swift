// Adds up a walk, point by point.
import Freshet
import RouteGuideStubs

struct RouteRecorder {
  private var pointCount = 0
  private var featureCount = 0
  private var metres = 0.0
  private var last: Routeguide_V1_Point?
  private let start = ContinuousClock.now

  mutating func visit(_ point: Routeguide_V1_Point) throws(RPCError) {
    guard point.isOnEarth else {
      throw RPCError(code: .invalidArgument, message: "point \(pointCount + 1), \(Place(point)), is not on the earth")
    }
    pointCount += 1
    if Features.all.contains(where: { $0.location == point }) { featureCount += 1 }
    if let last { metres += last.metres(to: point) }
    last = point
  }

  func summary() -> Routeguide_V1_RouteSummary {
    .with {
      $0.pointCount = Int32(clamping: pointCount)
      $0.featureCount = Int32(clamping: featureCount)
      $0.distance = Int32(clamping: Int(metres.rounded()))
      $0.elapsedTime = Int32(clamping: (ContinuousClock.now - start).components.seconds)
    }
  }
}
