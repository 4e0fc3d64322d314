// What was measured, for a person: tables, and sentences about what is wrong with the figures; and as JSON.

import { FOREIGN_TRAFFIC, isForeignTraffic, type Load, type Run } from './generator.ts'

/** A core that is busy for this part of the time has no more to give. */
const SATURATED = 0.9
/** When others take more than this part of the generator's core, figures are not to be believed. */
const DISTURBANCE = 0.05
/** Nor are latencies when the generator itself came this late with a message, in µs. */
const TOLERATED_DELAY = 1000

/** What was sent, and what came of it. */
export interface Measurement {
  readonly load: Load
  readonly run: Run
}

type Paint = (style: 'bold' | 'dim' | 'red' | 'yellow', text: string) => string

const STYLES = { bold: 1, dim: 2, red: 31, yellow: 33 } as const

/** Colours text for a terminal, or leaves it alone. */
export function painter(colour: boolean): Paint {
  return (style, text) => (colour ? `\x1b[${STYLES[style]}m${text}\x1b[0m` : text)
}

/** The table of one run. */
export function table({ load, run }: Measurement, paint: Paint): string {
  const { subscribers, publishers, payload, batch, pace } = load
  const title = 'rate' in pace ? 'Latency' : 'Throughput'
  const flow = 'rate' in pace ? `${figure(pace.rate)} messages/s due` : `${figure(pace.window)} in flight`
  const setting = [
    count(subscribers, 'subscriber'),
    count(publishers, 'publisher'),
    count(payload, 'byte'),
    `${figure(batch)} in a write`,
    flow,
    `${run.seconds.toFixed(1)} s`,
  ]
  const rows = 'rate' in pace ? latencyRows(run) : throughputRows(load, run)
  const width = Math.max(...rows.map(([, value]) => value.length))
  const lines = rows.map(([name, value, note = '']) => {
    const bad = name === FAULTS && faulty(run)
    const row = `  ${name.padEnd(FAULTS.length + 2)}${value.padStart(width)}`
    return `${bad ? paint('red', row) : row}${note === '' ? '' : `  ${paint('dim', note)}`}`.trimEnd()
  })
  return `${[`${paint('bold', title)}  ${paint('dim', setting.join(', '))}`, ...lines].join('\n')}\n`
}

const FAULTS = 'lost, doubled, out of order'

type Row = readonly [name: string, value: string, note?: string]

function throughputRows(load: Load, run: Run): Row[] {
  const { messagesPerSecond, megabytesPerSecond } = rates(load, run)
  return [
    ['messages/s', figure(messagesPerSecond), 'published, and received by every subscriber'],
    ['deliveries/s', figure(run.deliveriesPerSecond), 'all subscribers together'],
    ['MB/s', figure(megabytesPerSecond, 1), 'delivered, without frames'],
    ...faultRows(run),
    ...cpuRows(run),
    ['limit', limit(run)],
  ]
}

function latencyRows(run: Run): Row[] {
  const { latencyUs } = run
  const micros = (value: number | undefined) => (latencyUs?.count ? `${figure(value ?? 0, 1)} µs` : '-')
  return [
    ['p50', micros(latencyUs?.p50), 'from when a message was due until a subscriber had it'],
    ['p99', micros(latencyUs?.p99)],
    ['p99.9', micros(latencyUs?.p999)],
    ['max', micros(latencyUs?.max)],
    ...faultRows(run),
    ...cpuRows(run),
  ]
}

function faultRows({ lost, doubled, outOfOrder }: Run): Row[] {
  return [[FAULTS, [lost, doubled, outOfOrder].map((each) => figure(each)).join(', ')]]
}

function cpuRows({ loadBusy, serverBusy, cpuUsPerDelivery }: Run): Row[] {
  const rows: Row[] = [['generator busy', percent(loadBusy)]]
  if (serverBusy !== undefined) {
    rows.push(['server CPU', percent(serverBusy), `${(cpuUsPerDelivery ?? 0).toFixed(3)} µs a delivery`])
  }
  return rows
}

