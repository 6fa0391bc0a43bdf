import { type ReactNode, useEffect } from 'react'

type PageProps = {
  title: string
  lead?: ReactNode
  /** The way back up. */
  above?: ReactNode
  actions?: ReactNode
  children: ReactNode
}

/** A page: its heading, what it is about, what can be done, and the matter itself. */
export function Page({ title, lead, above, actions, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Gatehouse`
  }, [title])
  return (
    <main className="page" id="main">
      <header className="page-head">
        <div className="page-words">
          {above && <div className="crumbs">{above}</div>}
          <h1>{title}</h1>
          {lead && <p className="page-lead">{lead}</p>}
        </div>
        {actions && <div className="page-actions">{actions}</div>}
      </header>
      {children}
    </main>
  )
}

type SectionProps = { title: string; lead?: ReactNode; actions?: ReactNode; children?: ReactNode }

/** A part of a page. */
export function Section({ title, lead, actions, children }: SectionProps) {
  return (
    <section className="section">
      <div className="section-head">
        <div>
          <h2>{title}</h2>
          {lead && <p className="section-lead">{lead}</p>}
        </div>
        {actions}
      </div>
      {children}
    </section>
  )
}
