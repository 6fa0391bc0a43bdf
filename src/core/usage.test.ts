import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bucketsOf, cover, type Grain, grains, pageStart, pageToken, readsOf, restOf, widened } from './usage.ts'

const DAY = 86_400
const widths = [60, 3600, DAY] as const
const moment = fc.integer({ min: 1_700_000_000, max: 1_700_000_000 + 4 * DAY })
const window = fc.tuple(moment, moment).filter(([a, b]) => a !== b)
const between = ([a, b]: [number, number]) => ({ from: Math.min(a, b), to: Math.max(a, b) })

test('buckets follow one another without a gap, clipped to the window, with all inner edges on UTC boundaries', () => {
  fc.assert(
    fc.property(window, fc.constantFrom(...widths), fc.integer({ min: 1, max: 200 }), (pair, width, most) => {
      const { from, to } = between(pair)
      const buckets = bucketsOf({ from, to }, width, most)
      assert.equal(buckets[0]?.from, from)
      buckets.forEach((bucket, i) => {
        const next = buckets[i + 1]
        if (next) assert.ok(next.from === bucket.to && bucket.to % width === 0)
        assert.ok(bucket.to > bucket.from && bucket.to - bucket.from <= width && bucket.to <= to)
      })
      assert.ok(buckets.length === most || buckets.at(-1)?.to === to)
    }),
  )
})

test('a window that crosses midnight is split there, as the original does it', () => {
  assert.deepEqual(bucketsOf({ from: 1_750_420_300, to: 1_750_506_700 }, DAY, 7), [
    { from: 1_750_420_300, to: 1_750_464_000 },
    { from: 1_750_464_000, to: 1_750_506_700 },
  ])
  assert.deepEqual(bucketsOf({ from: 5, to: 5 }, DAY, 7), [])
})

test('an interval is covered by every minute that it touches, each once, and by whole days and hours where they fit', () => {
  fc.assert(
    fc.property(window, (pair) => {
      const { from, to } = between(pair)
      const ranges = cover({ from, to })
      let at = Math.floor(from / 60) * 60
      for (const range of ranges) {
        assert.equal(range.from, at)
        assert.equal(range.from % range.grain, 0)
        at = Math.ceil(range.to / range.grain) * range.grain
      }
      assert.ok(at >= to && at < to + 60)
      assert.ok(ranges.length <= 5)
      const whole = ranges.filter(({ grain }) => grain === DAY)
      const days = Math.floor(to / DAY) - Math.ceil(from / DAY)
      assert.equal(whole.length, days > 0 ? 1 : 0)
    }),
  )
})

test('a page is read in few queries that together cover its buckets in order', () => {
  fc.assert(
    fc.property(window, fc.constantFrom<Grain>(...grains), (pair, width) => {
      const buckets = bucketsOf(between(pair), width, 1440)
      const reads = readsOf(buckets, width)
      assert.deepEqual(
        reads.flatMap((read) => read.buckets),
        buckets,
      )
      assert.ok(reads.length <= 10)
      for (const { buckets, ranges } of reads) {
        const [first, last] = [buckets[0], buckets.at(-1)]
        assert.ok(first && last)
        if (buckets.length > 1) assert.deepEqual(ranges, [{ grain: width, from: first.from, to: last.to }])
        else assert.deepEqual(ranges, cover(first))
      }
    }),
  )
})

test('a cursor leads back to where it was made, needs no escaping, and takes padding', () => {
  fc.assert(
    fc.property(window, fc.constantFrom(...widths), (pair, width) => {
      const { from, to } = between(pair)
      const next = Math.floor(from / width) * width + width
      fc.pre(next < to)
      const token = pageToken(from, width, next)
      assert.match(token, /^page_[\w-]+$/)
      for (const written of [token, `${token}=`, `${token}%3D`, `${token}%3d%3d`]) {
        assert.equal(pageStart(written, { from, to }, width), next)
      }
    }),
  )
})

test('text that is no cursor of this query leads nowhere', () => {
  const query = { from: 1_700_000_000, to: 1_700_000_000 + 3 * DAY }
  const edge = Math.ceil(query.from / DAY) * DAY
  const token = pageToken(query.from, DAY, edge)
  assert.equal(pageStart(token, query, DAY), edge)
  assert.equal(pageStart(token, { ...query, from: query.from + 1 }, DAY), null)
  assert.equal(pageStart(token, query, 3600), null)
  assert.equal(pageStart(token, { ...query, to: edge }, DAY), null)
  assert.equal(pageStart(pageToken(query.from, DAY, edge + 1), query, DAY), null)
  assert.equal(pageStart(pageToken(query.from, DAY, edge - DAY), query, DAY), null)
  for (const text of [
    '',
    'page_',
    '=',
    'page_AAAAAGdGxdEiJdKOAAAAAGcqsYA=',
    token.slice(5),
    `x${token}`,
    `${token}A`,
  ]) {
    assert.equal(pageStart(text, query, DAY), null, text)
  }
  fc.assert(
    fc.property(
      fc.base64String({ minLength: 24, maxLength: 32 }),
      (text) => pageStart(`page_${text}`, query, DAY) === null,
    ),
  )
})

test('where the minutes are gone an interval counts the hours that it touches, and needs no minute', () => {
  fc.assert(
    fc.property(window, moment, (pair, kept) => {
      const interval = between(pair)
      const minutesFrom = Math.floor(kept / 3600) * 3600
      const { from, to } = widened(interval, minutesFrom)
      assert.ok(from <= interval.from && to >= interval.to && interval.from - from < 3600 && to - interval.to < 3600)
      for (const range of cover({ from, to })) assert.ok(range.grain !== 60 || range.from >= minutesFrom)
      if (interval.from >= minutesFrom) assert.deepEqual({ from, to }, interval)
    }),
  )
})

test('what is left of a read that was cut off is the rest of its bucket and all behind, and nothing else', () => {
  const window = fc.record({ from: fc.integer({ min: 0, max: 40 * DAY }), days: fc.integer({ min: 1, max: 40 }) })
  fc.assert(
    fc.property(window, fc.constantFrom(...grains), fc.nat(), fc.nat(), ({ from, days }, width, one, another) => {
      const buckets = bucketsOf({ from, to: from + days * width }, width, 1440)
      const reads = readsOf(buckets, width)
      const read = reads[one % reads.length]
      const cut = another % (read?.buckets.length ?? 1)
      if (!read) assert.fail()
      const [rest, behind] = restOf(read, read.buckets[cut]?.from ?? 0)
      assert.deepEqual([...rest.buckets, ...(behind?.buckets ?? [])], read.buckets.slice(cut))
      assert.equal(rest.buckets.length, 1)
      const minutes = (ranges: readonly { from: number; to: number }[]) => ranges.map(({ from, to }) => [from, to])
      if (read.buckets.length === 1) assert.deepEqual(rest.ranges, read.ranges)
      else assert.deepEqual(minutes(rest.ranges), minutes(rest.buckets))
      if (!behind) return
      assert.deepEqual(minutes(behind.ranges), [[behind.buckets[0]?.from, read.ranges[0]?.to]])
      for (const { grain } of [...rest.ranges, ...behind.ranges]) assert.equal(grain, read.ranges[0]?.grain)
    }),
  )
})
