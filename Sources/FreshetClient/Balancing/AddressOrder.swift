// The order in which the addresses of a target are tried (grpc-channel.md R29).

enum AddressOrder {
  /// Removes duplicates and alternates the address families, starting with the first address's: 6, 4, 6, 4, … So if one
  /// family is unreachable, as IPv6 is in many networks, every second attempt uses the other.
  static func interleaved<Address: Hashable, Family: Hashable>(
    _ addresses: [Address], family: (Address) -> Family
  ) -> [Address] {
    var seen: Set<Address> = []
    var families: [Family] = []
    var members: [Family: [Address]] = [:]
    for address in addresses where seen.insert(address).inserted {
      let family = family(address)
      if members[family] == nil { families.append(family) }
      members[family, default: []].append(address)
    }
    let rounds = members.values.map(\.count).max() ?? 0
    return (0..<rounds).flatMap { round in
      families.compactMap { family in members[family].flatMap { round < $0.count ? $0[round] : nil } }
    }
  }
}
