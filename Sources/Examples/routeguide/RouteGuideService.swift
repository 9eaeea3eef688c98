// The server's half of routeguide: one method for each kind of call.
import Freshet
import RouteGuideStubs

struct RouteGuideService: Routeguide_V1_RouteGuide.Service {
  let notes = NoteBoard()

  func getFeature(_ request: Routeguide_V1_Point, context: ServerContext) async throws -> Routeguide_V1_Feature {
    Features.all.first { $0.location == request } ?? .with { $0.location = request }
  }

  func listFeatures(
    _ request: Routeguide_V1_Rectangle, context: ServerContext
  ) -> MessageStream<Routeguide_V1_Feature> {
    MessageStream { yield in
      for feature in Features.all where request.contains(feature.location) {
        try await yield(feature)
      }
    }
  }

  func recordRoute(
    _ requests: RequestStream<Routeguide_V1_Point>, context: ServerContext
  ) async throws -> Routeguide_V1_RouteSummary {
    var route = RouteRecorder()
    for try await point in requests {
      try route.visit(point)
    }
    return route.summary()
  }

  func routeChat(
    _ requests: RequestStream<Routeguide_V1_RouteNote>, context: ServerContext
  ) -> MessageStream<Routeguide_V1_RouteNote> {
    MessageStream { yield in
      for try await note in requests {
        for earlier in try await notes.post(note) {
          try await yield(earlier)
        }
      }
    }
  }
}
