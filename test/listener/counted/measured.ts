import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Work } from './counting.ts'
import { hostile } from './hostile-texts.ts'
import type { Place } from './places.ts'
import { answered, type CountedServer, startCounted } from './server.ts'

/*
 * What a stranger can make the server do, in work and not in time: how often pieces of the program run, how many bytes built-in
 * functions go over (and regular expressions, step by step). So it is the same on every machine. What is held in memory is
 * counted beside it.
 */

/** Of a text: with the rest of its request no more than the 16 kB that a head may have, and whole pieces of every length. */
const [SHORT, LONG] = [7200, 14_400]
/** For each byte of a request, passes over it and pieces of the program that run; and what a request takes as such. */
const MOST = {
  bytes: { each: 14, besides: 30_000 },
  pieces: { each: 3, besides: 1000 },
}
/** What does not grow with the text can be a little more for the longer one: a longer number, a page that is made once a second. */
const SPARE = { bytes: 20_000, pieces: 20_000 }

/** A provider by which people sign in, and which cannot be asked. */
const AWAY = {
  GATEHOUSE_OIDC_ISSUER: 'http://127.0.0.1:9',
  GATEHOUSE_OIDC_CLIENT_ID: 'x',
  GATEHOUSE_OIDC_CLIENT_SECRET: 'x',
  GATEHOUSE_PUBLIC_URL: 'http://gate',
}

let salt = 0
/** None comes twice, which a reader could remember; and the end is another than all before it, which a reader finds out last. */
const fresh = (text: string) => `${text.slice(6)}!${(salt++).toString(36).padStart(5, '0')}`

/** A test for each of these places. @param where in a request they are */
export function testPlaces(where: string, places: Readonly<Record<string, Place>>): void {
  describe(`${where}: no request of a stranger is gone over more than a fixed number of times`, () => {
    let server: CountedServer
    before(async () => {
      server = await startCounted({ GATEHOUSE_TRUSTED_PROXIES: '127.0.0.1', ...AWAY })
      // What is loaded by the first that needs it is loaded.
      for (const place of Object.values(places)) await answered(server.url, place('a'.repeat(100)))
    })
    after(() => server[Symbol.asyncDispose]())

    for (const [what, place] of Object.entries(places)) {
      test(`${what}: of twice as long a text it is twice the work at most`, async (t) => {
        const [short, long] = [await workOf(server, place, SHORT), await workOf(server, place, LONG)]
        t.diagnostic(JSON.stringify([short, long]))
        assert.deepEqual(long.slow, [])
        for (const measure of ['bytes', 'pieces'] as const) {
          const { each, besides } = MOST[measure]
          const said = `${measure}: ${short[measure]}, of twice as much ${long[measure]}`
          assert.ok(long[measure] <= 2 * short[measure] + SPARE[measure], said)
          assert.ok(long[measure] <= each * long.sent + besides * Object.keys(hostile).length, said)
        }
      })
    }
  })
}

/** The work that is done for a text of each hostile kind in that place, together. */
async function workOf(server: CountedServer, place: Place, length: number): Promise<Work & { sent: number }> {
  await server.work()
  let sent = 0
  for (const make of Object.values(hostile)) {
    const request = place(fresh(make(length).slice(0, length)))
    sent += request.length
    await answered(server.url, request)
  }
  return { ...(await server.work()), sent }
}
