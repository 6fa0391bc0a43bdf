import { question } from './governed.ts'
import { applyLoad, processorMs, type Running } from './processes.ts'

/** A server that is measured, and the key to it. */
export type Target = { server: Running; key: string }
export type Load = Parameters<typeof applyLoad>[0]

const WARM_MOST_MS = 30_000

/** @param headers what this client sends besides the key; without them the least that is a chat call */
export const chatTo = ({ server, key }: Target, headers?: Record<string, string>) => ({
  url: `${server.url}/v1/chat/completions`,
  method: 'POST',
  headers: { ...(headers ?? { 'content-type': 'application/json' }), authorization: `Bearer ${key}` },
  body: question,
})

/** A load, and the microseconds of processor time that each request cost the server; NaN where the system does not say. */
export async function measured(server: Running, load: Load, apply = applyLoad) {
  const before = await processorMs(server.pid)
  const result = await apply(load)
  const after = await processorMs(server.pid)
  const spent = before === null || after === null ? Number.NaN : after - before
  return { ...result, processorUs: (spent / result.requests) * 1000 }
}
export type Measured = Awaited<ReturnType<typeof measured>>

/**
 * Requests after which the code that is measured is compiled, as that of a server that runs for an hour is. It is counted in
 * requests, not in seconds: what a gate's call costs falls from 255 us in its first two thousand to 115 after nine thousand and
 * 67 after fifty thousand, and at first two fifths of it are the compiler's threads. Six seconds of warming up, as it was, are
 * sixty thousand on two quiet cores and two thousand beside other work, where half-compiled programs were then compared, over
 * seven rounds. A gate that needs a third less (1.23 of the relay's time against 1.90, quiet) then had rounds from 0.6 to 5.6
 * and the one before it from 0.9 to 15.6, and their medians in different runs were 1.20 to 1.68 and 1.98 to 3.04. That an
 * improvement of a fifth was once read as none, 1.55 against 1.61 in a run of each, is within that; its short ways are taken
 * by every client and with every rule.
 */
export const WARM = 60_000

/**
 * Applies a load until the server has answered so many requests, for half a minute at most.
 * @param apply does it for a while; it is told how often it has been called before
 * @returns how many it has answered
 */
export async function warm(requests: number, apply: (i: number) => Promise<{ requests: number }>): Promise<number> {
  const begun = performance.now()
  let done = 0
  for (let i = 0; done < requests && performance.now() - begun < WARM_MOST_MS; i++) done += (await apply(i)).requests
  return done
}
