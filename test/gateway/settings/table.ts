import { certificateSettings } from './certificates.ts'
import { groupSettings } from './groups.ts'
import { keySettings } from './keys.ts'
import { limitSettings } from './limits.ts'
import { moneySettings } from './money.ts'
import { policySettings } from './policy.ts'
import { roleSettings, userSettings } from './users.ts'

/** Every setting of the Administration API, and a request that is another one with it. */
export const settings = [
  ...keySettings,
  ...userSettings,
  ...roleSettings,
  ...groupSettings,
  ...limitSettings,
  ...policySettings,
  ...moneySettings,
  ...certificateSettings,
]
