// What `import FreshetWeb` brings besides its own types.

// The limits of HTTP/1.1 connections.
@_exported public import struct FreshetHTTP1.HTTP1ClientSettings
@_exported public import struct FreshetHTTP1.HTTP1Settings
// Messages, options and close codes of WebSockets.
@_exported public import FreshetWebSocket
