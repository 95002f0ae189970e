"""From a stream of bytes to messages: whole ones only, however the network cut them.

A message ends with CR. Some clients send CRLF and wait for the same, some LF alone: what ended the request ends the
answer. What stands between messages (a LF after the CR, an empty line) is passed over.
"""

LONGEST_LINE = 8192
"""No SIP2 message comes near it; what is longer is not one."""

CR, LF = b"\r", b"\n"
CRLF = CR + LF
_CR, _LF = CR[0], LF[0]


class LineTooLongError(Exception):
    """More than LONGEST_LINE bytes without an end."""


class Framer:
    """One connection's bytes, until they are messages."""

    __slots__ = ("_buffer", "_ending")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._ending = CR

    def feed(self, data: bytes) -> None:
        self._buffer += data

    @property
    def waiting(self) -> int:
        """How many bytes are kept that no message was made of yet."""
        return len(self._buffer)

    def next(self) -> bytes | None:
        """The next whole message without its end, or None until more has come. Raises LineTooLongError."""
        buffer = self._buffer
        if buffer and buffer[0] in CRLF:
            self._pass_over()
        end = self._end()
        if end < 0:
            if len(buffer) > LONGEST_LINE:
                raise LineTooLongError
            return None
        if end > LONGEST_LINE:
            raise LineTooLongError
        message = bytes(buffer[:end])
        self._learn(end)
        return message

    def ending(self) -> bytes:
        """What to end the answer to the latest message with. Asked as late as can be: the LF after a CR may come in a
        segment of its own.
        """
        if self._ending == CR and self._buffer[:1] == LF:
            self._ending = CRLF
        return self._ending

    def _end(self) -> int:
        carriage_return, line_feed = self._buffer.find(CR), self._buffer.find(LF)
        if carriage_return < 0 or line_feed < 0:
            return max(carriage_return, line_feed)
        return min(carriage_return, line_feed)

    def _learn(self, end: int) -> None:
        """Take the message and what ends it away. A CR with nothing behind it says nothing new of a CRLF client."""
        buffer = self._buffer
        if buffer[end] == _LF:
            self._ending = LF
            del buffer[: end + 1]
        elif buffer[end + 1 : end + 2] == LF:
            self._ending = CRLF
            del buffer[: end + 2]
        else:
            if len(buffer) > end + 1 or self._ending == LF:
                self._ending = CR
            del buffer[: end + 1]

    def _pass_over(self) -> None:
        buffer = self._buffer
        if buffer[0] == _LF and self._ending == CR:
            self._ending = CRLF
        kept = bytes(buffer).lstrip(CRLF)
        buffer[:] = kept
