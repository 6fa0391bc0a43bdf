import { constants, fstatSync, openSync } from 'node:fs'
import { Socket } from 'node:net'

/**
 * A descriptor of the same thing on which no write waits for a reader: it fails with EAGAIN instead. Not waiting is a
 * property of what is open, which other processes may hold too, so a pipe, a terminal or a device is opened anew, and they
 * go on as before. A socket (the journal of systemd, a parent that is Node) cannot be, nor anything where there is no
 * `/proc` or it is another user's: those are made not to wait for whoever holds them. What neither can be done with, a
 * terminal without `/proc`, is waited for. A file has no reader: it is left as it is.
 * @returns the given descriptor, or one of the caller's own
 */
export function unwaited(fd: number): number {
  if (fstatSync(fd).isFile()) return fd
  const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants
  try {
    return openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_NOCTTY)
  } catch {
    return shared(fd)
  }
}

/** Node makes what it wraps as a stream not to wait. It is never written to as one: a stream tells nobody what it could not write. */
function shared(fd: number): number {
  try {
    new Socket({ fd, readable: false, writable: true }).unref()
  } catch {
    // A terminal, or something that is no stream.
  }
  return fd
}
