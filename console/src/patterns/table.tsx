import { Fragment, type KeyboardEvent, type ReactNode } from 'react'
import { Icon } from './icons.tsx'
import { seen } from './names.ts'
import { useOpenRows } from './opened.ts'
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

/** Rows of one kind. Arrow keys, Home and End go from row to row, Enter opens one. */
export function Table<T>({ label, columns, rows, keyOf, detail }: TableProps<T>) {
  const [opened, toggle] = useOpenRows()
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
                return (
                  <Fragment key={key}>
                    <tr>
                      {columns.map(({ title, cell, as }, i) => (
                        <td key={title} className={as}>
                          {detail && i === 0 ? (
                            <button type="button" className="opener" aria-expanded={isOpen} onClick={() => toggle(key)}>
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

/** What has the focus in a row, in the order in which it stands there; what a phone leaves out is not among it. */
const pressedIn = (row: Element) =>
  [...row.querySelectorAll<HTMLElement>('a, button')].filter((one) => one.checkVisibility())

/** Up and down go to the same place of the row above or below, Home and End to that of the first and last row, left and right along a row. */
function walk(event: KeyboardEvent<HTMLTableElement>) {
  const { target, currentTarget, key } = event
  // In a field, and in a text that scrolls, the keys are its own; together with another key they are the browser's.
  if (!(target instanceof HTMLElement && target.matches('a, button'))) return
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return
  // What a row has opened to may have nothing to press.
  const rows = [...currentTarget.querySelectorAll(':scope > tbody > tr')]
    .map(pressedIn)
    .filter(({ length }) => length > 0)
  const at = rows.findIndex((row) => row.includes(target))
  const place = rows[at]?.indexOf(target) ?? -1
  const inRow = (row: HTMLElement[] | undefined) => row?.[Math.min(place, row.length - 1)]
  const ways = {
    ArrowDown: () => inRow(rows[at + 1]),
    ArrowUp: () => inRow(rows[at - 1]),
    Home: () => inRow(rows[0]),
    End: () => inRow(rows.at(-1)),
    ArrowRight: () => rows[at]?.[place + 1],
    ArrowLeft: () => rows[at]?.[place - 1],
  }
  const next = place < 0 ? undefined : Object.entries(ways).find(([name]) => name === key)?.[1]()
  if (!next) return
  event.preventDefault()
  next.focus()
}

/** A name of any length in one line: what is cut off of it is told who hovers over it. */
export const Name = ({ children }: { children: string }) => (
  <span className="cut strong" title={children}>
    {seen(children)}
  </span>
)
