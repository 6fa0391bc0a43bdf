import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toFile } from 'openai'
import { until } from '../../process/gatehouse.ts'
import { databases } from '../../support/databases.ts'
import { startKillable } from './killable.ts'

/*
 * Uploads that a model server keeps: the gate is killed before the model server has done something, and when it has and nobody was told.
 */

type It = Awaited<ReturnType<typeof startKillable>>
type Moment = 'begin' | 'answer'

const data = (content: string) => toFile(Buffer.from(content), 'part')
const wanted = { bytes: 6, filename: 'u.txt', mime_type: 'text/plain', purpose: 'user_data' } as const

/** Has a server killed while the model server is asked something, of which it has done all by then, or does nothing, and another begin. */
async function killedIn(
  { account, kill, startAgain }: It,
  asked: string,
  moment: Moment,
  call: () => Promise<unknown>,
) {
  using hold = account.hold(asked, moment)
  // What is let go behind the first goes on to the second.
  const end = moment === 'begin' ? account.fail(asked, 503) : () => {}
  const untold = call().catch(() => null)
  await until(() => hold.reached === 1, `${asked} to be asked`)
  await kill()
  hold.release()
  end()
  assert.equal(await untold, null)
  await startAgain()
}

/** An upload of a project, with its parts. */
async function begin({ client }: It) {
  const { uploads } = client()
  const { id } = await uploads.create(wanted)
  const part_ids: string[] = []
  for (const content of ['abc', 'def'])
    part_ids.push((await uploads.parts.create(id, { data: await data(content) })).id)
  return { id, part_ids, complete: () => client().uploads.complete(id, { part_ids }) }
}

async function isTheirs({ client, stranger }: It, id: string) {
  assert.equal(await (await client().files.content(id)).text(), 'abcdef')
  assert.deepEqual(
    (await client().files.list()).data.map((file) => file.id),
    [id],
  )
  await isStrange({ stranger }, id)
}

async function isStrange({ stranger }: Pick<It, 'stranger'>, id: string) {
  for (const ask of [() => stranger().files.retrieve(id), () => stranger().files.content(id)])
    await assert.rejects(ask, { status: 404 })
  assert.deepEqual((await stranger().files.list()).data, [])
}

for (const database of databases) {
  test(`${database}: what an upload has that was told of is there after kill -9, and what nobody was told of is nobody's`, async () => {
    await using it = await startKillable(database, {})
    const { account, client, stranger } = it
    await killedIn(it, 'POST /v1/uploads', 'answer', () => client().uploads.create(wanted))
    const [untold = ''] = [...account.uploads.values()].map((upload) => upload.id)
    for (const one of [client, stranger]) await assert.rejects(one().uploads.cancel(untold), { status: 404 })
    const { id, part_ids, complete } = await begin(it)
    const add = async () => client().uploads.parts.create(id, { data: await data('xyz') })
    for (const moment of ['begin', 'answer'] as const) await killedIn(it, 'POST /v1/uploads/*/parts', moment, add)
    const strange = [...account.uploads.beside(id).parts.values()].find((part) => !part_ids.includes(part.id))?.id ?? ''
    assert.match(strange, /^part_/)
    for (const part of [strange, 'part_of_nobody'])
      await assert.rejects(client().uploads.complete(id, { part_ids: [part_ids[0] ?? '', part] }), {
        ...{ status: 404, param: 'part_ids' },
      })
    await assert.rejects(stranger().uploads.complete(id, { part_ids }), { status: 404, param: 'id' })
    await killedIn(it, 'POST /v1/uploads/*/complete', 'begin', complete)
    const { file } = await complete()
    assert.equal(account.files.size, 1)
    await isTheirs(it, file?.id ?? '')
    await killedIn(it, 'POST /v1/uploads/*/cancel', 'answer', async () => client().uploads.cancel((await begin(it)).id))
    await isTheirs(it, file?.id ?? '')
  })

  test(`${database}: where a model server has completed an upload of which nobody heard, who asks again has what it tells them, and nobody else`, async () => {
    for (const tellsAgain of [true, false]) {
      await using it = await startKillable(database, {}, { tellsAgain })
      const { complete } = await begin(it)
      await killedIn(it, 'POST /v1/uploads/*/complete', 'answer', complete)
      const [made = ''] = [...it.account.files.values()].map((file) => file.id)
      await isStrange(it, made)
      if (tellsAgain) {
        assert.equal((await complete()).file?.id, made)
        await isTheirs(it, made)
      } else {
        // It is told what has become of it, and that file is nobody's: the account says to nobody which one it is.
        await assert.rejects(complete(), { status: 400, message: /is completed/ })
        await assert.rejects(it.client().files.retrieve(made), { status: 404 })
        const again = await (await begin(it)).complete()
        await isTheirs(it, again.file?.id ?? '')
      }
      assert.equal(it.account.files.size, tellsAgain ? 1 : 2)
    }
  })
}
