// What visitors noted, place by place. All chats share one board.
import Freshet
import RouteGuideStubs

actor NoteBoard {
  /// A place keeps the newest notes only.
  static let notesPerPlace = 100
  /// A board that is full takes no note at another place.
  static let places = 10_000

  private var notes: [Routeguide_V1_Point: [Routeguide_V1_RouteNote]] = [:]

  /// Puts up a note, and gives those that were at its place before, oldest first.
  func post(_ note: Routeguide_V1_RouteNote) throws(RPCError) -> [Routeguide_V1_RouteNote] {
    let earlier = notes[note.location, default: []]
    guard !earlier.isEmpty || notes.count < Self.places else {
      throw RPCError(code: .resourceExhausted, message: "the board has no room for more than \(Self.places) places")
    }
    notes[note.location] = earlier.suffix(Self.notesPerPlace - 1) + [note]
    return earlier
  }
}
