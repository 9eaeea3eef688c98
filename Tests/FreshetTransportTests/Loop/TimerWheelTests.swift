// Timers by ticks, without a clock.
import TestSupport
import Testing

@testable import FreshetTransport

@Suite struct TimerWheelTests {
  /// Removes everything that is due.
  private func due<Target>(_ wheel: inout TimerWheel<Target>, at now: UInt64) -> [Target] {
    var due: [Target] = []
    while let target = wheel.takeDue(at: now) { due.append(target) }
    return due
  }

  @Test func `a wheel without timers has nothing to do`() {
    var wheel = TimerWheel<Int>()
    #expect(wheel.nextTick == nil && wheel.takeDue(at: .max) == nil && wheel.count == 0)
  }

  @Test(arguments: [1, 2, 63, 64, 65, 4_095, 4_096, 57_220, 1 << 24, 1 << 43, (1 << 60) + 17, .max] as [UInt64])
  func `a timer is due at its tick, not before, and once`(tick: UInt64) {
    for begin in [0, 1, 1_000_003, 1 << 42] as [UInt64] where begin < tick {
      var wheel = TimerWheel<UInt64>()
      _ = wheel.insert(tick, at: tick, now: begin)
      #expect(wheel.takeDue(at: tick - 1) == nil)
      #expect(wheel.nextTick.map { $0 <= tick } == true)
      #expect(wheel.takeDue(at: tick) == tick)
      #expect(wheel.takeDue(at: .max) == nil && wheel.nextTick == nil)
    }
  }

  @Test func `a timer at any distance is found after eleven checks of the next tick`() {
    for shift in 0..<64 {
      var wheel = TimerWheel<Int>(), looks = 0
      let tick = (1 as UInt64) << shift | 0x2A
      _ = wheel.insert(shift, at: tick, now: 5)
      var found: Int?
      while found == nil, let next = wheel.nextTick {
        #expect(next <= tick)
        found = wheel.takeDue(at: next)
        looks += 1
      }
      #expect(found == shift && looks <= 11)
    }
  }

  @Test func `a timer for a tick that was reached is due at once`() {
    var wheel = TimerWheel<Int>()
    _ = wheel.insert(1, at: 500, now: 1_000)
    _ = wheel.insert(2, at: 1_000, now: 1_000)
    _ = wheel.insert(3, at: 0, now: 1_000)
    #expect(due(&wheel, at: 1_000).sorted() == [1, 2, 3])
  }

  @Test func `many timers of one tick are all due at it`() {
    var wheel = TimerWheel<Int>()
    for number in 0..<1_000 { _ = wheel.insert(number, at: 70_000, now: 3) }
    #expect(due(&wheel, at: 69_999).isEmpty)
    #expect(due(&wheel, at: 70_000).sorted() == Array(0..<1_000))
  }

  @Test func `a removed timer is not due, and its identifier refers to no later one`() {
    var wheel = TimerWheel<Int>()
    let first = wheel.insert(1, at: 10, now: 0)
    #expect(wheel.remove(first) == 1)
    #expect(wheel.nextTick == nil)
    let second = wheel.insert(2, at: 10, now: 0)  // in the first one's slot
    #expect(wheel.remove(first) == nil)
    #expect(due(&wheel, at: 10) == [2])
    #expect(wheel.remove(second) == nil)
  }

  @Test func `removed entries are reused`() {
    var wheel = TimerWheel<UInt64>()
    _ = wheel.insert(0, at: 1 << 40, now: 0)
    for now in 1..<100_000 as Range<UInt64> {
      let id = wheel.insert(now, at: now + 57_220, now: now)
      #expect(wheel.nextTick.map { $0 > now } == true)  // so that there are no spurious calls
      #expect(wheel.remove(id) == now)
    }
    #expect(wheel.count == 1 && wheel.capacity == 2)
  }

  @Test func `timers set while others are removed are due in turn`() {
    var wheel = TimerWheel<Int>()
    let late = wheel.insert(9, at: 100, now: 0)
    for number in 0..<4 { _ = wheel.insert(number, at: 100, now: 0) }
    var order: [Int] = []
    while let number = wheel.takeDue(at: 150) {
      order.append(number)
      if number < 4 { _ = wheel.insert(10 + number, at: number % 2 == 0 ? 90 : 151, now: 150) }
      _ = wheel.remove(late)
    }
    #expect(Set(order).subtracting([9]) == [0, 1, 2, 3, 10, 12])
    #expect(due(&wheel, at: 151).sorted() == [11, 13])
  }

