import { ApiError } from '../../contract/error.ts'
import { wrongValue } from '../invalid.ts'

/** A file as the original shows it. */
export type FileObject = {
  id: string
  object: 'file'
  bytes: number
  created_at: number
  /** Unix seconds; null: it stays until somebody deletes it. */
  expires_at: number | null
  filename: string
  purpose: string
  status: 'processed'
  status_details: null
}

/** Purposes that callers give (openai 7.59); others are the server's own. */
const PURPOSES = ['assistants', 'batch', 'fine-tune', 'vision', 'user_data', 'evals']
/** Seconds that files of this purpose live where nothing else is asked for. */
const BATCH_SECONDS = 30 * 86_400
/** Seconds that can be asked for. */
const [LEAST_SECONDS, MOST_SECONDS] = [3600, 2_592_000]
const LONGEST_NAME = 255

/** What is asked of a new file; all of it is a client's word. */
export type NewFile = { filename: string; purpose: string; expiresAfter: number | null }

/** @param now Unix seconds */
export function fileObject(
  id: string,
  bytes: number,
  { filename, purpose, expiresAfter }: NewFile,
  now: number,
): FileObject {
  const seconds = expiresAfter ?? (purpose === 'batch' ? BATCH_SECONDS : null)
  return {
    ...{ id, object: 'file', bytes, created_at: now, expires_at: seconds === null ? null : now + seconds },
    ...{ filename, purpose, status: 'processed', status_details: null },
  }
}

/** @throws ApiError 400 of a purpose that callers do not have, of a file that does not suit it, or of a name that is none */
export function checkPurpose(purpose: unknown, filename: unknown): asserts purpose is string {
  if (typeof purpose !== 'string' || !PURPOSES.includes(purpose)) {
    const message = `${JSON.stringify(purpose)?.slice(0, 200)} is not one of ${JSON.stringify(PURPOSES)} - 'purpose'`
    throw new ApiError('invalid_value', message.replaceAll('"', "'"), { param: 'purpose' })
  }
  if (typeof filename !== 'string' || filename.length > LONGEST_NAME)
    throw wrongValue('filename', `expected a string of at most ${LONGEST_NAME} characters.`)
  if (purpose === 'batch' && !filename.endsWith('.jsonl'))
    throw new ApiError('invalid_value', 'Invalid file format for Batch API. Must be .jsonl', { param: 'file' })
}

/** The seconds of an `expires_after`; null where nothing is asked for. @throws ApiError 400 */
export function expiryOf(anchor: unknown, seconds: unknown): number | null {
  const isLeftOut = (value: unknown) => value === undefined || value === null
  if (isLeftOut(anchor) && isLeftOut(seconds)) return null
  if (anchor !== 'created_at') throw wrongValue('expires_after[anchor]', "expected 'created_at'.")
  const number = typeof seconds === 'string' && /^\d{1,9}$/.test(seconds) ? Number(seconds) : seconds
  if (typeof number === 'number' && Number.isInteger(number) && number >= LEAST_SECONDS && number <= MOST_SECONDS)
    return number
  throw wrongValue('expires_after[seconds]', `expected an integer from ${LEAST_SECONDS} to ${MOST_SECONDS}.`)
}

/** The header that has a client save a file under its name, whatever that is (RFC 6266). */
export function dispositionOf(filename: string): string {
  const plain = filename.replace(/[^\x20-\x7e]|["\\%]/g, '_')
  const encoded = encodeURIComponent(filename.toWellFormed()).replace(
    /['()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `attachment; filename="${plain}"${encoded === plain ? '' : `; filename*=UTF-8''${encoded}`}`
}
