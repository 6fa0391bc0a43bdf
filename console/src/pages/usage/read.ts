import { call } from '../../api/call.ts'
import type { UsageView } from '../../router.tsx'
import type { Window } from './window.ts'

/** What was used in each bucket, by whose it is: an amount for each bucket of the window. */
export type Used = { buckets: number[]; groups: Map<string, number[]> }
type Asked = {
  measure: NonNullable<UsageView['measure']>
  by: NonNullable<UsageView['by']>
  project: string | undefined
}

const dimensions = { model: 'model', key: 'api_key_id', user: 'user_id', project: 'project_id' } as const

/** The reports that count tokens, and those that count requests to models. */
const withTokens = ['completions', 'decisions', 'embeddings', 'moderations'] as const
const withRequests = [...withTokens, 'images', 'audio_speeches', 'audio_transcriptions'] as const

/** A result of any of the reports. */
type Result = {
  [dimension in (typeof dimensions)[keyof typeof dimensions]]?: string | null
} & {
  input_tokens?: number
  output_tokens?: number
  num_model_requests?: number
  amount?: { value: number }
  line_item?: string | null
}

/** Reads a whole report, however many pages it has, and adds it up. @throws CallError */
export async function used(asked: Asked, window: Window, signal: AbortSignal): Promise<Used> {
  const count = Math.round((window.end - window.start) / window.width)
  const buckets = Array.from({ length: count }, (_, i) => window.start + i * window.width)
  const groups = new Map<string, number[]>()
  const add = (time: number, result: Result) => {
    const amount = amountOf(asked.measure, result)
    if (amount === 0) return
    const name = nameOf(asked, result)
    const known = groups.get(name) ?? buckets.map(() => 0)
    const place = Math.floor((time - window.start) / window.width)
    known[place] = (known[place] ?? 0) + amount
    groups.set(name, known)
  }
  await Promise.all(readsOf(asked, window, signal).map((read) => wholly(read, add)))
  return { buckets, groups }
}

type Page = { data: { start_time: number; results: Result[] }[]; next_page: string | null }
type Read = (page: string | undefined) => Promise<Page>

async function wholly(read: Read, add: (time: number, result: Result) => void): Promise<void> {
  let page: string | undefined
  do {
    const { data, next_page } = await read(page)
    for (const { start_time, results } of data) for (const result of results) add(start_time, result)
    page = next_page ?? undefined
  } while (page !== undefined)
}

function readsOf({ measure, by, project }: Asked, { start, end, bucket }: Window, signal: AbortSignal): Read[] {
  const common = { start_time: start, end_time: end, ...(project !== undefined && { project_ids: [project] }) }
  if (measure === 'money') {
    const group_by = by === 'model' ? (['line_item'] as const) : ([dimensions[by]] as const)
    return [
      (page) =>
        call('GET /v1/organization/costs', { query: { ...common, limit: 180, page, group_by: [...group_by] } }, signal),
    ]
  }
  const limit = bucket === '1h' ? 168 : 31
  const reports = measure === 'tokens' ? withTokens : withRequests
  return reports.map(
    (report) => (page) =>
      call(
        `GET /v1/organization/usage/${report}`,
        { query: { ...common, bucket_width: bucket, limit, page, group_by: [dimensions[by]] } },
        signal,
      ),
  )
}

function amountOf(
  measure: Asked['measure'],
  { amount, input_tokens = 0, output_tokens = 0, ...result }: Result,
): number {
  if (measure === 'money') return amount?.value ?? 0
  return measure === 'tokens' ? input_tokens + output_tokens : (result.num_model_requests ?? 0)
}

/** What was paid for is told by line items: `m1, input_tokens` is of the model m1. */
function nameOf({ measure, by }: Asked, result: Result): string {
  if (measure !== 'money' || by !== 'model') return result[dimensions[by]] ?? ''
  const item = result.line_item ?? ''
  const end = item.lastIndexOf(', ')
  return end < 0 ? item : item.slice(0, end)
}
