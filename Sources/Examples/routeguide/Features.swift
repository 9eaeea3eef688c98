// The features of the valley of the Vell, from its spring to its mouth, all invented.
import Freshet
import RouteGuideStubs

enum Features {
  static let all: [Routeguide_V1_Feature] = table.split(separator: "\n").map { row in
    let columns = row.split(separator: " ", maxSplits: 2)
    guard let latitude = Double(columns[0]), let longitude = Double(columns[1]) else {
      preconditionFailure("no place in the row \(row)")
    }
    return .with {
      $0.name = String(columns[2])
      $0.location = Routeguide_V1_Point(latitude: latitude, longitude: longitude)
    }
  }

  /// Two corners with the whole valley between them.
  static let corners = (
    Place(Routeguide_V1_Point(latitude: 47.3, longitude: 10.8)),
    Place(Routeguide_V1_Point(latitude: 48.1, longitude: 11.3))
  )

  private static let table = """
    47.4077 10.8972 Vell Head Spring
    47.4399 10.8868 Heron Weir
    47.4412 10.9433 The Drowned Bell Tower
    47.4170 10.9725 Saint Orrin's Chapel
    47.4249 10.9630 Old Toll Bridge
    47.4365 10.9050 Windless Mill
    47.4706 11.0412 The Nine Stones
    47.4589 10.9363 Lower Vell Station
    47.5035 11.0704 Kestrel Rock
    47.5093 10.9750 Larch Hollow
    47.5466 10.9157 Copper Mine Museum
    47.5476 10.9631 The Long Barn
    47.5070 10.9359 Fox Ford
    47.5278 11.0654 Amber Quarry
    47.5282 11.0269 Abbey of the Three Doors
    47.5696 10.9930 Mirror Tarn
    47.5725 10.9410 The Leaning Beech
    47.5476 10.9705 Upper Dunmarrow Market
    47.6004 11.0141 Salt Stair
    47.5841 11.0462 Cloud Inn
    47.6032 10.9985 The Painter's Hut
    47.6364 11.0741 Hermit's Ledge
    47.6072 11.0554 Glass Works at Arlen
    47.6362 11.1133 Blackwater Lock
    47.6598 11.0113 Ravensgate
    47.6867 10.9845 The Beekeeper's Wall
    47.6566 11.1032 Sundial Meadow
    47.6473 11.0587 Hollow Way
    47.6488 11.0947 Tern Island
    47.7089 11.0813 The Whispering Gallery
    47.7259 11.0383 Juniper Pass
    47.7227 11.0926 Cheese Cave
    47.7239 11.0714 Observatory Hill
    47.7514 11.1631 The Broken Viaduct
    47.7351 11.1163 Lady's Leap
    47.7155 11.1268 Swallow Cliff
    47.7659 11.1830 Ice House
    47.7874 11.0592 Marl Pit Pond
    47.7662 11.1321 The Singing Gate
    47.7501 11.0985 Weavers' Row
    47.7696 11.0402 Cold Oak
    47.7713 11.1612 Thistle Bank Halt
    47.7856 11.0712 The Giant's Chair
    47.8132 11.1872 Bilberry Moor
    47.8008 11.1149 Ropeway Station
    47.8430 11.1968 Paper Mill
    47.8712 11.1970 Lantern Point
    47.8426 11.1200 The Quiet Garden
    47.8576 11.2081 Moth House
    47.9088 11.0799 Slate Steps
    47.8634 11.0982 Otter Bend
    47.8768 11.1475 Pilgrims' Well
    47.9110 11.1112 The Crooked Signpost
    47.8794 11.1430 Charcoal Burners' Clearing
    47.9142 11.1733 Echo Wall
    47.9644 11.1994 Snow Gauge
    47.9431 11.1900 Vineyard Terrace
    47.9637 11.0923 The Last Ferry
    47.9886 11.2267 Reed Harbour
    47.9962 11.2336 Vell Mouth Light
    """
}
