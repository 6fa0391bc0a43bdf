import type { KeyboardEvent, ReactNode } from 'react'

export type Column<T> = {
  /** The heading; that of a column of buttons is not shown. */
  title: string
  cell: (row: T) => ReactNode
  /** Figures stand under each other, what is done with a row at its end, and what is `wide` is left out on a phone. */
  as?: 'number' | 'end' | 'wide'
}

type TableProps<T> = {
  label: string
  columns: readonly Column<T>[]
  /** Undefined: on their way. */
  rows: readonly T[] | undefined
  keyOf: (row: T) => string
}

/** How many rows are drawn where nobody knows yet how many there are. */
const BONES = ['a', 'b', 'c', 'd', 'e']

/** Rows of one kind. Arrow keys go from row to row, Enter opens one. */
export function Table<T>({ label, columns, rows, keyOf }: TableProps<T>) {
  return (
    <div className="table-box">
      <table className="table" aria-busy={rows === undefined} onKeyDown={walk}>
        <caption className="hidden">{label}</caption>
        <thead>
          <tr>
            {columns.map(({ title, as }) => (
              <th key={title} scope="col" className={as}>
                {as === 'end' ? <span className="hidden">{title}</span> : title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows === undefined
            ? BONES.map((bone) => (
                <tr key={bone}>
                  {columns.map(({ title, as }) => (
                    <td key={title} className={as}>
                      {as !== 'end' && <span className="bone" />}
                    </td>
                  ))}
                </tr>
              ))
            : rows.map((row) => (
                <tr key={keyOf(row)}>
                  {columns.map(({ title, cell, as }) => (
                    <td key={title} className={as}>
                      {cell(row)}
                    </td>
                  ))}
                </tr>
              ))}
        </tbody>
      </table>
    </div>
  )
}

/** Up and down go to the same place of the row above or below. */
function walk(event: KeyboardEvent<HTMLTableElement>) {
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
  const from = event.target instanceof HTMLElement ? event.target.closest('tr') : null
  if (step === 0 || !from) return
  const next = step > 0 ? from.nextElementSibling : from.previousElementSibling
  const target = next?.querySelector<HTMLElement>('a, button')
  if (!target) return
  event.preventDefault()
  target.focus()
}

/** A name of any length in one line: what is cut off of it is told who hovers over it. */
export const Name = ({ children }: { children: string }) => (
  <span className="cut strong" title={children}>
    {children}
  </span>
)
