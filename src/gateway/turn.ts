/** What has something to send. */
export interface Sending {
  /** Must not throw: there is nobody to tell. */
  send(): void
}

let waiting: Sending[] = []

/**
 * Has something sent when this turn of the loop has taken up all that has come: where those are many calls, all are
 * read and judged before the first is sent, and where it is one it is sent some ten microseconds later. Sending wakes whoever reads it, which costs as much as
 * all else that the system does for it, once for what is sent at one time; and the same step of the next call finds its code in the
 * processor's caches.
 */
export function sendInTurn(one: Sending): void {
  if (waiting.push(one) === 1) setImmediate(sendAll)
}

function sendAll(): void {
  const all = waiting
  waiting = []
  for (const one of all) one.send()
}
