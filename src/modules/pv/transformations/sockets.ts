// The class sock: the socket that `proto:host:port` names, taken apart (Kamailio's corex).

import type { PvValue } from '../../../core/pseudovariables.ts'
import { namedTransformations } from '../../../core/transformations.ts'
import { plain, type TransformationParser } from './text.ts'

function part(apply: (proto: string, host: string, port: string) => PvValue): TransformationParser {
  return plain((text) => {
    const found = /^(?:(udp|tcp|tls|sctp|wss?):)?(\[[^\]]*\]|[^:[\]]*)(?::(\d+))?$/i.exec(text)
    if (text === '' || !found) return null
    const [, proto = '', host = '', port = ''] = found
    return apply(proto, host, port)
  })
}

export const sockets = namedTransformations('sock', {
  host: part((_, host) => host),
  port: part((_proto, _host, port) => port),
  proto: part((proto) => proto),
  touri: part((proto, host, port) => {
    if (host === '') return ''
    return `sip:${host}${port === '' ? '' : `:${port}`}${proto === '' ? '' : `;transport=${proto}`}`
  }),
})
