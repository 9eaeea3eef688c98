"""A TLS client that calls OpenSSL directly, since Python's ssl module cannot update keys."""
import ctypes
import ctypes.util

_WRITE_BYTES = 1 << 16
_NOT_REQUESTED, _REQUESTED = 0, 1


class Client:
    """Takes and gives bytes; has no socket."""

    def __init__(self) -> None:
        name = ctypes.util.find_library("ssl")
        if name is None:
            raise RuntimeError("there is no libssl")
        self._library = library = ctypes.CDLL(name)
        crypto = ctypes.CDLL(ctypes.util.find_library("crypto"))
        for function in (library.TLS_client_method, library.SSL_CTX_new, library.SSL_new, crypto.BIO_s_mem, crypto.BIO_new):
            function.restype = ctypes.c_void_p
        self._read_bio, self._write_bio = crypto.BIO_read, crypto.BIO_write
        context = library.SSL_CTX_new(ctypes.c_void_p(library.TLS_client_method()))
        self._session = ctypes.c_void_p(library.SSL_new(ctypes.c_void_p(context)))
        memory = ctypes.c_void_p(crypto.BIO_s_mem())
        self._input, self._output = (ctypes.c_void_p(crypto.BIO_new(memory)) for _ in range(2))
        library.SSL_set_bio(self._session, self._input, self._output)
        library.SSL_set_connect_state(self._session)
        library.SSL_set_alpn_protos(self._session, b"\x02h2", 3)
        self._out = ctypes.create_string_buffer(_WRITE_BYTES)

    def handshake(self) -> bool:
        """Returns whether it is complete."""
        return self._library.SSL_do_handshake(self._session) == 1

    def receive(self, data: bytes) -> None:
        """Takes bytes from the peer."""
        self._write_bio(self._input, data, len(data))

    def discard_input(self) -> None:
        """Processes what was received."""
        while self._library.SSL_read(self._session, self._out, _WRITE_BYTES) > 0:
            pass

    def seal(self, data: bytes) -> None:
        self._library.SSL_write(self._session, data, len(data))

    def update_key(self, requested: bool) -> bool:
        """Moves on to the next key, and may ask the peer to do so too. Returns whether that is possible."""
        kind = _REQUESTED if requested else _NOT_REQUESTED
        return self._library.SSL_key_update(self._session, kind) == 1 and self.handshake()

    def output(self) -> bytes:
        parts = []
        while (count := self._read_bio(self._output, self._out, _WRITE_BYTES)) > 0:
            parts.append(self._out.raw[:count])
        return b"".join(parts)
