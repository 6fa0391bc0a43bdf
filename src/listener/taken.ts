import type { Socket } from 'node:net'

/** What Node keeps of a socket inside: what was given to the system or waits for it, in bytes, and what of that waits. */
type Handle = { bytesWritten: number; writeQueueSize: number }

/**
 * How many bytes of what was written to a socket the system has taken, also in the middle of a piece, which can be as long as a whole answer,
 * and below TLS. Node has no name for that outside: the time-outs of its own sockets look where this does.
 */
export function takenOf(socket: Socket): number {
  const { _handle: handle } = socket as { _handle?: (Handle & { _parent?: Handle }) | null }
  const { bytesWritten, writeQueueSize } = handle?._parent ?? handle ?? { bytesWritten: 0, writeQueueSize: 0 }
  return bytesWritten - writeQueueSize
}
