import { Button } from '@mantine/core'
import { useNavigate, useRouter } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { Failure } from './failure.tsx'
import type { Opened } from './opened.ts'
import { type Column, Table } from './table.tsx'

/** The API has two shapes of a list: the cursor of what follows is its `last_id` or its `next`. */
type Listed<T> = { data: T[]; has_more: boolean } & ({ last_id: string | null } | { next: string | null })
/** What was read, or what was made of it. */
type Shown<T> = { data: Listed<T> | undefined; error: Error | null; refetch: () => unknown }
type ListProps<T> = {
  label: string
  read: Shown<T>
  columns: readonly Column<T>[]
  keyOf: (row: T) => string
  /** The cursor that the address has: the list goes on behind it. */
  after?: string | undefined
  /** It is the beginning of a list that has a page of its own: there the others are. */
  excerpt?: boolean
  /** What a row opens to. */
  detail?: (row: T) => ReactNode
  /** In the place of a list without anything. */
  empty: ReactNode
}

/** One page of a list, and the ways to the others. Which page it is stands in the address. */
export function List<T>({ label, read, columns, keyOf, after, excerpt = false, detail, empty }: ListProps<T>) {
  if (read.error && !read.data) return <Failure error={read.error} again={() => void read.refetch()} />
  const page = read.data
  if (page && page.data.length === 0 && after === undefined) return empty
  return (
    <>
      <Table label={label} columns={columns} rows={page?.data} keyOf={keyOf} detail={detail} />
      {page && !excerpt && <Pager after={after} next={page.has_more ? cursorOf(page) : null} />}
    </>
  )
}

const cursorOf = <T,>(page: Listed<T>) => ('next' in page ? page.next : page.last_id)

function Pager({ after, next }: { after: string | undefined; next: string | null }) {
  const navigate = useNavigate()
  const router = useRouter()
  if (after === undefined && next === null) return null
  const go = (to: string | undefined) =>
    // The other words of the address stay: a page of what was filtered is a page of the same.
    void navigate({
      to: '.',
      // What is open is of this page.
      search: ((all: object) => ({
        ...all,
        after: to,
        ...({ open: undefined, of: undefined, rows: undefined } satisfies Opened),
      })) as never,
      state: { came: true } as never,
    })
  // A cursor leads forward only; back is where one came from, or, for who was sent the address, the first page.
  const came = 'came' in router.state.location.state
  return (
    <nav className="pager" aria-label="Pages of the list">
      {after !== undefined && (
        <Button variant="default" onClick={() => (came ? router.history.back() : go(undefined))}>
          {came ? 'Previous' : 'First page'}
        </Button>
      )}
      <Button variant="default" disabled={next === null} onClick={() => go(next ?? undefined)}>
        Next
      </Button>
    </nav>
  )
}
