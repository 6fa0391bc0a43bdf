import OpenAI from 'openai'
import { offers } from '../../../src/core/offer.ts'
import { startTestApp, type TestAppOptions } from '../../support/harness.ts'
import { type Account, startAccount } from '../account/account.ts'
import { makeKey } from '../gate.ts'

type Options = TestAppOptions & Parameters<typeof startAccount>[0]

/** An account that the projects of a Gatehouse share, and two of them with a key each. */
export async function startShared({ key, models, keptBytes, nobody, ...options }: Options = {}) {
  await using stack = new AsyncDisposableStack()
  const account = stack.use(
    await startAccount({ ...(nobody && { nobody }), ...(keptBytes !== undefined && { keptBytes }) }),
  )
  const env = { ...envOf(account), ...options.env }
  const app = stack.use(await startTestApp({ ...options, env }))
  const [a, b] = [await makeKey(app), await makeKey(app)]
  const clientOf = (apiKey: string) => new OpenAI({ baseURL: `${app.url}/v1`, apiKey, maxRetries: 0 })
  const rest = stack.move()
  return {
    account,
    app,
    a: { ...a, client: clientOf(a.key) },
    b: { ...b, client: clientOf(b.key) },
    clientOf,
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  }
}

/** What a gate is told of the account, which offers all that one can. */
export const envOf = ({ url, key }: Pick<Account, 'url' | 'key'>) => ({
  GATEHOUSE_UPSTREAM_URL: url,
  GATEHOUSE_UPSTREAM_KEY: key,
  GATEHOUSE_UPSTREAM_OFFERS: offers.join(','),
})
