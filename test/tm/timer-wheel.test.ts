// The timer wheel, by a virtual clock, and against the simplest thing that has the same outcome.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { systemClock } from '../../src/tm/clock.ts'
import { Timer, TimerWheel } from '../../src/tm/timer-wheel.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

/** As late as a timer may be, in ms: one tick, and the least that the clock can wait. */
const LATENESS = 9

/** What sums of fractions of a millisecond lose, in ms. */
const ROUNDING = 1e-6

class Note extends Timer {
  readonly fired: number[] = []
  readonly #clock: VirtualClock
  readonly #also: (() => void) | undefined

  constructor(clock: VirtualClock, also?: () => void) {
    super()
    this.#clock = clock
    this.#also = also
  }

  fire(): void {
    this.fired.push(this.#clock.now())
    this.#also?.()
  }
}

function makeWheel(): { clock: VirtualClock; wheel: TimerWheel } {
  const clock = new VirtualClock()
  clock.advance(12345.678)
  return { clock, wheel: new TimerWheel(clock) }
}

test('a timer runs once, never early and at most a tick late, whether it is due in 0 ms or in 200 days', () => {
  for (const ms of [0, 1, 8, 500, 511, 512, 513, 4000, 30_000, 32_768, 120_000, 2 ** 31, 86_400_000 * 200]) {
    const { clock, wheel } = makeWheel()
    const note = new Note(clock)
    const begin = clock.now()
    wheel.start(note, ms)
    clock.advance(ms + LATENESS)
    assert.equal(note.fired.length, 1, `due in ${ms}`)
    const late = (note.fired[0] ?? 0) - begin - ms
    assert.ok(late >= -ROUNDING && late <= LATENESS, `due in ${ms}, ${late} late`)
    clock.advance(1e9)
    assert.equal(note.fired.length, 1)
    assert.equal(clock.pending, 0)
  }
})

test('a timer that is stopped does not run, and with the last one the clock is left alone', () => {
  const { clock, wheel } = makeWheel()
  const [first, second] = [new Note(clock), new Note(clock)]
  wheel.start(first, 1000)
  wheel.start(second, 2000)
  wheel.stop(first)
  assert.equal(first.started, false)
  assert.equal(wheel.size, 1)
  wheel.stop(second)
  wheel.stop(second)
  assert.equal(wheel.size, 0)
  assert.equal(clock.pending, 0)
  clock.advance(5000)
  assert.deepEqual([first.fired, second.fired], [[], []])
})

test('a timer that is started anew is due from then on', () => {
  const { clock, wheel } = makeWheel()
  const note = new Note(clock)
  wheel.start(note, 1000)
  clock.advance(900)
  wheel.start(note, 1000)
  assert.equal(wheel.size, 1)
  clock.advance(900)
  assert.deepEqual(note.fired, [])
  clock.advance(109)
  assert.equal(note.fired.length, 1)
})

test('a timer may start itself again and stop others that are due with it', () => {
  const { clock, wheel } = makeWheel()
  const stopped = new Note(clock)
  let left = 3
  const again: Note = new Note(clock, () => {
    wheel.stop(stopped)
    if (--left > 0) wheel.start(again, 500)
  })
  wheel.start(again, 500)
  wheel.start(stopped, 500)
  clock.advance(10_000)
  assert.equal(again.fired.length, 3)
  assert.deepEqual(stopped.fired, [])
  assert.equal(clock.pending, 0)
})

test('a hundred thousand that wait wake nobody until they are due, but for the few times that their slot is taken apart', () => {
  const { clock, wheel } = makeWheel()
  const notes = Array.from({ length: 100_000 }, () => new Note(clock))
  for (const note of notes) wheel.start(note, 120_000)
  clock.wakes = 0
  clock.advance(119_990)
  assert.ok(clock.wakes <= 3, `${clock.wakes} wakes`)
  clock.advance(10 + LATENESS + 200)
  assert.ok(notes.every((note) => note.fired.length === 1))
  assert.equal(clock.pending, 0)
})

test('many that are due together run in several goes, so that others get their turn', () => {
  const { clock, wheel } = makeWheel()
  const notes = Array.from({ length: 5000 }, () => new Note(clock))
  for (const note of notes) wheel.start(note, 1000)
  const late = new Note(clock)
  wheel.start(late, 1010)
  wheel.stop(notes[4999] as Note)
  const seen = () => notes.filter((note) => note.fired.length > 0).length
  for (let before = 0; before < 4999; before = seen()) {
    const wakes = clock.wakes
    clock.advance(1)
    assert.ok(clock.wakes - wakes <= 1)
    assert.ok(seen() - before <= 512, `${seen() - before} in one go`)
  }
  clock.advance(20)
  assert.equal(late.fired.length, 1)
  assert.equal(clock.pending, 0)
})

test('a process that was busy for a minute runs all that was due meanwhile, in order', () => {
  const { clock, wheel } = makeWheel()
  const order: number[] = []
  for (const ms of [50_000, 10, 700, 30_000, 701, 59_000, 61_000]) {
    wheel.start(new Note(clock, () => order.push(ms)), ms)
  }
  clock.stall(60_000)
  const begun = new Note(clock, () => order.push(500))
  wheel.start(begun, 500)
  clock.advance(0)
  assert.deepEqual(order, [10, 700, 701, 30_000, 50_000, 59_000])
  clock.advance(509)
  assert.equal(order.at(-1), 500)
  clock.advance(1000)
  assert.equal(order.at(-1), 61_000)
  assert.equal(clock.pending, 0)
})

test('whatever is started, started anew, stopped and slept through, each runs once, when it is due', () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('start' as const), who: fc.nat(9), ms: delay() }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('stop' as const), who: fc.nat(9), ms: fc.constant(0) }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('pass' as const), who: fc.constant(0), ms: delay() }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('stall' as const), who: fc.constant(0), ms: delay() }),
    },
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { clock, wheel } = makeWheel()
      const due = new Map<number, number>()
      let stalled = 0
      const notes = Array.from({ length: 10 }, (_, who) => {
        const note: Note = new Note(clock, () => {
          const at = due.get(who)
          assert.ok(at !== undefined, 'a timer that was not started')
          const late = clock.now() - at
          assert.ok(late >= -ROUNDING && late <= LATENESS + stalled, `${late} late`)
          due.delete(who)
        })
        return note
      })
      for (const { kind, who, ms } of steps) {
        const note = notes[who] as Note
        if (kind === 'start') {
          wheel.start(note, ms)
          due.set(who, clock.now() + ms)
        } else if (kind === 'stop') {
          wheel.stop(note)
          due.delete(who)
        } else if (kind === 'stall') {
          clock.stall(ms)
          stalled += ms
        } else {
          clock.advance(ms)
          for (const at of due.values())
            assert.ok(at + LATENESS + 1 > clock.now(), 'a timer that did not run')
          stalled = 0
        }
        assert.equal(wheel.size, due.size)
      }
      clock.advance(1e11)
      assert.equal(due.size, 0)
      assert.equal(clock.pending, 0)
    }),
    { numRuns: 2000 },
  )
})

