import { figure as count } from '../../patterns/figures.ts'
import type { Measure } from './told.ts'
import type { Window } from './window.ts'

/** What those are who used something. */
export const kinds = {
  ...{ model: 'Model', key: 'Key', user: 'User', account: 'Service account', project: 'Project' },
  batch: 'Live or batch',
}

const compact = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 })
const usd = { style: 'currency', currency: 'USD', currencyDisplay: 'narrowSymbol' } as const
const dollars = new Intl.NumberFormat(undefined, usd)
/** Of an amount below a dollar the cents would say nothing. */
const cents = new Intl.NumberFormat(undefined, { ...usd, maximumSignificantDigits: 3 })
const percent = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 1 })

const money = (amount: number) => (amount > 0 && amount < 1 ? cents : dollars).format(amount)

/** An amount in full. */
export const figure = (measure: Measure, amount: number): string =>
  measure === 'money' ? money(amount) : count(amount)

/** An amount in few letters, for an axis. */
export const short = (measure: Measure, amount: number): string =>
  measure === 'money' ? money(amount) : compact.format(amount)

export const share = (part: number, all: number): string => percent.format(all === 0 ? 0 : part / all)

const signed = new Intl.NumberFormat(undefined, {
  style: 'percent',
  maximumFractionDigits: 1,
  signDisplay: 'exceptZero',
})
/** How an amount differs from the one before, of which it may be none. */
export const change = (amount: number, before: number): string =>
  before !== 0 ? signed.format((amount - before) / before) : amount === 0 ? signed.format(0) : 'new'

const days = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' })
const hours = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' })

/** When a bucket begins: days are of UTC, hours are told in the viewer's own zone. */
export const moment = (at: number, { bucket }: Pick<Window, 'bucket'>): string =>
  (bucket === '1d' ? days : hours).format(at * 1000)
