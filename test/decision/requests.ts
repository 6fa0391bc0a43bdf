import type { Place } from './people.ts'
import { organizationRequests } from './requests-organization.ts'
import { projectRequests } from './requests-project.ts'

/** A request that is in order: what is in its path, its query and its body. */
export type Ask = { params?: Record<string, string>; query?: string; body?: object }
/** Makes what a request needs to be answered with 200, and the request. */
export type Make = (at: Place) => Promise<Ask>

/** By the operation's name. */
export const requests: Record<string, Make> = { ...organizationRequests, ...projectRequests }
