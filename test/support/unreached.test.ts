import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { watchBuilders } from './unreached.ts'

/** A module of the program: one statement is built when it is loaded, and one in each of two functions. */
const MODULE = `const db = { selectFrom: (table: string) => table }
export const loaded = db.selectFrom('a')
export function one() {
  return db.selectFrom('b')
}
export class Two {
  static two = () => [1].map(() => db.selectFrom('c'))
}
`
const places = (file: string, ...lines: number[]) => lines.map((line) => `${file}:${line} selectFrom`)

test('a place that was not reached is told of, whether or not its function was ever compiled, or its module loaded', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-unreached-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const load = (file: string) => import(pathToFileURL(join(folder, file)).href)
  for (const file of ['before.ts', 'called.ts', 'late.ts', 'never.ts', 'half.ts']) {
    await writeFile(join(folder, file), MODULE)
  }
  await load('before.ts')
  await (await load('called.ts')).one()
  const builders = await watchBuilders({ folder, pattern: '*.ts' })
  ;(await load('called.ts')).one()
  await load('late.ts')
  const half = await load('half.ts')
  half.one()
  assert.deepEqual(await builders.unreached(), [
    ...places('before.ts', 2, 4, 7),
    ...places('called.ts', 2, 7),
    ...places('half.ts', 7),
    ...places('late.ts', 4, 7),
    ...places('never.ts', 2, 4, 7),
  ])
})
