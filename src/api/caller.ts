import type { IncomingHttpHeaders } from 'node:http'
import type { Caller } from '../admin/handlers.ts'
import type { Asked } from '../core/asked.ts'
import type { Db } from '../db/tables.ts'

/**
 * Reads off a request's headers what it shows of who sends it.
 * @throws ApiError where that is nothing, or nothing that can be right
 */
export type Authenticate = (headers: IncomingHttpHeaders) => Identify

/**
 * Who that is, as this database has them: asked when a request comes, and again on the transaction of its change. It knows
 * no secret any more.
 * @param now Unix seconds
 * @param permission what the operation asks for, for the sentence that says it is missing
 * @throws ApiError, or KnownCallerRefused
 */
export type Identify = (db: Db, now: number, permission: Asked) => Promise<Caller>