  @Test func `all timers can be removed at once`() {
    var wheel = TimerWheel<Int>()
    let ids = (0..<100).map { wheel.insert($0, at: 1 << UInt64($0 % 50), now: 0) }
    _ = wheel.remove(ids[7])
    #expect(wheel.removeAll().sorted() == (0..<100).filter { $0 != 7 })
    #expect(wheel.count == 0 && wheel.nextTick == nil)
    for id in ids { #expect(wheel.remove(id) == nil) }
  }

  @Test func `timers of one slot move down in steps, between which others are set and removed, and are due in order`() {
    for slotTicks in [64, 4_096, 1 << 18] as [UInt64] {
      var wheel = TimerWheel<UInt64>(), order: [UInt64] = [], moves = 0
      let begin = 5 * slotTicks, now = begin + 60
      let ids = (0..<1_000).map { wheel.insert(begin + UInt64($0 % 50), at: begin + UInt64($0 % 50), now: 1) }
      // Also one of the level above, and a timer of the same slot in a later cycle.
      _ = wheel.insert(begin + 64 * slotTicks, at: begin + 64 * slotTicks, now: 1)
      stepping: while true {
        switch wheel.step(at: now) {
        case .due(let tick): order.append(tick)
        case .moved:
          moves += 1
          #expect(wheel.nextTick.map { $0 <= now } == true)
          if moves == 3 {
            _ = wheel.insert(begin + 55, at: begin + 55, now: now)
            #expect(wheel.remove(ids[999]) != nil && wheel.remove(ids[0]) != nil)
          }
        case .nothing: break stepping
        }
      }
      #expect(order == order.sorted() && order.count == 999)
      #expect(moves >= 1_000 / 64 && wheel.count == 1)
      #expect(due(&wheel, at: .max) == [begin + 64 * slotTicks])
    }
  }

  @Test func `a slot whose timers are all removed while they move is dropped`() {
    var wheel = TimerWheel<Int>()
    let ids = (0..<200).map { wheel.insert($0, at: 5 << 12, now: 1) }
    if case .moved = wheel.step(at: 5 << 12) {} else { Issue.record("nothing moved") }
    for id in ids { _ = wheel.remove(id) }
    #expect(wheel.nextTick == nil && wheel.count == 0)
    _ = wheel.insert(7, at: (5 << 12) + 3, now: 5 << 12)
    #expect(wheel.takeDue(at: (5 << 12) + 2) == nil && wheel.takeDue(at: (5 << 12) + 3) == 7)
  }

  @Test func `after any operations, a wheel behaves like a list`() {
    var random = SeededRandom.forTest("TimerWheelTests")
    for _ in 0..<60 {
      var wheel = TimerWheel<Int>(), list: [Int: (tick: UInt64, id: TimerID)] = [:]
      var now = UInt64.random(in: 0...(1 << UInt64.random(in: 0...44, using: &random)), using: &random)
      let reach = UInt64.random(in: 1...42, using: &random)
      for number in 0..<400 {
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<5:
          let distance = UInt64.random(in: 0...(1 << UInt64.random(in: 0...reach, using: &random)), using: &random)
          let tick = Int.random(in: 0..<20, using: &random) == 0 ? now / 2 : now + distance
          let seen = Bool.random(using: &random) ? now : now - now / 8  // the loop's time may be an older one
          list[number] = (tick, wheel.insert(number, at: tick, now: seen))
        case 5..<8:
          guard let target = list.keys.sorted().randomElement(using: &random),
            let timer = list.removeValue(forKey: target)
          else { continue }
          #expect(wheel.remove(timer.id) == target)
          #expect(wheel.remove(timer.id) == nil)
        default:
          now += UInt64.random(in: 0...(1 << UInt64.random(in: 0...reach, using: &random)), using: &random)
          let expected = list.filter { $0.value.tick <= now }
          #expect(Set(due(&wheel, at: now)) == Set(expected.keys))
          for target in expected.keys { list[target] = nil }
        }
        #expect(wheel.count == list.count)
        if let first = list.values.map(\.tick).min() {
          #expect(wheel.nextTick.map { $0 <= max(first, now) } == true)
        } else {
          #expect(wheel.nextTick == nil)
        }
      }
    }
  }
}
