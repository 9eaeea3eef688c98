// A server as README has one, at the port that it is given; stopped by SIGTERM.
import Foundation
import Freshet

struct NotesService: Notes_V1_Notes.Service {
  func keep(_ request: Notes_V1_Note, context: ServerContext) async throws -> Notes_V1_Note { request }
}

do {
  let port = Int(CommandLine.arguments.last ?? "") ?? 50051
  try await Server(services: [NotesService()]).run(on: .tcp(host: "127.0.0.1", port: port)) { address in
    print("listening on \(address.port)")
    fflush(nil)
  }
} catch {
  print("error: \(error)")
  exit(1)
}
