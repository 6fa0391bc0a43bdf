import { Fragment, type KeyboardEvent, type ReactNode, useState } from 'react'
import { Icon } from './icons.tsx'
import { seen } from './names.ts'
import './opened.css'

export type Column<T> = {
  /** The heading; that of a column of buttons is not shown. */
  title: string
  cell: (row: T) => ReactNode
  /** Figures stand under each other, what is done with a row at its end, and what is `wide` is left out on a phone. */
  as?: 'number' | 'end' | 'wide' | 'wide number'
}

type TableProps<T> = {
  label: string
  columns: readonly Column<T>[]
  /** Undefined: on their way. */
  rows: readonly T[] | undefined
  keyOf: (row: T) => string
  /** What a row opens to: its first cell, which holds nothing to press itself, is then the button that opens it. */
  detail?: ((row: T) => ReactNode) | undefined
}

/** How many rows are drawn where nobody knows yet how many there are. */
const BONES = ['a', 'b', 'c', 'd', 'e']

/** Rows of one kind. Arrow keys go from row to row, Enter opens one. */
export function Table<T>({ label, columns, rows, keyOf, detail }: TableProps<T>) {
  const [opened, open] = useState<readonly string[]>([])
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
            : rows.map((row) => {
                const key = keyOf(row)
                const isOpen = opened.includes(key)
                const toggle = () => open(isOpen ? opened.filter((one) => one !== key) : [...opened, key])
                return (
                  <Fragment key={key}>
                    <tr>
                      {columns.map(({ title, cell, as }, i) => (
                        <td key={title} className={as}>
                          {detail && i === 0 ? (
                            <button type="button" className="opener" aria-expanded={isOpen} onClick={toggle}>
                              <Icon name="right" size={14} />
                              {cell(row)}
                            </button>
                          ) : (
                            cell(row)
                          )}
                        </td>
                      ))}
                    </tr>
                    {detail && isOpen && (
                      <tr className="opened">
                        <td colSpan={columns.length}>{detail(row)}</td>
                      </tr>
                    )}
                  </Fragment>
                )
              })}
        </tbody>
      </table>
    </div>
  )
}

/** Up and down go to the same place of the row above or below. */
function walk(event: KeyboardEvent<HTMLTableElement>) {
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
  // In a field, and in a text that scrolls, the keys are its own.
  const from = event.target instanceof Element && event.target.matches('a, button') && event.target.closest('tr')
  if (step === 0 || !from) return
  const beside = (row: Element) => (step > 0 ? row.nextElementSibling : row.previousElementSibling)
  let next = beside(from)
  // What a row has opened to may have nothing to press.
  while (next && !next.querySelector('a, button')) next = beside(next)
  const target = next?.querySelector<HTMLElement>('a, button')
  if (!target) return
  event.preventDefault()
  target.focus()
}

/** A name of any length in one line: what is cut off of it is told who hovers over it. */
export const Name = ({ children }: { children: string }) => (
  <span className="cut strong" title={children}>
    {seen(children)}
  </span>
)
