// Asks Kamailio again for the values that test/modules/kamailio-values.ts records, so that the record, which ours are held against, is
// what Kamailio prints.
import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { after, describe, test } from 'node:test'
import { SEEN_IN_KAMAILIO } from '../modules/kamailio-values.ts'
import { compose } from '../modules/stage.ts'
import { freeUdpPort } from '../support/free-port.ts'
import { findKamailio, launchKamailio } from './kamailio.ts'
import { TRACE_PREFIX } from './kamailio-routes.ts'
import { HOST } from './server-under-test.ts'

const TEMPLATES = [...new Set(SEEN_IN_KAMAILIO.flatMap(({ seen }) => Object.keys(seen)))]

/** `$name(inner)` as hexadecimal digits, since a log has lines and a value may have any byte. Of null there are none. */
function inHex(template: string): string {
  const inner = template.startsWith('$(') ? template.slice(2, -1) : template.slice(1)
  return `$(${inner}{s.encode.hexa})`
}

function textOf(hex: string): string {
  return Buffer.from(hex, 'hex').toString('latin1')
}

function config(evapiPort: number, sipPort: number): string {
  const modules = ['tm', 'tmx', 'sl', 'pv', 'textops', 'xlog', 'evapi']
  const lines = TEMPLATES.map(
    (name, at) => `  xlog("L_ERR", "${TRACE_PREFIX}${at}|${inHex(name)}|${name}\\n");`,
  )
  return `debug=1
log_stderror=yes
children=1
auto_aliases=no
disable_tcp=yes
listen=udp:${HOST}:${sipPort}
${modules.map((module) => `loadmodule "${module}.so"`).join('\n')}
modparam("evapi", "bind_addr", "${HOST}:${evapiPort}")
request_route {
${lines.join('\n')}
  xlog("L_ERR", "${TRACE_PREFIX}end\\n");
}
`
}

const program = findKamailio()

describe('the record of what Kamailio prints', {
  skip: program === null && 'Kamailio is not installed',
}, () => {
  const values = new Map<string, string>()
  let ended = () => {}
  let sipPort = 0
  const kamailio = program
    ? launchKamailio(
        program,
        async (port) => {
          sipPort = await freeUdpPort(HOST)
          return config(port, sipPort)
        },
        ([at = '', hex = '', start]) => {
          if (at === 'end') ended()
          else values.set(TEMPLATES[Number(at)] ?? '', hex === '' ? (start ?? '') : textOf(hex))
        },
      )
    : undefined
  const socket = createSocket('udp4')
  after(async () => {
    socket.close()
    await (await kamailio)?.stop()
  })

  for (const { title, head, body, seen } of SEEN_IN_KAMAILIO) {
    test(title, async () => {
      await kamailio
      values.clear()
      const end = new Promise<void>((resolve) => {
        ended = resolve
      })
      socket.send(Buffer.from(compose(head, body), 'latin1'), sipPort, HOST)
      await end
      for (const [template, expected] of Object.entries(seen)) {
        assert.equal(values.get(template), expected, template)
      }
    })
  }
})
