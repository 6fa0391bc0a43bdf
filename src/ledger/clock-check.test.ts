import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClockCheck } from './clock-check.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const START = 1_790_553_600_000

/** By how much time passes, by how much the clock is set besides, what is recorded then, and the doubt in days; null: none. */
type Step = [passes: number, set: number, recorded: 'nothing' | 'own' | number, doubt: number | null]

const cases: Record<string, Step[]> = {
  'nothing recorded and nothing set: a first start': [[60_000, 0, 'nothing', null]],
  'a server that runs, hour after hour': [
    [60_000, 0, START - HOUR, null],
    [HOUR, 0, 'own', null],
    [HOUR, 0, 'own', null],
  ],
  'one that had nothing to do for a week': [
    [60_000, 0, START - HOUR, null],
    [7 * DAY, 0, 'own', null],
  ],
  'a clock that is set right by some hours': [
    [60_000, 0, START - HOUR, null],
    [HOUR, 20 * HOUR, 'own', null],
    [HOUR, -20 * HOUR, 'own', null],
  ],
  'set forward by a month, and an hour later': [
    [60_000, 0, START - HOUR, null],
    [HOUR, 30 * DAY, 'own', 30],
    [HOUR, 0, 'own', null],
    [HOUR, 0, 'own', null],
  ],
  'set forward before the first look': [
    [60_000, 30 * DAY, 'nothing', 30],
    [HOUR, 0, 'nothing', null],
  ],
  'set back by a month': [
    [60_000, 0, START - HOUR, null],
    [HOUR, -30 * DAY, 'own', -30],
    [HOUR, 0, 'own', null],
  ],
  'set forward and, while that is doubted, right again': [
    [60_000, 0, START - HOUR, null],
    [HOUR, 30 * DAY, 'own', 30],
    [HOUR, -30 * DAY, 'own', -30],
    [HOUR, 0, 'own', null],
  ],
  'off for a week, or set by one before the start': [
    [60_000, 0, START - 7 * DAY, 7],
    [HOUR, 0, START - 7 * DAY, null],
    [HOUR, 0, 'own', null],
  ],
  'a start with a clock that was set back': [
    [60_000, 0, START + 7 * DAY, -7],
    [HOUR, 0, START + 7 * DAY, null],
  ],
  'another node records what its clock says, a month earlier, as long as it lives': [
    [60_000, 0, START - 30 * DAY, 30],
    [HOUR, 0, START - 30 * DAY + HOUR, 30],
    [HOUR, 0, START - 30 * DAY + 2 * HOUR, 30],
    [HOUR, 0, START - 30 * DAY + 2 * HOUR, null],
  ],
  'another node records the same time': [
    [60_000, 0, START - HOUR, null],
    [HOUR, 0, START + HOUR / 2, null],
  ],
}

for (const [what, steps] of Object.entries(cases)) {
  test(`a clock is doubted or believed: ${what}`, () => {
    let [now, elapsed, own] = [START, 5, 0]
    const check = new ClockCheck({ now: () => now, elapsed: () => elapsed })
    for (const [i, [passes, set, record, expected]] of steps.entries()) {
      elapsed += passes
      now += passes + set
      const recorded = record === 'nothing' ? null : record === 'own' ? own : record
      const doubt = check.doubt(recorded)
      assert.equal(doubt === 0 ? null : Math.round(doubt / DAY), expected, `step ${i}`)
      if (doubt !== 0) continue
      own = now
      check.recorded(own)
    }
  })
}
