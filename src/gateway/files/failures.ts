import { ApiError, unavailable } from '../../contract/error.ts'
import { shown } from '../invalid.ts'

/** What a file system says that takes no more bytes. */
const FULL: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException | null)?.code

export const isMissing = (error: unknown) => codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR'
/** Something else stands there already. */
export const isTaken = (error: unknown) => codeOf(error) === 'EEXIST' || codeOf(error) === 'ENOTEMPTY'

/** What is told of a failure of the file system. */
export function storageFailure(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  if (FULL.has(codeOf(error))) return fullFolder(error)
  return unavailable('The server cannot reach the files that it keeps right now. Please try again shortly.', error)
}

/** Whoever sends a large file again and again would find no room each time: clients that try by themselves are told not to. */
export function fullFolder(cause: unknown): ApiError {
  const message = 'The server has no room for more files. Nothing was kept of this one; its operator has to make room.'
  return new ApiError('insufficient_storage', message, { headers: { 'x-should-retry': 'false' }, cause })
}

/** Of something that is somebody's, and that this node has not: it is no 404, for it was not deleted. */
export function notHere(what: string, id: string, path: string): ApiError {
  const why = `${what} ${id} is in the database and not in ${path}: this node has another folder or bucket than the one that kept it, or has lost it`
  const message = `The server cannot reach the ${what.toLowerCase()} '${id}' right now. Please try again shortly.`
  return unavailable(message, new Error(why))
}

/** In the original's words. @param param how the request names it */
export const noSuch = (what: string, id: string, param = 'id') =>
  new ApiError('object_not_found', `No such ${what} object: ${shown(id)}`, { param })
