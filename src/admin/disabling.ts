import type { Row } from '../db/tables.ts'

type Disabled = Pick<Row<'project_api_key'>, 'disabled_at' | 'disabled_by'>
type Key = Disabled & Pick<Row<'project_api_key'>, 'user_id'>

/**
 * The columns of a key that is disabled or enabled; of one that is so already they stay as they are, but for one: where somebody else disables what
 * its owner had disabled, it is theirs from then on, and not the owner's to enable.
 * @param disabled what is asked for; undefined: nothing @param now Unix seconds
 */
export function disabling(key: Key, disabled: boolean | undefined, userId: string, now: number): Disabled {
  const { disabled_at, disabled_by } = key
  if (disabled === undefined || disabled === (disabled_at !== null)) {
    const isTakenOver = disabled === true && disabled_by === key.user_id
    return { disabled_at, disabled_by: isTakenOver ? userId : disabled_by }
  }
  return disabled ? { disabled_at: now, disabled_by: userId } : { disabled_at: null, disabled_by: null }
}
