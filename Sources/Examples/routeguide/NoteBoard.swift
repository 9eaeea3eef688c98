// Visitors' notes, by place. All chats share one board.
import Freshet
import RouteGuideStubs

actor NoteBoard {
  /// Only the newest notes of a place are kept.
  static let notesPerPlace = 100
  /// A full board accepts no note at a new place.
  static let places = 10_000

  private var notes: [Routeguide_V1_Point: [Routeguide_V1_RouteNote]] = [:]

  /// Adds a note, and returns the earlier ones at its place, oldest first.
  func post(_ note: Routeguide_V1_RouteNote) throws(RPCError) -> [Routeguide_V1_RouteNote] {
    let earlier = notes[note.location, default: []]
    guard !earlier.isEmpty || notes.count < Self.places else {
      throw RPCError(code: .resourceExhausted, message: "the board has no room for more than \(Self.places) places")
    }
    notes[note.location] = earlier.suffix(Self.notesPerPlace - 1) + [note]
    return earlier
  }
}
