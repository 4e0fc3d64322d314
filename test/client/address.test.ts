import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Address, formatAddress, parseAddress } from '../../src/client/index.ts'

const GOOD: readonly [text: string, address: Address, formatted: string][] = [
  ['127.0.0.1:8448', { host: '127.0.0.1', port: 8448 }, '127.0.0.1:8448'],
  ['127.0.0.1', { host: '127.0.0.1', port: 8448 }, '127.0.0.1:8448'],
  ['localhost', { host: 'localhost', port: 8448 }, 'localhost:8448'],
  ['bus.example:1', { host: 'bus.example', port: 1 }, 'bus.example:1'],
  ['bus-2:65535', { host: 'bus-2', port: 65535 }, 'bus-2:65535'],
  ['[::1]:9000', { host: '::1', port: 9000 }, '[::1]:9000'],
  ['[::1]', { host: '::1', port: 8448 }, '[::1]:8448'],
  ['[fe80::1%eth0]:7', { host: 'fe80::1%eth0', port: 7 }, '[fe80::1%eth0]:7'],
  ['unix:/run/evapid.sock', { path: '/run/evapid.sock' }, 'unix:/run/evapid.sock'],
  ['unix:bus', { path: 'bus' }, 'unix:bus'],
  ['unix:/with space:and[odd]', { path: '/with space:and[odd]' }, 'unix:/with space:and[odd]'],
]

for (const [text, address, formatted] of GOOD) {
  test(`'${text}' is an address`, () => {
    assert.deepEqual(parseAddress(text), address)
    assert.equal(formatAddress(address), formatted)
    assert.deepEqual(parseAddress(formatted), address)
  })
}

const BAD: readonly [text: string, hint: RegExp][] = [
  ['', /expected HOST:PORT/],
  [':8448', /expected HOST:PORT/],
  ['8448', /expected HOST:PORT/],
  ['host:', /1 to 65535/],
  ['host:0', /1 to 65535/],
  ['host:65536', /1 to 65535/],
  ['host:8e3', /1 to 65535/],
  ['host:1:2', /1 to 65535/],
  ['a host:1', /expected HOST:PORT/],
  ['::1', /in brackets: \[::1\]:PORT/],
  ['[::1', /IPv6 address in brackets/],
  ['[localhost]:1', /IPv6 address in brackets/],
  ['[::1]8448', /IPv6 address in brackets/],
  ['/run/evapid.sock', /written unix:\/run\/evapid.sock/],
  ['tcp://host:1', /expected HOST:PORT/],
  ['unix:', /a path behind unix:/],
  [`unix:/${'x'.repeat(107)}`, /at most 107 bytes/],
]

for (const [text, hint] of BAD) {
  test(`'${text.slice(0, 40)}' is refused with a hint`, () => {
    assert.throws(() => parseAddress(text), { code: 'ERR_INVALID_ADDRESS', address: text, message: hint })
  })
}
