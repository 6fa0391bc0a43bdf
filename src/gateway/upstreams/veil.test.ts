import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Secret } from './secret.ts'
import { Veil } from './veil.ts'

/** Keys of every shape: like words, of one letter, with beginnings that come again in them, with an end that is their beginning. */
const keys = [
  'sk-upstream-0123456789',
  'aaaaaaaa',
  'abababab',
  'aabaabaaab',
  'sk-0sk-0sk-0',
  'sk-A0000000000',
  'sk-proj-AbCdEfGh01',
  'sk-1bcdefg1-2bcdefgh1',
  'A1B2C3D4',
  'key"\\/+=~!',
]

function secretOf(key: string): Secret {
  const secret = Secret.of(key)
  assert.ok(secret)
  return secret
}

/** What the client gets of these chunks, one by one, and at the end. */
function shown(secret: Secret, chunks: readonly Buffer[]): { out: string[]; rest: string | null } {
  const veil = new Veil(secret)
  const out = chunks.map((chunk) => veil.chunk(chunk).toString('latin1'))
  return { out, rest: veil.end()?.toString('latin1') ?? null }
}

const bytes = (text: string) => Buffer.from(text, 'latin1')
const stars = (text: string, key: string) => text.replaceAll(key, '*'.repeat(key.length))

for (const key of keys) {
  test(`'${key}' is covered wherever a reply is cut, and nothing else of it is changed`, () => {
    const secret = secretOf(key)
    const texts = [
      key,
      `${key}${key}`,
      `x${key}`,
      `{"error":"Incorrect key: ${key}."}`,
      `${key.slice(0, -1)}${key}`,
      `${key.slice(0, 3)}${key}${key.slice(0, -1)}`,
      `${key.slice(1)}${key.slice(0, -1)}`,
      `${key.slice(0, -1)}x${key.slice(0, 4)}${key.slice(2)}`,
      `\x00\xff${key}\xff\x00`,
      'nothing of the kind',
    ]
    for (const text of texts) {
      const expected = stars(text, key)
      for (let cut = 0; cut <= text.length; cut++) {
        const { out, rest } = shown(secret, [bytes(text.slice(0, cut)), bytes(text.slice(cut))])
        assert.equal(out.join('') + (rest ?? ''), expected, `${text} cut at ${cut}`)
      }
      const each = shown(secret, [...text].map(bytes))
      assert.equal(each.out.join('') + (each.rest ?? ''), expected, `${text}, byte by byte`)
    }
  })

  test(`no byte waits that '${key}' cannot begin with`, () => {
    const secret = secretOf(key)
    const text = `${key.slice(0, -1)}x${key.slice(0, 4)}y${key.slice(0, 2)}${key}z`
    const veil = new Veil(secret)
    let seen = ''
    let sent = 0
    for (const letter of text) {
      seen += letter
      sent += veil.chunk(bytes(letter)).length
      const open = stars(seen, key)
      let most = Math.min(key.length - 1, open.length)
      while (!open.endsWith(key.slice(0, most))) most--
      assert.equal(seen.length - sent, most, seen)
    }
  })
}

test('of random texts of few letters what is covered is what replacing covers', () => {
  let seed = 1
  const random = (below: number) => {
    seed = (seed * 1103515245 + 12345) % 2 ** 31
    return Math.floor((seed / 2 ** 31) * below)
  }
  const letters = (length: number) => Array.from({ length }, () => 'abA'[random(3)]).join('')
  for (let round = 0; round < 3000; round++) {
    const key = letters(8 + random(3))
    let text = letters(20)
    for (let i = 0; i < 3; i++) text += key.slice(0, random(key.length + 2)) + letters(random(4))
    const chunks: Buffer[] = []
    for (let at = 0; at < text.length; ) {
      const end = at + 1 + random(9)
      chunks.push(bytes(text.slice(at, end)))
      at = end
    }
    const { out, rest } = shown(secretOf(key), chunks)
    assert.equal(out.join('') + (rest ?? ''), stars(text, key), `${key} in ${text}`)
  }
})

