import { monthOf } from '../../src/core/month.ts'
import type { TestApp } from './harness.ts'

/** The day before this one, in Unix seconds, UTC: reports from then on have all that a test has used, also where a day has ended since. */
export const yesterday = (): number => (Math.floor(Date.now() / 86_400_000) - 1) * 86_400

/** Lets so many seconds pass where a month would end within them: what a test spends is of one month then. */
export function passMonthsEnd(app: Pick<TestApp, 'advance'>, seconds: number): void {
  if (Date.now() + seconds * 1000 >= monthOf(Date.now()).to) app.advance(seconds)
}
