import type { Reply } from '../api/operations.ts'
import { useRead } from '../api/query.ts'

export type Me = Reply<'GET /v1/organization/me'>

/** Who is signed in, and what they may do. */
export const useMe = () => useRead('GET /v1/organization/me', {})
