// Changes the elements of a descriptor's list without copying the list for each of them.

extension Array {
  /// Changes every element in place, given its index.
  ///
  /// A list inside a SwiftProtobuf message is copied as a whole when an element is changed through the message: for
  /// many thousand fields that takes minutes. Through this method it is copied at most once.
  mutating func updateEach(_ update: (Int32, inout Element) -> Void) {
    for index in indices { update(Int32(clamping: index), &self[index]) }
  }

  /// The same for the elements whose index is `wanted`. If there are none the list is not copied.
  mutating func updateEach(where wanted: (Int32) -> Bool, _ update: (Int32, inout Element) -> Void) {
    for index in indices where wanted(Int32(clamping: index)) { update(Int32(clamping: index), &self[index]) }
  }
}
