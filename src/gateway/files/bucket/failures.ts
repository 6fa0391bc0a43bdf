import { ApiError } from '../../../contract/error.ts'
import { fullFolder, storageFailure } from '../failures.ts'

/** What servers say that take no more bytes (MinIO, Ceph). */
const FULL: ReadonlySet<string> = new Set([
  'QuotaExceeded',
  'XMinioStorageFull',
  'XMinioAdminBucketQuotaExceeded',
  'InsufficientStorage',
])

/** What a bucket's server has refused, or how it could not be asked: of what it says its code and message alone, for some also say how a request was signed. */
export class BucketError extends Error {
  readonly status: number | null
  readonly code: string

  /** @param asked what was asked of it, with the key that it was about */
  constructor(asked: string, { status, code, message }: { status: number | null; code: string; message: string }) {
    super(`${asked}: ${status === null ? '' : `${status} `}${code}: ${message}`)
    this.name = 'BucketError'
    this.status = status
    this.code = code
  }
}

/** @param error what the client has thrown */
export function bucketError(asked: string, error: unknown): BucketError {
  if (error instanceof BucketError) return error
  const { name, message, code, $metadata } = error as Error & {
    code?: string
    $metadata?: { httpStatusCode?: number }
  }
  return new BucketError(asked, { status: $metadata?.httpStatusCode ?? null, code: code ?? name, message })
}

/** Something that is not there, or not any more. */
export const isAbsent = (error: unknown) => error instanceof BucketError && error.status === 404

/** What is told of a failure of the bucket. */
export function bucketFailure(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  const isFull = error instanceof BucketError && (error.status === 507 || FULL.has(error.code))
  return isFull ? fullFolder(error) : storageFailure(error)
}