test('a timer that throws takes no other with it', () => {
  const { clock, wheel } = makeWheel()
  const broken = new Note(clock, () => {
    throw new Error('broken')
  })
  const [beside, later] = [new Note(clock), new Note(clock)]
  wheel.start(broken, 100)
  wheel.start(beside, 100)
  wheel.start(later, 200)
  assert.throws(() => clock.advance(1000), /broken/)
  clock.advance(1000)
  assert.deepEqual([beside.fired.length, later.fired.length], [1, 1])
  assert.equal(clock.pending, 0)
})

test('the real clock runs timers too', async () => {
  const wheel = new TimerWheel(systemClock)
  const begin = performance.now()
  const keepAlive = setInterval(() => {}, 1000)
  await new Promise<void>((resolve) => {
    const timer = new (class extends Timer {
      fire(): void {
        resolve()
      }
    })()
    wheel.start(timer, 30)
  })
  clearInterval(keepAlive)
  assert.ok(performance.now() - begin >= 30)
})

/** Delays about the edges of levels, and any others. */
function delay(): fc.Arbitrary<number> {
  return fc.oneof(
    fc.nat(600),
    fc.nat(40_000),
    fc.nat(3_000_000),
    fc.constantFrom(0, 8, 504, 512, 520, 32_760, 32_768, 2_097_152, 134_217_728, 9e9),
    fc.double({ min: 0, max: 5000, noNaN: true }),
  )
}
