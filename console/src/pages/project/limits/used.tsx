import { figure, lasting } from '../../../patterns/figures.ts'
import { UseBar } from '../../../patterns/use-bar.tsx'
import { nameOf, type Row } from './row.ts'

/** What is used now of the limit that binds. */
export function Used({ of: { binding, model, counts } }: { of: Row }) {
  if (binding === null) return <span className="muted">Not limited</span>
  const { used, maximum, scope } = binding
  const whose = scope === 'organization' ? 'the organization’s' : 'the project’s'
  if (maximum === 0) return <span className="badge bad">Blocked</span>
  if (used === null) return <span className="muted">Not known now</span>
  return (
    <UseBar label={`${counts} of ${nameOf(model)}: ${used} of ${maximum}`} used={used} maximum={maximum}>
      {figure(used)} of {figure(maximum)} <span className="apart">· {whose}</span>
    </UseBar>
  )
}

/** Until all of it is left again. */
export function Resets({ of: { binding } }: { of: Row }) {
  if (!binding || binding.used === null || binding.resets_in_ms === null) return null
  return <span className="muted">{binding.used === 0 ? 'All is left' : `In ${lasting(binding.resets_in_ms)}`}</span>
}
