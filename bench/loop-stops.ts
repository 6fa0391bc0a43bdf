import { createServer } from 'node:http'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { isMainThread } from 'node:worker_threads'

/*
 * Loaded into a server beside its own program: says how long its loop stood still since it was asked last, on the port that
 * LOOP_STOPS_PORT names. `stop` is by the clock; `busy` is the processor time of the longest turn, which what else runs on the
 * machine does not lengthen. Both in milliseconds.
 */

/** How often it is looked, in milliseconds. */
const EVERY_MS = 1

const port = process.env.LOOP_STOPS_PORT
if (isMainThread && port !== undefined) {
  const delay = monitorEventLoopDelay({ resolution: EVERY_MS })
  delay.enable()
  let [busy, before] = [0, processorMs()]
  setInterval(() => {
    const now = processorMs()
    busy = Math.max(busy, now - before)
    before = now
  }, EVERY_MS).unref()
  createServer((_request, response) => {
    response.end(JSON.stringify({ stop: delay.max / 1e6, busy }))
    delay.reset()
    busy = 0
  })
    .listen(Number(port), '127.0.0.1')
    .unref()
}

function processorMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
