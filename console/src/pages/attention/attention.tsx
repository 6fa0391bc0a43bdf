import { Link } from '@tanstack/react-router'
import { useRead } from '../../api/query.ts'
import { Failure } from '../../patterns/failure.tsx'
import { Section } from '../../patterns/page.tsx'
import { useMay } from '../../session/may.ts'
import { AttentionTable } from './attention-table.tsx'
import { kinds } from './item.ts'
import { Well } from './well.tsx'
import './attention.css'

/** So many are shown unless all are asked for: what is critical is first. */
const SHOWN = 6

/** What needs attention in the organization, or of one's own. @param all whether all of it is shown */
export function Attention({ all }: { all: boolean }) {
  const seesAll = useMay('api.management.read')
  const { data, error, refetch } = useRead('GET /v1/organization/attention', {})
  const items = data?.data
  const more = data?.more.map((kind) => kinds[kind].all).join(', ')
  return (
    <Section
      title="Needs attention"
      actions={
        items &&
        items.length > SHOWN && (
          <Link to="/" search={{ all: all ? undefined : true }} resetScroll={false}>
            {all ? 'Show fewer' : `Show all ${items.length}`}
          </Link>
        )
      }
    >
      {error && !data ? (
        <Failure error={error} again={() => void refetch()} />
      ) : items?.length === 0 ? (
        <Well>
          {seesAll
            ? 'No limit is near its end, no key or certificate expires soon, every key is used, no rate limit was reached in the last hour, and nobody was refused in the last day.'
            : 'None of your keys expires soon, and all of them are used.'}
        </Well>
      ) : (
        <AttentionTable items={all ? items : items?.slice(0, SHOWN)} />
      )}
      {more && <p className="muted below">There are more {more} than are listed here, or not all were looked at.</p>}
    </Section>
  )
}
