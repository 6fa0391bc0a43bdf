import assert from 'node:assert/strict'
import { test } from 'node:test'
import { modelsFile } from '../../support/models-file.ts'
import { until } from '../../support/until.ts'
import { usualAnswer } from '../account/batch-lines.ts'
import { Content } from '../account/content.ts'
import { addFile } from '../account/files.ts'
import { chat, create, jsonl, startStage } from './stage.ts'

const MOST_LINE_BYTES = 64 * 1024 * 1024
const M1 = { max_output_tokens: 60, price_per_million: { input: 0, output: 10_000 } }

test('a result that cannot be read is charged with all that its line could use, and one that has failed with nothing', async () => {
  await using models = await modelsFile({ m1: M1 })
  await using it = await startStage({ env: { GATEHOUSE_CONFIG: models.path } })
  const { account } = it
  const { client } = it.a
  const names = ['a', 'b', 'c', 'd']
  const made = await create(client, jsonl(names.map((name) => chat(name, { max_completion_tokens: 40 }))))
  const { id } = await it.sent(made.id)
  const theirs = account.move(id, 'completed', {
    answer: (line) => (line.custom_id === 'd' ? { status_code: 500, body: {} } : usualAnswer(line)),
  })
  const put = (which: 'output' | 'error', content: Content) => {
    const about = { filename: 'results.jsonl', purpose: 'batch_output', content }
    theirs[`${which}_file_id`] = addFile(account.files, about).id
  }
  const [first = ''] = account.files
    .beside(theirs.output_file_id ?? '')
    .text()
    .split('\n')
  const endless = Buffer.alloc(MOST_LINE_BYTES + 1, 'x')
  put(
    'output',
    Content.of(Buffer.concat([Buffer.from(`${first}\n`), endless, Buffer.from('\n{"custom_id":"c","resp\n')])),
  )
  put('error', Content.of('{"custom_id":"d","resp\n'))
  await it.reach(client, made.id, 'completed')
  const { usage } = it.app.admin().organization
  const used = async () => {
    const start_time = Math.floor(Date.now() / 86_400_000 - 1) * 86_400
    const { data } = await usage.completions({ start_time, batch: true })
    const [result] = data.flatMap(({ results }) => results) as { num_model_requests: number; output_tokens: number }[]
    return result
  }
  await until(async () => (await used()) !== undefined, 'what was used')
  const { num_model_requests, output_tokens } = (await used()) ?? {}
  assert.deepEqual([num_model_requests, output_tokens], [3, 5 + 40 + 40])
})

test('a line of which an upstream says that it is wrong is told by its number in the file that was brought', async () => {
  await using it = await startStage()
  const { client } = it.a
  const [a, b] = ['a', 'b'].map((name) => JSON.stringify(chat(name)))
  const made = await Promise.all([1, 2].map(() => create(client, `\n \t\r\n${a}\n\n${b}`)))
  for (const [i, { id, input_file_id }] of made.entries()) {
    const { id: theirs } = await it.sent(id)
    if (i === 1) await client.files.delete(input_file_id)
    it.account.move(theirs, 'failed', {
      errors: [1, 2, 9, null].map((line) => ({ code: 'invalid_request', line, message: 'no', param: null })),
    })
    const { errors } = await it.reach(client, id, 'failed')
    const lines = errors?.data?.map(({ line }) => line)
    // Where nobody has the file any more, nobody knows.
    assert.deepEqual(lines, i === 0 ? [3, 5, null, null] : [null, null, null, null])
  }
})
