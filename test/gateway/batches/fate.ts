import { setTimeout as sleep } from 'node:timers/promises'
import OpenAI, { APIError } from 'openai'
import type { Batch } from 'openai/resources/batches'
import { givenTime } from '../../support/given-time.ts'
import type { TestApp } from '../../support/harness.ts'
import type { LineRow } from '../settings/lines.ts'
import { CHAT, create, jsonl } from './stage.ts'

/*
 * What becomes of a batch of one line.
 */

/** What is asked of an endpoint. */
const SAID: Partial<Record<string, object>> = {
  [CHAT]: { messages: [{ role: 'user', content: 'hello' }] },
  '/v1/images/generations': { prompt: 'hello' },
}

type Asked = {
  app: TestApp
  key: string
  /** What a proxy says of the client. */
  shown: Record<string, string>
}

/**
 * Makes a batch of what a row asks for; its `user` is the row's setting.
 * @param sent what becomes of one that was not refused; it may be asked for again and again: null as long as that is not known
 * @returns the code of its refusal: of the call that makes it, or of the batch; or what became of it
 */
export async function fateOf(
  { app, key, shown }: Asked,
  { setting, line: { endpoint = CHAT, body } }: LineRow,
  sent: (id: string, client: OpenAI) => Promise<string | null>,
): Promise<string> {
  const said = SAID[endpoint] ?? { input: 'hello' }
  const line = { custom_id: 'a', method: 'POST', url: endpoint, body: { model: 'm1', ...said, ...body, user: setting } }
  const client = new OpenAI({ baseURL: `${app.url}/v1`, apiKey: key, maxRetries: 0, defaultHeaders: shown })
  try {
    const { id } = await create(client, jsonl([line]), { endpoint })
    for (const deadline = givenTime() + 60_000; givenTime() < deadline; await sleep(20)) {
      const now: Batch = await client.batches.retrieve(id)
      const [error] = now.errors?.data ?? []
      if (now.status === 'failed') return error?.code ?? 'failed'
      const fate = await sent(id, client)
      if (fate !== null) return fate
    }
    throw new Error(`nothing becomes of a batch: ${JSON.stringify(line)}`)
  } catch (error) {
    if (error instanceof APIError && (error.status === 401 || error.status === 403))
      return error.code ?? `${error.status}`
    throw error
  }
}