/** Who could not do more. */
function limit({ loadBusy, serverBusy }: Run): string {
  const generator = loadBusy >= SATURATED
  if (serverBusy === undefined) return generator ? 'generator' : 'server or network'
  if (serverBusy >= SATURATED) return generator ? 'server and generator' : 'server'
  return generator ? 'generator' : 'neither'
}

/** Everything that a reader must know before believing the figures of a run; empty if nothing. */
export function remarks({ load, run }: Measurement): string[] {
  const found: string[] = []
  const verdict = 'rate' in load.pace ? '' : limit(run)
  if (verdict === 'generator')
    found.push('the generator was busy all the time: the server may do more than this')
  const disturbed = run.loadWaited > DISTURBANCE
  if (verdict === 'neither' && !disturbed) {
    found.push('neither server nor generator was busy all the time: more --window or --batch may give more')
  }
  if (disturbed) {
    found.push(
      `other processes kept the generator waiting for ${percent(run.loadWaited)} of the time: measure again when the machine is quiet`,
    )
  }
  if ((run.worstDelayUs ?? 0) > TOLERATED_DELAY) {
    const delay = ((run.worstDelayUs ?? 0) / 1000).toFixed(1)
    found.push(
      `the generator itself was up to ${delay} ms late with a message, and the latencies include that: the machine is busy, or the rate is too high`,
    )
  }
  if (run.latencyUs?.count === 0)
    found.push('no message was due in so short a time: take a higher --rate or more --seconds')
  return found
}

/** Everything that the server, or the bus, did wrong; empty if nothing. */
export function problems({ load, run }: Measurement): string[] {
  const found: string[] = []
  const closed = `${figure(run.disconnected)} of the ${figure(load.subscribers)} connections`
  if (isForeignTraffic(run.complaint ?? '')) {
    found.push(FOREIGN_TRAFFIC)
  } else if (run.disconnected > 0) {
    found.push(
      `the server closed ${closed} (${run.complaint}): was it stopped, or were they slow clients to it? ` +
        'Its log says; a smaller --window, --batch or --rate leaves less waiting than its send_buffer_limit',
    )
  }
  if (run.stalled && run.disconnected < load.subscribers) {
    found.push('the server stopped relaying: nothing came for seconds while messages were under way')
  }
  const { lost, doubled, outOfOrder } = run
  if (lost > 0) found.push(`${count(lost, 'message')} of those published did not come to a subscriber`)
  if (doubled > 0) found.push(`${count(doubled, 'message')} came twice`)
  if (outOfOrder > 0) found.push(`${count(outOfOrder, 'message')} came out of order`)
  return found
}

/** One run as it is printed by --json. */
export function toJson({ load, run }: Measurement) {
  const { subscribers, publishers, payload, batch, pace } = load
  const { loadBusy, loadWaited, serverBusy, cpuUsPerDelivery, latencyUs, worstDelayUs } = run
  return {
    subscribers,
    publishers,
    payload,
    batch,
    ...pace,
    seconds: run.seconds,
    ...rates(load, run),
    lost: run.lost,
    doubled: run.doubled,
    outOfOrder: run.outOfOrder,
    disconnected: run.disconnected,
    stalled: run.stalled,
    generator: { busy: loadBusy, waited: loadWaited, worstDelayUs },
    ...(serverBusy === undefined ? {} : { server: { busy: serverBusy, cpuUsPerDelivery } }),
    ...(latencyUs === undefined ? {} : { latencyUs }),
  }
}

function rates({ subscribers, payload }: Load, { deliveriesPerSecond }: Run) {
  return {
    messagesPerSecond: deliveriesPerSecond / subscribers,
    deliveriesPerSecond,
    megabytesPerSecond: (deliveriesPerSecond * payload) / 1e6,
  }
}

function faulty({ lost, doubled, outOfOrder }: Run): boolean {
  return lost > 0 || doubled > 0 || outOfOrder > 0
}

function figure(value: number, digits = 0): string {
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

function count(value: number, noun: string): string {
  return `${figure(value)} ${noun}${value === 1 ? '' : 's'}`
}

function percent(part: number): string {
  return `${Math.round(part * 100)} %`
}
