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

/** Fields that change no request to a model, of operations that have others which do; each with the reason. */
export const fieldsChangeNoRequest: Readonly<Record<string, string>> = {
  'adminApiKeys.create.expires_in_seconds': 'admin keys open no model',
  'users.update.role_id': 'the same as `role`, by another name',
  'users.update.technical_level': 'for people',
  'users.update.developer_persona': 'for people',
  'projectUsers.create.email': 'the same user as by `user_id`',
  'serviceAccounts.create.create_service_account_only': 'an account without a key makes no request',
  'serviceAccounts.update.name': 'for people',
  'rateLimits.update.batch_1_day_max_input_tokens':
    'bounds batches alone: `test/gateway/batches/settings.test.ts` asks what becomes of one',
  'roles.update.role_name': 'for people',
  'roles.update.description': 'for people',
  'projectRoles.update.role_name': 'for people',
  'projectRoles.update.description': 'for people',
}
