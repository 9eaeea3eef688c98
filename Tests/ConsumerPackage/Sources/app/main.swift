// A server as README has one, at the port that it is given, stopped by SIGTERM; with the word `keep`, a client of it.
import Foundation
import Freshet

public struct NotesService: Notes_V1_Notes.Service {
  func keep(_ request: Notes_V1_Note, context: ServerContext) async throws -> Notes_V1_Note { request }
}

let port = Int(CommandLine.arguments.last ?? "") ?? 50051

if CommandLine.arguments.contains("keep") {
  let channel = RPCChannel("ipv4:127.0.0.1:\(port)")
  do {
    print(try await Notes_V1_Notes.Client(channel).keep(.with { $0.text = "kept" }).text)
  } catch {
    print("error: \(error)")
    exit(1)
  }
  await channel.shutdown()
  exit(0)
}

do {
  try await Server(services: [NotesService()]).run(on: .tcp(host: "127.0.0.1", port: port)) { address in
    print("listening on \(address.port)")
    fflush(nil)
  }
} catch {
  print("error: \(error)")
  exit(1)
}
