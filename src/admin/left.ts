import { ApiError } from '../contract/error.ts'

/** Says whether the client has left: nobody reads what is still done for it. A server that stops cuts those that are left. */
export type IsLeft = () => boolean

/** No failure of the server's: nobody reads it, and no line of the log is owed. */
export const left = () => new ApiError('malformed_http', 'The client left before it was answered.')
