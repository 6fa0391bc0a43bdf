/** What has something to send. */
export interface Sending {
  /** Must not throw: there is nobody to tell. */
  send(): void
}

let waiting: Sending[] = []
/** Calls of this thread that have come and are not over. */
let underWay = 0

/** A call has come in; `callIsOver` is to be called once for each. */
export function callBegins(): void {
  underWay++
}

export function callIsOver(): void {
  underWay--
}

/** Whether one has come to this thread that is not over. */
export const isCallUnderWay = () => underWay > 0

/**
 * Has something sent when this turn of the loop has taken up all that has come: where those are many calls, all are
 * read and judged before the first is sent. Sending wakes whoever reads it, which costs as much as
 * all else that the system does for it, once for what is sent at one time; and the same step of the next call finds its code in the
 * processor's caches. What a call sends that is alone in this thread is sent at once: there is nothing to send together with it.
 */
export function sendInTurn(one: Sending): void {
  if (underWay === 1 && waiting.length === 0) one.send()
  else sendAtTurnsEnd(one)
}

/**
 * The same of what answers a call in the very turn that it came in, as refusals do: however many come at once, each of them is alone
 * when it is answered, so none can know that others come behind it. To wait costs one that is alone nothing that was measured.
 */
export function sendAtTurnsEnd(one: Sending): void {
  if (waiting.push(one) === 1) setImmediate(sendAll)
}

function sendAll(): void {
  const all = waiting
  waiting = []
  for (const one of all) one.send()
}
