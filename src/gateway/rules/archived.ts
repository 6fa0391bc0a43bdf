import { ApiError } from '../../contract/error.ts'
import { ruleOf } from './rule.ts'

/** An archived project closes all of its keys. */
export const archived = ruleOf<boolean>()({
  step: 'project',
  reads: ['archivedAt'],
  read: ({ archivedAt }) => archivedAt !== null,
  refuses(isArchived) {
    if (!isArchived) return null
    const message = 'The project you are requesting has been archived and is no longer accessible'
    return new ApiError('not_authorized_invalid_project', message)
  },
})