test('a chunk without the key is handed on as the very same bytes, and one with it is not written to', () => {
  const secret = secretOf('sk-upstream-0123456789')
  const veil = new Veil(secret)
  const plain = bytes('{"content":"sk-"}')
  assert.equal(veil.chunk(plain), plain)
  const quoting = bytes('{"content":"sk-upstream-0123456789"}')
  assert.equal(veil.chunk(quoting).toString(), `{"content":"${'*'.repeat(22)}"}`)
  assert.equal(quoting.toString(), '{"content":"sk-upstream-0123456789"}')
})

/** Keys, with a reply that nearly has each of them all the time. */
const nearly: [key: string, fill: string][] = [
  ['a'.repeat(200), `${'a'.repeat(199)}b`],
  [`${'a'.repeat(199)}b`, 'a'],
  [`A${'a'.repeat(199)}`, 'a'],
  [`sk-${'0'.repeat(197)}`, '0'],
  [`${'x'.repeat(4000)}y`, 'x'],
  [`ABCDEFGH${'x'.repeat(4000)}`, `ABCDEFGH${'x'.repeat(3999)}`],
  [`${'x'.repeat(2000)}${'yx'.repeat(500)}z`, `${'x'.repeat(2000)}${'yx'.repeat(499)}z`],
  [`${'x'.repeat(4000)}ABCDEFGHIJKLMNOP`, 'xABCDEFGHIJKLMNOP'],
  [`${'x'.repeat(4000)}ABCDEFGHIJKLMNOP`, `${'x'.repeat(3999)}ABCDEFGHIJKLMNOP`],
]

test('no byte of a reply is looked at more than a few times, whatever the key and however it comes', () => {
  for (const [key, fill] of nearly) {
    for (const size of [200_000, 64]) {
      const body = bytes(fill.repeat(Math.ceil(200_000 / fill.length)).slice(0, 200_000))
      const secret = secretOf(key)
      const veil = new Veil(secret)
      let read = 0
      const next = secret.next.bind(secret)
      secret.next = (matched, byte) => {
        read++
        return next(matched, byte)
      }
      let searches = 0
      let written = 0
      for (let at = 0; at < body.length; at += size) {
        const chunk = body.subarray(at, at + size)
        let last = -1
        chunk.indexOf = (sample: unknown, from?: unknown) => {
          assert.ok(sample instanceof Buffer && typeof from === 'number')
          assert.ok(sample.length <= 16 && from > last, 'a short search that does not begin again')
          searches++
          last = from
          return Buffer.prototype.indexOf.call(chunk, sample, from)
        }
        const { buffer, length } = veil.chunk(chunk)
        if (buffer !== body.buffer) written += length
      }
      const what = `${key.slice(0, 9)} in pieces of ${size}`
      assert.ok(read <= 2 * body.length, `${what}: ${read} bytes read`)
      assert.ok(searches <= body.length / 8 + body.length / size, `${what}: ${searches} searches`)
      assert.ok(written <= body.length, `${what}: ${written} bytes written`)
    }
  }
})

test('a long key is covered wherever it comes among what is nearly it', () => {
  for (const [key, fill] of nearly) {
    const text = `${fill.slice(0, 5000)}${key}${fill}${key}${key}${key.slice(0, -1)}`
    const { out, rest } = shown(secretOf(key), text.match(/.{1,64}/g)?.map(bytes) ?? [])
    assert.equal(out.join('') + (rest ?? ''), stars(text, key))
    assert.equal(
      shown(secretOf(key), [bytes(text)]).out[0],
      stars(text, key).slice(0, -(rest?.length ?? 0) || undefined),
    )
  }
})

test('no key, and one that anything could be by chance, is not searched for', () => {
  for (const key of [null, '', 'k', '1234567']) assert.equal(Secret.of(key), null)
  assert.equal(secretOf('12345678').hidden('a12345678b12345678'), 'a********b********')
})
