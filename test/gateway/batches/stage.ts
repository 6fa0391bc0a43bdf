import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type OpenAI from 'openai'
import { toFile } from 'openai'
import type { Batch } from 'openai/resources/batches'
import { untilPassed } from '../../support/until.ts'
import { startShared } from '../owned/shared.ts'

/*
 * Batches as clients make them, on an account that two projects share.
 */

export const CHAT = '/v1/chat/completions'

export const chat = (custom_id: string, body: object = {}, more: object = {}) => ({
  ...{ custom_id, method: 'POST', url: CHAT },
  body: { model: 'm1', messages: [{ role: 'user', content: `hello ${custom_id}` }], ...body },
  ...more,
})

export const jsonl = (lines: readonly (object | string)[]) =>
  lines.map((one) => `${typeof one === 'string' ? one : JSON.stringify(one)}\n`).join('')

/** Seconds after which a batch's upstream is asked again. */
const ASKED_AGAIN = 61

export async function upload(client: OpenAI, content: string | Buffer): Promise<string> {
  return (await client.files.create({ file: await toFile(Buffer.from(content), 'in.jsonl'), purpose: 'batch' })).id
}

export async function create(client: OpenAI, content: string | Buffer, more: object = {}): Promise<Batch> {
  const input_file_id = await upload(client, content)
  return client.batches.create({
    ...{ input_file_id, endpoint: CHAT, completion_window: '24h' },
    ...more,
  } as OpenAI.BatchCreateParams)
}

export type Stage = Awaited<ReturnType<typeof startStage>>

export async function startStage(options: Parameters<typeof startShared>[0] = {}) {
  const shared = await startShared(options)
  const { account, app } = shared
  const later = () => app.advance(ASKED_AGAIN)
  const passing = (condition: () => unknown, what: string) => untilPassed(later, condition, what)
  return {
    ...shared,
    /** Lets a minute pass, so that upstreams are asked. */
    later,
    /** Waits for what comes of an upstream that is asked, while minutes pass. */
    passing,
    /** Waits until a batch is in a state, while minutes pass. */
    async reach(client: OpenAI, id: string, status: Batch['status']): Promise<Batch> {
      let now = await client.batches.retrieve(id)
      for (let looks = 1; now.status !== status; looks++) {
        assert.ok(looks < 600, `the batch is ${now.status} and not ${status}: ${JSON.stringify(now.errors)}`)
        if (looks % 30 === 0) app.advance(ASKED_AGAIN)
        await sleep(20)
        now = await client.batches.retrieve(id)
      }
      return now
    },
    /** Waits for the account's batch of one that was made, by its judged copy, while minutes pass. */
    async sent(id: string): Promise<{ id: string; lines: () => string }> {
      let row: { upstream_batch_id: string | null; upstream_file_id: string | null } | undefined
      await passing(async () => {
        row = await app.db
          .selectFrom('batch')
          .select(['upstream_batch_id', 'upstream_file_id'])
          .where('organization_id', '!=', '')
          .where('id', '=', id)
          .executeTakeFirst()
        return row?.upstream_batch_id != null
      }, 'the batch to be sent')
      const { upstream_batch_id, upstream_file_id } = row ?? {}
      return {
        id: upstream_batch_id ?? '',
        lines: () => account.files.beside(upstream_file_id ?? '').text(),
      }
    },
    [Symbol.asyncDispose]: () => shared[Symbol.asyncDispose](),
  }
}
