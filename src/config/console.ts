import { oidcSchema, type WrittenOidc } from './oidc.ts'

/** Who may sign in, and for how long. */
export type ConsoleConfig = {
  /** Whether with a password. */
  localSignIn: boolean
  /** Whether everybody who does is asked for a second factor, or only who has one and who is of an organization that asks for it. */
  secondFactor: SecondFactor
  session: {
    /** Seconds without a call after which a session ends. */
    idleSeconds: number
    /** Seconds after which it ends in any case. */
    lifeSeconds: number
  }
}

export type SecondFactor = 'optional' | 'required'

/** How the configuration file says it. */
export type WrittenConsole = {
  local_sign_in?: boolean
  second_factor?: SecondFactor
  oidc?: WrittenOidc
  session?: { idle_minutes?: number; days?: number }
}

const whole = (maximum: number) => ({ type: 'integer', minimum: 1, maximum })
const closed = (properties: object) => ({ type: 'object', properties, additionalProperties: false })

export const consoleSchema = closed({
  local_sign_in: { type: 'boolean' },
  second_factor: { enum: ['optional', 'required'] },
  oidc: oidcSchema,
  session: closed({ idle_minutes: whole(525_600), days: whole(366) }),
})

const HALF_A_DAY = 12 * 60
const A_WEEK = 7

export function toConsole({
  local_sign_in = true,
  second_factor = 'optional',
  session = {},
}: WrittenConsole = {}): ConsoleConfig {
  const { idle_minutes = HALF_A_DAY, days = A_WEEK } = session
  return {
    localSignIn: local_sign_in,
    secondFactor: second_factor,
    session: { idleSeconds: idle_minutes * 60, lifeSeconds: days * 86_400 },
  }
}
