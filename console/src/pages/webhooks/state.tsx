type StateProps = { of: { waiting: number; is_answering: boolean } }

/** Whether an endpoint takes what it is told. */
export function State({ of: { waiting, is_answering } }: StateProps) {
  if (!is_answering) return <span className="badge bad">Does not answer</span>
  if (waiting > 0) return <span className="badge warn">{waiting.toLocaleString()} waiting</span>
  return <span className="badge good">Nothing waits</span>
}
