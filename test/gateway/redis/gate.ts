import { givenTime } from '../../support/given-time.ts'
import { startTestApp } from '../../support/harness.ts'
import { modelsFile } from '../../support/models-file.ts'
import { CHAT, makeKey } from '../gate.ts'

/** Calls a minute that a project may make there. */
export const LIMIT = 40
const body = { model: 'echo', messages: [{ role: 'user', content: 'hello' }] }

/** A gate that counts in a Redis. @param redis what its configuration file says of it */
export async function startCounting(redis: object, url: string) {
  await using stack = new AsyncDisposableStack()
  const echo = { organization_limits: { max_requests_per_1_minute: LIMIT }, price_per_million: { input: 1 } }
  const file = stack.use(await modelsFile({ echo }, { redis }))
  const lines: string[] = []
  const env = { GATEHOUSE_CONFIG: file.path, GATEHOUSE_REDIS_URL: url }
  const app = stack.use(await startTestApp({ env, log: (text) => lines.push(text) }))
  const { key } = await makeKey(app)
  const took: number[] = []
  const call = async () => {
    const begun = givenTime()
    const reply = await app.send('POST', CHAT, { key, body })
    took.push(Math.round(givenTime() - begun))
    return reply
  }
  const statuses = async (count: number) => {
    const all = await Promise.all(Array.from({ length: count }, call))
    return all.map(({ status }) => status)
  }
  const rest = stack.move()
  const told = (what: RegExp) => lines.filter((text) => what.test(text)).length
  const ready = async () => (await app.send('GET', '/readyz', { key: null })).body
  return { app, call, statuses, took, told, ready, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}
