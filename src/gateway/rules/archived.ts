import { ApiError } from '../../contract/error.ts'
import type { Rule } from './rule.ts'

/** An archived project closes all of its keys. */
export const archived = {
  step: 'project',
  reads: [],
  read: ({ archivedAt }) => archivedAt !== null,
  refuses(isArchived) {
    if (!isArchived) return null
    const message = 'The project you are requesting has been archived and is no longer accessible'
    return new ApiError('not_authorized_invalid_project', message)
  },
} satisfies Rule<boolean>
