// A timer wheel: setting and cancelling a timer takes the same short time, however many there are and however far away.

/// Identifies a timer for cancelling it.
public struct TimerID: Sendable, Equatable {
  fileprivate let index: Int32
  /// How often the entry was reused, so that the identifier of a finished timer refers to no other.
  fileprivate let generation: UInt32
}

/// Timers, each for one tick of a clock that the owner reads. Pure: knows no loop and no unit of time.
///
/// A hierarchical wheel. With `elapsed` the current tick, a timer whose tick differs from it only in the lowest six
/// bits is on level 0, in the slot that these bits select; one that also differs in the next six is on level 1, and so
/// on, so that eleven levels cover 64 bits. All timers of a level come before those of the next. When the slot of a
/// higher level begins, its timers move down, each at most ten times; nearly all are cancelled before. Many may be in
/// one slot, so they move in steps, between which the owner may check its clock.
///
/// ```text
/// level 0   64 slots of one tick
/// level 1   64 slots of 64 ticks
/// level 2   64 slots of 4,096 ticks …
/// ```
struct TimerWheel<Target> {
  private struct Entry {
    var target: Target?
    var tick: UInt64
    /// The neighbours in the slot's list, or the next free entry; -1 for none.
    var next: Int32
    var previous: Int32
    /// Level × 64 + slot.
    var place: Int32
    var generation: UInt32
  }

  private static var bits: Int { 6 }
  private static var slots: Int { 1 << bits }
  private static var levels: Int { (UInt64.bitWidth + bits - 1) / bits }

  /// How many timers there are.
  private(set) var count = 0
  /// The maximum number at any time.
  var capacity: Int { entries.count }
  /// No timer is due before this tick.
  private var elapsed: UInt64 = 0
  private var entries: [Entry] = []
  private var free: Int32 = -1
  /// The first entry of each slot. Created with the first timer, so that a loop without timers pays nothing.
  private var firsts: [Int32] = []
  /// Which slots of each level have entries.
  private var occupied: [UInt64] = []
  /// The slot whose timers are moving down, which come before all others; -1 for none.
  private var movingPlace = -1

  /// How many timers move down in a step: two microseconds' worth.
  private static var maxMoved: Int { 64 }

  /// Sets a timer. If its tick has been reached it is due at once.
  /// - Parameter now: a tick that has been reached, for better placement; an earlier one is also correct.
  mutating func insert(_ target: Target, at tick: UInt64, now: UInt64) -> TimerID {
    if firsts.isEmpty {
      firsts = Array(repeating: -1, count: Self.levels * Self.slots)
      occupied = Array(repeating: 0, count: Self.levels)
    }
    if now > elapsed, (nextTick ?? .max) > now { elapsed = now }
    count += 1
    let index = take(target, tick)
    link(index, tick)
    return TimerID(index: index, generation: entries[Int(index)].generation)
  }

  /// Removes a timer.
  /// - Returns: its target; nil if it was already removed.
  mutating func remove(_ id: TimerID) -> Target? {
    guard entries[Int(id.index)].generation == id.generation else { return nil }
    unlink(id.index)
    return release(id.index)
  }

  /// Removes all timers.
  mutating func removeAll() -> [Target] {
    entries.indices.compactMap { index in
      guard entries[index].target != nil else { return nil }
      unlink(Int32(index))
      return release(Int32(index))
    }
  }

  /// A tick before which there is nothing to do: that of the first timer, or an earlier one.
  var nextTick: UInt64? {
    guard let (level, slot) = firstSlot else { return nil }
    return start(of: slot, level)
  }

  enum Step {
    /// A due timer, removed.
    case due(Target)
    /// Timers that may be due have moved down.
    case moved
    /// None is due.
    case nothing
  }

  /// Removes one due timer, or does part of the work that must precede it.
  mutating func step(at now: UInt64) -> Step {
    guard let (level, slot) = firstSlot else { return .nothing }
    let start = start(of: slot, level)
    guard start <= now else { return .nothing }
    elapsed = max(elapsed, start)
    if level > 0 {
      moveDown(level * Self.slots + slot)
      return .moved
    }
    let index = firsts[slot]
    unlink(index)
    return release(index).map { .due($0) } ?? .nothing
  }

  /// Removes one due timer.
  mutating func takeDue(at now: UInt64) -> Target? {
    while true {
      switch step(at: now) {
      case .due(let target): return target
      case .moved: continue
      case .nothing: return nil
      }
    }
  }

  // MARK: Slots

  private var firstSlot: (level: Int, slot: Int)? {
    if count == 0 { return nil }
    // All of its timers may have been removed meanwhile.
    if movingPlace >= 0, firsts[movingPlace] >= 0 { return (movingPlace / Self.slots, movingPlace % Self.slots) }
    guard let level = occupied.firstIndex(where: { $0 != 0 }) else { return nil }
    return (level, occupied[level].trailingZeroBitCount)
  }

  /// The first tick of a slot, which is in the same cycle of the level above as `elapsed`.
  private func start(of slot: Int, _ level: Int) -> UInt64 {
    let shift = level * Self.bits
    let turn = (elapsed >> (shift + Self.bits)) << (shift + Self.bits)
    return turn | UInt64(slot) << shift
  }

  private mutating func link(_ index: Int32, _ tick: UInt64) {
    let tick = max(tick, elapsed)
    let difference = (tick ^ elapsed) | 1
    let level = (UInt64.bitWidth - 1 - difference.leadingZeroBitCount) / Self.bits
    let slot = Int(truncatingIfNeeded: tick >> (level * Self.bits)) & (Self.slots - 1)
    let place = level * Self.slots + slot
    let next = firsts[place]
    if next >= 0 { entries[Int(next)].previous = index }
    firsts[place] = index
    occupied[level] |= 1 << slot
    entries[Int(index)].next = next
    entries[Int(index)].previous = -1
    entries[Int(index)].place = Int32(place)
  }

  private mutating func unlink(_ index: Int32) {
    let next = entries[Int(index)].next, previous = entries[Int(index)].previous
    if next >= 0 { entries[Int(next)].previous = previous }
    if previous >= 0 {
      entries[Int(previous)].next = next
    } else {
      let place = Int(entries[Int(index)].place)
      firsts[place] = next
      if next < 0 { occupied[place / Self.slots] &= ~(1 << (place % Self.slots)) }
    }
  }

  /// Called when a slot is due: its timers move to lower levels.
  private mutating func moveDown(_ place: Int) {
    movingPlace = place
    for _ in 0..<Self.maxMoved {
      let index = firsts[place]
      if index < 0 { break }
      unlink(index)
      link(index, entries[Int(index)].tick)
    }
    if firsts[place] < 0 { movingPlace = -1 }
  }

  // MARK: Entries

  private mutating func take(_ target: Target, _ tick: UInt64) -> Int32 {
    guard free >= 0 else {
      entries.append(Entry(target: target, tick: tick, next: -1, previous: -1, place: 0, generation: 0))
      return Int32(entries.count - 1)
    }
    let index = free
    free = entries[Int(index)].next
    entries[Int(index)].target = target
    entries[Int(index)].tick = tick
    return index
  }

  private mutating func release(_ index: Int32) -> Target? {
    count -= 1
    let target = entries[Int(index)].target
    entries[Int(index)].target = nil
    entries[Int(index)].generation &+= 1
    entries[Int(index)].next = free
    free = index
    return target
  }
}
