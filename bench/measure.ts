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
 * requests, not in seconds: a call costs four times as much in the first two thousand as after fifty thousand, two fifths of it
 * for the compiler's threads, and on a busy machine a few seconds are no more than those two thousand. Half-compiled programs
 * differ by chance more than improvements do: one of a third was lost in it.
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
