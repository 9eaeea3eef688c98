// The names of the web's protocols.
public import FreshetServer

extension CallProtocol {
  /// A plain route.
  public static let http = CallProtocol("http")
  public static let grpcWeb = CallProtocol("grpc-web")
  /// gRPC-Web in base64.
  public static let grpcWebText = CallProtocol("grpc-web-text")
  /// By POST.
  public static let connect = CallProtocol("connect")
  /// By GET or HEAD, which caches may answer.
  public static let connectGET = CallProtocol("connect-get")
  /// A WebSocket, over HTTP/1.1 or HTTP/2.
  public static let webSocket = CallProtocol("websocket")
  /// A method that is called over a WebSocket (`WebConfiguration.servesCallsOverWebSocket`).
  public static let grpcWebSocket = CallProtocol("grpc-websocket")
}
