import { useRead } from '../../api/query.ts'
import { Act } from '../../patterns/act.tsx'
import { Failure } from '../../patterns/failure.tsx'
import { useOpened } from '../../patterns/opened.ts'
import { Section } from '../../patterns/page.tsx'
import { Time } from '../../patterns/time.tsx'
import type { Me } from '../../session/me.ts'
import { FactorSheet } from './factor-sheet.tsx'
import { Passkeys } from './passkeys.tsx'

const KEPT = 'A second factor is asked of everybody here. Another one can be set up in its place.'

/** What one shows besides the password. */
export function SecondFactor({ me }: { me: Me }) {
  const factor = useRead('GET /v1/organization/second_factor', {})
  const keys = useRead('GET /v1/organization/passkeys', { query: { limit: 100 } })
  const { isOpen, open, close } = useOpened<'set-up' | 'codes' | 'remove'>()
  if (factor.error && !factor.data) return <Failure error={factor.error} again={() => void factor.refetch()} />
  if (!factor.data) return null
  const { set_at, passkeys, passkeys_off, recovery_codes, required } = factor.data
  const hasApp = set_at !== null
  // A browser shows none that was made for another host.
  const hasHere = keys.data?.data.some(({ host }) => host === location.hostname) ?? false
  const has = { any: hasApp || passkeys > 0, passkey: hasHere && passkeys_off === null }
  const kept = required && Number(hasApp) + passkeys === 1 ? KEPT : null
  const acts = [
    'set-up' as const,
    ...(has.any ? (['codes'] as const) : []),
    ...(hasApp && kept === null ? (['remove'] as const) : []),
  ]
  const act = acts.find((one) => isOpen(one))
  return (
    <>
      <Section
        title="Second factor"
        lead="A code from an app on your phone, or a passkey, besides the password: who learns that alone does not get in."
        actions={
          <Act variant="default" denied={null} onClick={() => open('set-up')}>
            {hasApp ? 'Use another app' : 'Set up'}
          </Act>
        }
      >
        {has.any && (
          <>
            <dl className="facts">
              <dt>Authenticator app</dt>
              <dd>{hasApp ? <>Set up {<Time at={set_at} as="minute" />}</> : 'None'}</dd>
              <dt>Recovery codes</dt>
              <dd>{recovery_codes} left</dd>
            </dl>
            <div className="row-end below">
              <Act variant="default" denied={null} onClick={() => open('codes')}>
                New recovery codes
              </Act>
              {hasApp && (
                <Act variant="outline" color="red" denied={kept} onClick={() => open('remove')}>
                  Remove
                </Act>
              )}
            </div>
          </>
        )}
      </Section>
      <Passkeys {...{ me, has, kept, off: passkeys_off }} />
      {act && <FactorSheet act={act} me={me} has={has} onClose={close} />}
    </>
  )
}
