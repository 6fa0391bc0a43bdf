import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError } from '../../contract/error.ts'
import { Cuts } from './json-cuts.ts'
import { JsonScan } from './json-scan.ts'
import { JsonText } from './json-text.ts'

/*
 * Node 26.10 (V8 14): JSON.parse takes a name that is written with an escape for the one that it expects in its place, from another object of the same
 * shape, where that ends with a backslash. `{"x":1,"\u006dodel":2}` is then `{ x: 1, '\\': 2 }`.
 */

async function fieldsOf(text: string, cuts: Cuts | null): Promise<object | string> {
  const bytes = Buffer.from(text)
  try {
    const scan = new JsonScan(cuts)
    scan.scan(bytes, bytes.length)
    return (await JsonText.inTurns(bytes, scan)).fields
  } catch (error) {
    if (error instanceof ApiError) return `${error.status} ${error.code}`
    throw error
  }
}
const ways = { 'at once': () => null, 'in slices': () => new Cuts(1) }
const refused = '400 null'

for (const [how, cuts] of Object.entries(ways)) {
  test(`a name that ends with a backslash is refused before anything is parsed, at any depth: ${how}`, async () => {
    for (const name of ['\\\\', 'a\\\\', '\\\\\\\\', '\\u005c', 'a\\u005C', '\\"\\\\'])
      for (const text of [`{"${name}":1}`, `{"a":1,"${name}" :1}`, `{"a":[{"b":{"c":"x","${name}"\n:{}}}]}`])
        assert.equal(await fieldsOf(text, cuts()), refused, text)
  })

  test(`what only looks like one is read: ${how}`, async () => {
    const texts = [
      '{"a":"\\\\","b":"x\\\\"}',
      '{"a":["\\\\","\\u005c"],"\\\\a":1,"^\\\\d+$":2}',
      '{"a\\"":1,"b":"\\\\\\":"}',
      '{"c":1,"abc":2,"5c":3,"\\n":4,"\\u0438\\u043c\\u044f":5}',
    ]
    for (const text of texts)
      assert.equal(JSON.stringify(await fieldsOf(text, cuts())), JSON.stringify(JSON.parse(text)))
  })

  test(`what is taken for such a name is refused, whoever has read one before: ${how}`, async () => {
    const shape = how.replace(' ', '_')
    // As another part of this process may, of what no client has sent.
    JSON.parse(`{"${shape}":1,"\\\\":2}`)
    JSON.parse(`{"${shape}":1,"mod\\\\":2}`)
    for (const name of ['\\u006dodel', '\\u0074ools', 'mod\\u0065l', '\\"', '\\n']) {
      const text = `{"${shape}":1,"${name}":2}`
      const fields = await fieldsOf(text, cuts())
      const meant = JSON.parse(`["${name}"]`)[0] as string
      assert.ok(fields === refused || Object.hasOwn(fields as object, meant), `${text}: ${JSON.stringify(fields)}`)
    }
  })
}
