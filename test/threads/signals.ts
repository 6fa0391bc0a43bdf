/** Places in the memory that a test's threads share. */
export const SIGNAL = { go: 0, recorded: 1, handedOver: 2, lost: 3 } as const

export const newSignals = () => new Int32Array(new SharedArrayBuffer(4 * Object.keys(SIGNAL).length))
