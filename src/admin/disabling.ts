import type { Row } from '../db/tables.ts'

type Disabled = Pick<Row<'project_api_key'>, 'disabled_at' | 'disabled_by'>

/**
 * The columns of a key that is disabled or enabled; of one that is so already they stay as they are.
 * @param disabled what is asked for; undefined: nothing @param now Unix seconds
 */
export function disabling(key: Disabled, disabled: boolean | undefined, userId: string, now: number): Disabled {
  const { disabled_at, disabled_by } = key
  if (disabled === undefined || disabled === (disabled_at !== null)) return { disabled_at, disabled_by }
  return disabled ? { disabled_at: now, disabled_by: userId } : { disabled_at: null, disabled_by: null }
}
