import { type Entry, type Matter, verbOf } from './matrix.ts'

/** In a few words what the permissions of a thing open on this server. */
export function Opened({ matter: { entries } }: { matter: Matter }) {
  const operations = entries.reduce((all, { operations }) => all + operations.length, 0)
  const atGate = entries.some(({ models }) => models !== null)
  if (!atGate && operations === 0) return <span className="muted">Nothing on this server yet</span>
  const words = [
    ...(atGate ? ['Calls of models'] : []),
    ...(operations > 0 ? [`${operations} ${operations === 1 ? 'operation' : 'operations'}`] : []),
  ]
  return <span className="muted">{words.join(', ')}</span>
}

/** Each permission of a thing, and all that it opens. */
export const OpensAll = ({ matter: { entries } }: { matter: Matter }) => (
  <div className="stack">
    {entries.map((entry) => (
      <div key={entry.id}>
        <h3 className="permission">
          {verbOf(entry.id)} <span className="mono muted">{entry.id}</span>
        </h3>
        <OpensOne entry={entry} />
      </div>
    ))}
  </div>
)

function OpensOne({ entry: { models, operations } }: { entry: Entry }) {
  if (models === null && operations.length === 0) return <p className="muted">Nothing on this server yet.</p>
  return (
    <ul className="opens">
      {models !== null && <li>{models}</li>}
      {operations.map(({ id, method, path, summary }) => (
        <li key={id}>
          {summary}{' '}
          <span className="mono muted">
            {method} {path}
          </span>
        </li>
      ))}
    </ul>
  )
}
