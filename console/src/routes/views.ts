import { moment, oneOf, type Paged, paged, type Words, word } from './words.ts'

/** With which project's key, and which model. */
export type PlaygroundView = { project?: string | undefined; model?: string | undefined }
export const playgroundView = ({ project, model }: Words): PlaygroundView => ({
  project: word(project),
  model: word(model),
})

/** What of the audit log is shown: by whom (an address or an id), where, and from when (inclusive) until when (exclusive; seconds). */
export type LogFilters = {
  type?: string | undefined
  actor?: string | undefined
  project?: string | undefined
  from?: number | undefined
  until?: number | undefined
}
export const logView = (words: Words): Paged & LogFilters => ({
  ...paged(words),
  type: word(words.type),
  actor: word(words.actor),
  project: word(words.project),
  from: moment(words.from),
  until: moment(words.until),
})

const measure = oneOf('tokens', 'requests', 'money')
const by = oneOf('model', 'key', 'user', 'account', 'project', 'batch')
const hours = oneOf(1, 6)
const days = oneOf(1, 7, 30, 90)
const bucket = oneOf('1m', '1h', '1d')
/** What of the usage is shown: of so many hours or days until now, or from when (inclusive) until when (exclusive; seconds). */
export type UsageView = {
  measure?: ReturnType<typeof measure>
  by?: ReturnType<typeof by>
  hours?: ReturnType<typeof hours>
  days?: ReturnType<typeof days>
  from?: number | undefined
  until?: number | undefined
  bucket?: ReturnType<typeof bucket>
  /** Whether the period before is told as well. */
  compare?: true | undefined
  project?: string | undefined
}
export const usageView = (words: Words): UsageView => ({
  measure: measure(words.measure),
  by: by(words.by),
  hours: hours(words.hours),
  days: days(words.days),
  from: moment(words.from),
  until: moment(words.until),
  bucket: bucket(words.bucket),
  compare: words.compare === true ? true : undefined,
  project: word(words.project),
})

const keyStatus = oneOf('active', 'disabled', 'expired')
const keyKind = oneOf('project', 'admin')
/** Which keys of the organization are shown: `owner` is the id of a user or a service account. */
export type KeyFilters = {
  name?: string | undefined
  status?: ReturnType<typeof keyStatus>
  kind?: ReturnType<typeof keyKind>
  owner?: string | undefined
}
export const keysView = (words: Words): Paged & KeyFilters => ({
  ...paged(words),
  name: word(words.name),
  status: keyStatus(words.status),
  kind: keyKind(words.kind),
  owner: word(words.owner),
})
