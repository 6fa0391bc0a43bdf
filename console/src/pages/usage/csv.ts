import { call } from '../../api/call.ts'
import { csvLine } from '../../patterns/csv.ts'
import { type Asked, type By, dimensions, type Figures, type Told } from './told.ts'
import type { Window } from './window.ts'

const counted = ['input_tokens', 'input_cached_tokens', 'output_tokens', 'num_model_requests'] as const
/** The reports that count requests to models. */
const reports = [
  ...(['completions', 'decisions', 'embeddings', 'moderations'] as const),
  ...(['images', 'audio_speeches', 'audio_transcriptions'] as const),
] as const
/** Buckets on a page: as many as may be. */
const limits = { '1m': 1440, '1h': 168, '1d': 31 } as const

const at = (seconds: number) => new Date(seconds * 1000).toISOString()

/** What is shown: of each of those who used most, and of all others, a line for each bucket. */
export function* shownLines({ buckets, groups }: Told, { measure, by }: Asked): Generator<string> {
  yield csvLine(['begins', by, measure])
  for (const { name, amounts } of groups) {
    for (const [i, amount] of amounts.entries()) {
      if (amount !== 0) yield csvLine([at(buckets[i] ?? 0), name, amount])
    }
  }
}

/** In the reports people and service accounts are one: which of them are meant. */
const begins = { user: 'user-', account: 'svc_acct_', model: '', key: '', project: '' }

type Result = { [name: string]: unknown }
type Page = { data: { start_time: number; results: Result[] }[]; next_page: string | null }

/** Of batches there is no report but that of completions; of what is by batch all is shown. */
type AskedOfReports = Asked & { by: Exclude<By, 'batch'> }
export const hasReports = (asked: Asked): asked is AskedOfReports => asked.by !== 'batch'

/** Everybody's figures, from the reports, a page after the other: a line for each result. */
export async function* allLines(asked: AskedOfReports, window: Window): AsyncGenerator<string> {
  const { measure, by, project, own } = asked
  const only = project ?? own
  const of = {
    ...{ start_time: window.start, end_time: window.end },
    ...(only !== undefined && { project_ids: [only] }),
  }
  if (measure === 'money') {
    const group = by === 'model' ? 'line_item' : by === 'account' ? 'user_id' : dimensions[by]
    yield csvLine(['begins', group, 'dollars'])
    const read = (page: string | undefined) =>
      call('GET /v1/organization/costs', { query: { ...of, limit: 180, page, group_by: [group] } })
    yield* linesOf(read, group, begins[by], (result) => [textOf(result[group]), dollarsOf(result)])
    return
  }
  const group = by === 'account' ? 'user_id' : dimensions[by]
  yield csvLine(['begins', 'report', group, ...counted])
  for (const report of reports) {
    const buckets = { bucket_width: window.bucket, limit: limits[window.bucket] }
    const read = (page: string | undefined) =>
      call(`GET /v1/organization/usage/${report}`, { query: { ...of, ...buckets, page, group_by: [group] } })
    const cells = (result: Result) => counted.map((name) => Number(result[name] ?? 0))
    yield* linesOf(read, group, begins[by], (result) => [report, textOf(result[group]), ...cells(result)])
  }
}

async function* linesOf(
  read: (page: string | undefined) => Promise<Page>,
  group: string,
  begin: string,
  cells: (result: Result) => (string | number)[],
): AsyncGenerator<string> {
  let page: string | undefined
  do {
    const { data, next_page } = await read(page)
    for (const { start_time, results } of data) {
      const meant = results.filter((one) => textOf(one[group]).startsWith(begin))
      yield meant.map((one) => csvLine([at(start_time), ...cells(one)])).join('')
    }
    page = next_page ?? undefined
  } while (page !== undefined)
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : '')
const dollarsOf = ({ amount }: Result) => (amount as Extract<Figures, { amount: unknown }>['amount']).value
